"""The public door in front of several processes: which service answers what, and the way there.

Requests go on in the name of whoever is signed in here, with a service token; the services themselves know nobody. What
is small is read whole before it goes on, either way, so that nobody who is slow holds a connection to a service. Files
are as slow as their readers and senders: they have some of the connections, and leave the others to everybody else.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager

import httpx
from fastapi import APIRouter, Request, Response

from services.gateway.api.gateway import Door, SignedIn
from shared import metrics, tracing
from shared.http import (
    MAX_BODY_BYTES,
    MAX_FILE_BYTES,
    MAX_REPORT_BYTES,
    Problem,
    Streamed,
    chunks_of,
    content_of,
    not_found,
)
from shared.http.measured import waited_elsewhere
from shared.security import Principal, ServiceTokens

ROUTES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"/api/v1/sources/[^/]+/(intake|unmapped|reprocess|replay|try|health|trust|files)$"), "calls"),
    (re.compile(r"/api/v1/scorecards/[^/]+/[^/]+$"), "calls"),
    (
        re.compile(
            r"/api/v1/(partners|sources|agents|pipeline|handover|briefs|scorecards|evaluations|sites|contracts|transitions|tickets|announcements|protocols)(/|$)"
        ),
        "partners",
    ),
    (re.compile(r"/api/v1/reconciliation(/|$)"), "reconciliation"),
    (re.compile(r"/api/v1/training(/|$)"), "training"),
    (
        re.compile(
            r"/(api/v1/(performance|calls|kpis|deliveries|trust|customers|lead-lists|leads|imports|callbacks|do-not-call|products|panel|orders|providers|subscriptions|scripts)|internal/calls)(/|$)"
        ),
        "calls",
    ),
    (
        re.compile(
            r"/api/v1/(campaigns|commissions|goals|handovers|media|numbers|paid-time|routing|selling-rules|work)(/|$)"
        ),
        "calls",
    ),
)
SENT_ON = (
    "accept", "content-type", "idempotency-key", "if-match", "if-none-match", "if-range", "prefer", "range",
)  # fmt: skip
SENT_BACK = (
    "accept-ranges", "cache-control", "content-disposition", "content-length", "content-range",
    "content-security-policy", "content-type", "etag", "idempotent-replay", "location", "preference-applied",
    "retry-after", "server-timing", "vary", "x-content-type-options",
)  # fmt: skip
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
FILES: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"/documents$"), MAX_FILE_BYTES),
    (re.compile(r"/partners/import$"), MAX_FILE_BYTES),
    (re.compile(r"/sources/[^/]+/files$"), MAX_FILE_BYTES),
    (re.compile(r"/(lead-lists/[^/]+|customers|do-not-call)/imports(/proposal)?$"), MAX_FILE_BYTES),
    (re.compile(r"/media/bought/import$"), MAX_FILE_BYTES),
    (re.compile(r"/training/courses/[^/]+/images$"), MAX_FILE_BYTES),
    (re.compile(r"/reconciliation/months/[^/]+/reports$"), MAX_REPORT_BYTES),
    (re.compile(r"/reconciliation/invoices/[^/]+$"), MAX_FILE_BYTES),
)
"""Where a body is a file, and how large it may be (bytes)."""
CONNECTIONS, MOST_FILES = 100, 40
"""To the services, and how many files may be under way on them."""
SMALL = 256 << 10
"""Bytes of an answer that is read whole. A list of the longest that may be asked for is one."""
AGAIN_S = 5


def service_of(path: str) -> str | None:
    """The service that answers a path; None where it is nobody's."""
    return next((service for pattern, service in ROUTES if pattern.match(path)), None)


class Routed(httpx.AsyncBaseTransport):
    """Sends each request to the service that it names as its host, else to the one that answers its path. `here`: those
    that this process answers itself, by name."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self.here: dict[str, httpx.AsyncBaseTransport] = {}
        self._addresses = {service: httpx.URL(address) for service, address in addresses.items()}
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS // 2)
        self._inner = httpx.AsyncHTTPTransport(limits=limits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As HTTP transports do. ConnectError where no service has the path."""
        named = request.url.host
        if named in self.here:
            return await self.here[named].handle_async_request(request)
        service = named if named in self._addresses else service_of(request.url.path)
        if service is None:
            raise httpx.ConnectError(f"no service answers {request.url.path}")
        to = self._addresses[service]
        request.url = request.url.copy_with(scheme=to.scheme, host=to.host, port=to.port)
        request.headers["host"] = to.netloc.decode()
        with tracing.span(f"{request.method} {service}", "client") as span:
            request.headers.update(tracing.sent())
            answer = await self._inner.handle_async_request(request)
            span.note("http.response.status_code", answer.status_code)
        return answer

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


class AskFor(httpx.Auth):
    """Asks other services in the name of a principal."""

    def __init__(self, tokens: ServiceTokens, principal: Callable[[], Principal]) -> None:
        self._tokens = tokens
        self._principal = principal

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """With a fresh token."""
        request.headers["authorization"] = f"Bearer {self._tokens.issue(self._principal())}"
        yield request


class Passing:
    """Passes on what comes to a process that knows people to services that do not, and their answers back."""

    def __init__(self, client: httpx.AsyncClient, tokens: ServiceTokens) -> None:
        self._client = client
        self._tokens = tokens
        self._files = 0
        metrics.LIMITED.labels("files")

    async def asked(
        self,
        request: Request,
        viewer: Principal,
        *,
        service: str | None = None,
        timeout: float | None = None,
        along: bool = True,
    ) -> httpx.Response:
        """The answer of the service (None: that of the path) as soon as it begins, to be read or closed. `timeout`: s
        for each step (None: the client's). `along`: what the request brings goes along; 413 when it is larger than its
        route takes it."""
        path = request.scope["raw_path"].decode("latin-1")
        query = request.scope["query_string"].decode("latin-1")
        url = (f"http://{service}" if service else "") + path + (f"?{query}" if query else "")
        headers = {name: request.headers[name] for name in SENT_ON if name in request.headers}
        headers["accept-encoding"] = "identity"  # the bytes that come are given on, with their length
        with ExitStack() as place:
            body: AsyncIterator[bytes] | bytes | None = None
            if along and brings_something(request):
                most = next((most for pattern, most in FILES if pattern.search(request.url.path)), None)
                if most is None:
                    body = await content_of(request, MAX_BODY_BYTES)
                else:
                    place.enter_context(self._file())
                    body = chunks_of(request, most)
                    if length := request.headers.get("content-length"):
                        headers["content-length"] = length
            sent = self._client.build_request(
                request.method, url, content=body, headers=headers, timeout=timeout or self._client.timeout
            )
            try:
                answer = await self._client.send(sent, auth=AskFor(self._tokens, lambda: viewer), stream=True)
            except httpx.HTTPError as wrong:
                raise _away() from wrong
        waited_elsewhere(request.scope, answer.headers)
        return answer

    async def back(self, answer: httpx.Response) -> Response:
        """The answer as the service gives it: of a file as it comes, so that no more than a piece is ever held here.
        503 where too many files are under way."""
        headers = {name: answer.headers[name] for name in SENT_BACK if name in answer.headers}
        told = 0 if answer.status_code in (204, 304) else int(answer.headers.get("content-length", SMALL + 1))
        if told <= SMALL:
            try:
                return Response(await answer.aread(), answer.status_code, headers)
            except httpx.HTTPError as wrong:
                raise _away() from wrong
        async with AsyncExitStack() as ending:
            ending.push_async_callback(answer.aclose)
            ending.enter_context(self._file())
            return Streamed(answer.aiter_raw(), ending.pop_all().aclose, answer.status_code, headers)

    @contextmanager
    def _file(self) -> Iterator[None]:
        """One of the files that are under way."""
        if self._files >= MOST_FILES:
            metrics.LIMITED.labels("files").inc()
            detail = f"Too many files are under way; try again in {AGAIN_S} s."
            raise Problem(503, "busy", detail, headers={"retry-after": str(AGAIN_S)})
        self._files += 1
        try:
            yield
        finally:
            self._files -= 1


def _away() -> Problem:
    return Problem(503, "unavailable", "The service that answers this does not answer now.")


def brings_something(request: Request) -> bool:
    """Whether a body comes with it."""
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


def forwarding(passing: Passing) -> APIRouter:
    """The routes that are other services' own. To be included last."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/api/v1/{rest:path}", methods=METHODS)
    async def forward(rest: str, request: Request, gateway: Door, viewer: SignedIn) -> Response:
        """The other service's answer, as it gave it."""
        if service_of(request.url.path) is None:
            raise not_found("route")
        return await passing.back(await passing.asked(request, viewer))

    return router
