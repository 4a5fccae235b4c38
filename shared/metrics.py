"""Counters and timings of the engine, in the Prometheus text format."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()

DELIVERIES = Counter("tallyline_deliveries", "Deliveries by answer of ingest", ["source", "answer"], registry=REGISTRY)
ITEMS = Counter("tallyline_items", "Items by verdict of the tracker", ["source", "verdict"], registry=REGISTRY)
INGEST_SECONDS = Histogram(
    "tallyline_ingest_seconds",
    "From the request to the answer",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    registry=REGISTRY,
)
EVENTS = Counter("tallyline_events_published", "Public events published", ["topic"], registry=REGISTRY)
APPLIED = Counter("tallyline_view_events", "Events taken by a view", ["view"], registry=REGISTRY)
SKIPPED = Counter("tallyline_view_repeats", "Repeats that a reader passed over", ["reader"], registry=REGISTRY)
UNREADABLE = Counter("tallyline_unreadable_events", "Records that no class fits", ["reader"], registry=REGISTRY)
BROKEN = Counter("tallyline_broken_documents", "View documents marked broken", ["view"], registry=REGISTRY)
SESSIONS = Counter("tallyline_sessions_ended", "Sessions ended early", ["worker", "cause"], registry=REGISTRY)
LAG = Gauge("tallyline_lag_records", "Records not yet applied", ["worker", "partition"], registry=REGISTRY)
LAG_SECONDS = Gauge(
    "tallyline_lag_seconds", "How long the oldest of them has waited", ["worker", "partition"], registry=REGISTRY
)
AGE = Gauge("tallyline_last_batch_timestamp_seconds", "When the last batch was applied", ["worker"], registry=REGISTRY)
DEAD_LETTERS = Counter("tallyline_dead_letters", "Dead letters written", ["service", "kind"], registry=REGISTRY)
CONFLICTS = Counter("tallyline_command_conflicts", "Version conflicts met by commands", registry=REGISTRY)
SPOOL_BYTES = Gauge("tallyline_spool_bytes", "Accepted, and waiting for the broker", registry=REGISTRY)
SPOOL_SHARE = Gauge("tallyline_spool_share", "How full the spool is, 0 to 1", registry=REGISTRY)
STREAMS = Gauge("tallyline_live_clients", "Open live streams", registry=REGISTRY)
PARTNER_STREAMS = Gauge(
    "tallyline_partner_stream_up", "Does the partner's broker answer?", ["source"], registry=REGISTRY
)
STREAM_COUNTS = Gauge("tallyline_live_counts", "Of the live streams, since the start", ["what"], registry=REGISTRY)


class StreamCounts(Protocol):
    """Numbers of the live streams: a level, and what only grows."""

    streams: int
    resyncs: int
    stalled: int
    frames: int
    frame_bytes: int


def live_streams(counts: Callable[[], StreamCounts]) -> None:
    """Read the live streams' numbers whenever the metrics are asked for."""
    STREAMS.set_function(lambda: counts().streams)
    for name in ("resyncs", "stalled", "frames", "frame_bytes"):
        STREAM_COUNTS.labels(name).set_function(partial(_count, counts, name))


def _count(counts: Callable[[], StreamCounts], name: str) -> float:
    return float(getattr(counts(), name))


def exposition() -> bytes:
    """All metrics in the text format, as `/metrics` gives them."""
    return generate_latest(REGISTRY)
