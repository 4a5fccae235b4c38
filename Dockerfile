# One image for every process; the start command chooses the service: `tallyline serve calls --role worker --role relay`.
# BASE is any image with Python 3.11 or newer and its venv module; a release names one by its digest.
ARG BASE=python:3.13.5-slim-bookworm

# hadolint ignore=DL3006
FROM ${BASE} AS build
COPY requirements/traces.txt requirements/build.txt /src/requirements/
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes \
        -r /src/requirements/traces.txt -r /src/requirements/build.txt
COPY pyproject.toml /src/
COPY services /src/services
COPY shared /src/shared
# What builds is not in the image that runs.
RUN /opt/venv/bin/pip install --no-cache-dir --no-index --no-deps --no-build-isolation /src \
    && /opt/venv/bin/pip uninstall --yes setuptools pip

# hadolint ignore=DL3006
FROM ${BASE}
LABEL org.opencontainers.image.title="tallyline" \
      org.opencontainers.image.description="An own, exact count of calls, sales and agent hours across call-centre partners"
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TALLYLINE_HOST=0.0.0.0 \
    TALLYLINE_DATA=/data
# A new volume takes owner and mode from here.
RUN install -d -o 10001 -g 10001 -m 0700 /data
USER 10001:10001
WORKDIR /data
EXPOSE 8321
ENTRYPOINT ["tallyline"]
CMD ["run"]
