"""What traces cost: `python -m tests.load.tracing`. Blocks of the same deliveries, in turn without traces and with."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from services.embedded import Embedded
from services.simulate.driver import Request, set_up_company
from shared import tracing
from shared.adapters.traces import OtelSpans
from tests.e2e.systems import at_rest, start
from tests.e2e.test_views import firm, traffic

SPANS = 50_000
ROUNDS, BLOCK = 12, 60
SHARES = {"off": None, "0.01": 0.01, "1": 1.0}


class Nowhere(SpanExporter):
    """Writes spans as they are sent, and sends them to nobody."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """As the exporter for OTLP does it."""
        encode_spans(spans).SerializeToString()
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Nothing is open."""


def one_span(share: float | None) -> float:
    """Nanoseconds of a span around nothing."""
    _switch(share)
    begun = time.process_time_ns()
    for _ in range(SPANS):
        with tracing.span("work"):
            pass
    return (time.process_time_ns() - begun) / SPANS


async def deliveries(system: Embedded, block: Sequence[Request], share: float | None) -> float:
    """Microseconds of CPU for each of the deliveries of a block, from the door to the last view."""
    _switch(share)
    begun = time.process_time()
    for request in block:
        answer = await system.client.request(
            request.method, request.path, content=request.body, headers=request.headers
        )
        assert answer.status_code == 202
    await at_rest(system)
    return (time.process_time() - begun) / len(block) * 1e6


def _switch(share: float | None) -> None:
    tracing.begin(None if share is None else OtelSpans("tallyline", "test", share, BatchSpanProcessor(Nowhere())))


async def main() -> None:
    """Say it."""
    for name, share in SHARES.items():
        print(f"a span, {name}: {statistics.median(one_span(share) for _ in range(3)):,.0f} ns")
    with tempfile.TemporaryDirectory() as folder:
        async with start("embedded", Path(folder)) as system:
            await set_up_company(system.client, firm(), demo=True)
            requests = iter(traffic(3_000))
            await deliveries(system, list(islice(requests, BLOCK)), None)
            found: dict[str, list[float]] = {name: [] for name in SHARES}
            for n in range(ROUNDS):
                for name in list(SHARES) if n % 2 else list(reversed(SHARES)):
                    found[name].append(await deliveries(system, list(islice(requests, BLOCK)), SHARES[name]))
            _switch(None)
    for name, times in found.items():
        low, middle, high = min(times), statistics.median(times), max(times)
        print(f"a delivery, {name}: median {middle:,.0f} us of CPU ({low:,.0f} to {high:,.0f})")


if __name__ == "__main__":
    asyncio.run(main())
