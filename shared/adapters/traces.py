"""Spans by OpenTelemetry, sent over OTLP/HTTP. Loaded where the settings name a receiver, and nowhere else.

The provider is ours alone, not the process's: no library finds it and writes spans of its own, with addresses and
queries as they came.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult, TraceIdRatioBased

from shared.settings import Settings
from shared.tracing import Attributes, Kind, Span

MOST_LINKS = 1_000
"""Of one span: as many as a batch has records."""
SENT_WITHIN_S = 5
_KINDS: Mapping[Kind, trace.SpanKind] = {
    "server": trace.SpanKind.SERVER,
    "client": trace.SpanKind.CLIENT,
    "producer": trace.SpanKind.PRODUCER,
    "consumer": trace.SpanKind.CONSUMER,
    "internal": trace.SpanKind.INTERNAL,
}


class Kept(Sampler):
    """Which spans are kept: those of what is kept already, those that link to it, and a share of all new traces.

    The share is chosen by the trace's id, so every process keeps or leaves a trace as a whole.
    """

    def __init__(self, share: float) -> None:
        self._share = TraceIdRatioBased(share)

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: trace.SpanKind | None = None,
        attributes: Any = None,
        links: Sequence[trace.Link] | None = None,
        trace_state: trace.TraceState | None = None,
    ) -> SamplingResult:
        """See the class."""
        parent = trace.get_current_span(parent_context).get_span_context()
        if links or parent.trace_flags.sampled:
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes)
        if parent.is_valid and not parent.is_remote:
            return SamplingResult(Decision.DROP)
        return self._share.should_sample(parent_context, trace_id, name, kind, attributes, links)

    def get_description(self) -> str:
        """For those who look into the library."""
        return f"Kept({self._share.rate})"


class OtelSpan:
    """Span."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def rename(self, name: str) -> None:
        """See the port."""
        self._span.update_name(name)

    def note(self, name: str, value: str | int) -> None:
        """See the port."""
        self._span.set_attribute(name, value)

    def failed(self, why: str) -> None:
        """See the port."""
        self._span.set_attribute("error.type", why)
        self._span.set_status(trace.StatusCode.ERROR)


class OtelSpans:
    """Spans. `share` is that of new traces that are kept, from 0 to 1."""

    def __init__(self, service: str, release: str, share: float, processor: SpanProcessor) -> None:
        self._provider = TracerProvider(
            sampler=Kept(share),
            resource=Resource.create({"service.name": service, "service.version": release}),
            span_limits=SpanLimits(max_links=MOST_LINKS),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("tallyline", release)

    @contextlib.contextmanager
    def span(
        self, name: str, kind: Kind, parent: str | None, links: Sequence[str], attributes: Attributes
    ) -> Iterator[Span]:
        """See the port. What an exception says is not kept: it may hold what somebody sent."""
        above = None if parent is None else trace.set_span_in_context(trace.NonRecordingSpan(_read(parent)))
        made = self._tracer.start_span(
            name, above, _KINDS[kind], attributes, [trace.Link(_read(link)) for link in links]
        )
        told = OtelSpan(made)
        with trace.use_span(made, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield told
            except Exception as wrong:
                told.failed(type(wrong).__name__)
                raise

    def context(self) -> str:
        """See the port."""
        found = trace.get_current_span().get_span_context()
        return f"00-{found.trace_id:032x}-{found.span_id:016x}-01" if found.trace_flags.sampled else ""

    def ids(self) -> dict[str, str]:
        """See the port."""
        found = trace.get_current_span().get_span_context()
        return {"trace_id": f"{found.trace_id:032x}", "span_id": f"{found.span_id:016x}"} if found.is_valid else {}

    def close(self) -> None:
        """See the port."""
        self._provider.force_flush(SENT_WITHIN_S * 1000)
        self._provider.shutdown()


def sending(settings: Settings, service: str) -> OtelSpans:
    """As the settings have it. What can't be sent is dropped: traces hold up no work."""
    exporter = OTLPSpanExporter(endpoint=f"{settings.traces_url}/v1/traces", timeout=SENT_WITHIN_S)
    return OtelSpans(service, version("tallyline"), settings.traces_share, BatchSpanProcessor(exporter))


def _read(context: str) -> trace.SpanContext:
    _, trace_id, span_id, flags = context.split("-")
    return trace.SpanContext(int(trace_id, 16), int(span_id, 16), True, trace.TraceFlags(int(flags, 16)))
