"""Spans of a system under test: kept in memory, or received as any receiver of OTLP gets them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import tracing
from shared.adapters.traces import OtelSpans


class Memory:
    """What was kept, so far."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()

    @contextlib.contextmanager
    def keeping(self, share: float = 1.0) -> Iterator[Memory]:
        """Spans are made, and a share of them kept here."""
        spans = OtelSpans("tallyline", "test", share, SimpleSpanProcessor(self._exporter))
        tracing.begin(spans)
        try:
            yield self
        finally:
            tracing.begin(None)
            spans.close()

    def all(self) -> list[ReadableSpan]:
        """Those that have ended, in that order."""
        return list(self._exporter.get_finished_spans())

    def named(self, name: str) -> list[ReadableSpan]:
        """Those of a name."""
        return [span for span in self.all() if span.name == name]


def kept(share: float = 1.0) -> contextlib.AbstractContextManager[Memory]:
    """Spans are kept in memory for as long as it lasts."""
    return Memory().keeping(share)


def ids(span: ReadableSpan) -> tuple[int, int]:
    """Trace and span."""
    context = span.get_span_context()
    assert context is not None
    return context.trace_id, context.span_id


def links(span: ReadableSpan) -> set[tuple[int, int]]:
    """What it links to."""
    contexts = [link.context for link in span.links if link.context is not None]
    return {(context.trace_id, context.span_id) for context in contexts}


class Collector:
    """A receiver of OTLP over HTTP: what it was sent, decoded."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[ExportTraceServiceRequest] = []
        self.paths: set[str] = set()


@contextlib.contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.paths.add(self.path)
            collector.requests.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is said of requests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
