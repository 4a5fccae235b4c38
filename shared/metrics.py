"""What a process measures of itself, in the text formats of Prometheus: the one place where metrics are named.

Names begin with `tallyline_` and have base units. Labels are names of our own making (sources, views, workers, routes):
never a person, a call or a number. A counter is there with 0 before it counts, where its labels are known: the rise of
one that is born with 1 is not seen.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib.metadata import version
from typing import Literal, Protocol, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder

REGISTRY = CollectorRegistry()
Stage = Literal["received", "stored", "projected", "on_screen"]
NEWS_S = 86_400.0
ProcessCollector(registry=REGISTRY)

ANSWERS = (
    "accepted", "handshake", "invalid", "not_authentic", "foreign_network", "too_large", "key_destroyed", "unavailable",
)  # fmt: skip
"""Of ingest."""
DELIVERIES = Counter("tallyline_deliveries", "Deliveries by answer of ingest", ["source", "answer"], registry=REGISTRY)
RECEIVED = Counter(
    "tallyline_items_received", "Records of the telephony's topic that the tracker has done with", registry=REGISTRY
)
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
SESSIONS = Counter("tallyline_sessions_ended", "Sessions ended early", ["worker", "cause"], registry=REGISTRY)
EVENT_AGE = Histogram(
    "tallyline_event_age_seconds",
    "How old what happened is: received and on_screen by the vendor's time, stored and projected by ours of receipt",
    ["stage"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900),
    registry=REGISTRY,
)
for _stage in get_args(Stage):
    EVENT_AGE.labels(_stage)
POSITION = Gauge("tallyline_position", "Offset up to which all is applied", ["worker", "partition"], registry=REGISTRY)
HEAD = Gauge("tallyline_head_position", "Offset of the next record", ["worker", "partition"], registry=REGISTRY)
LAG_SECONDS = Gauge(
    "tallyline_lag_seconds",
    "For how long the oldest record has not been applied; 0 when there is none",
    ["worker", "partition"],
    registry=REGISTRY,
)
REBALANCES = Counter("tallyline_rebalances", "Times that partitions came or went", ["worker"], registry=REGISTRY)
ASSIGNED = Gauge("tallyline_assigned_partitions", "Partitions owned now", ["worker"], registry=REGISTRY)
POLLED = Gauge(
    "tallyline_last_poll_timestamp_seconds", "When records were last asked for", ["worker"], registry=REGISTRY
)
REBUILT = Gauge(
    "tallyline_rebuild_progress_ratio", "Of a view being built anew, 0 to 1; 1: none is", ["view"], registry=REGISTRY
)
REBUILD_FAILED = Gauge(
    "tallyline_rebuild_failed",
    "1: the last time that a view was built anew it could not be",
    ["view"],
    registry=REGISTRY,
)
BROKEN = Gauge(
    "tallyline_broken_documents",
    "Documents of a view that are wrong until it is built anew; an event that finds none of them counts as one",
    ["view"],
    registry=REGISTRY,
)
MISMATCHES = Counter(
    "tallyline_view_mismatches", "Documents that differ from a fold of their log", ["view"], registry=REGISTRY
)
VERIFIED = Counter("tallyline_view_verifications", "Times that a view was verified", ["view"], registry=REGISTRY)
LAG = Gauge("tallyline_lag_records", "Records not yet applied", ["worker", "partition"], registry=REGISTRY)
AGE = Gauge("tallyline_last_batch_timestamp_seconds", "When the last batch was applied", ["worker"], registry=REGISTRY)
DEAD_LETTERS = Counter("tallyline_dead_letters", "Dead letters written", ["service", "kind"], registry=REGISTRY)
CLOSED_LETTERS = Counter(
    "tallyline_dead_letters_closed",
    "Dead letters that wait no more, by what they became",
    ["service", "state"],
    registry=REGISTRY,
)
WAITING_LETTERS = Gauge(
    "tallyline_dead_letters_waiting",
    "Dead letters neither sent again nor dismissed",
    ["service", "kind", "reason"],
    registry=REGISTRY,
)
LETTERS_AGE = Gauge(
    "tallyline_dead_letters_oldest_age_seconds", "Age of the oldest that waits", ["service"], registry=REGISTRY
)
OUTBOX = Gauge(
    "tallyline_outbox_backlog_commits", "Commits not published yet; 500 is 500 or more", ["service"], registry=REGISTRY
)
OUTBOX_AGE = Gauge(
    "tallyline_outbox_oldest_age_seconds", "Age of the oldest commit not published yet", ["service"], registry=REGISTRY
)
COMMANDS = Histogram(
    "tallyline_command_seconds",
    "From the command to the commit, by its outcome",
    ["decider", "outcome"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=REGISTRY,
)
CONFLICTS = Counter("tallyline_command_conflicts", "Version conflicts met by commands", registry=REGISTRY)
SPOOL_BYTES = Gauge("tallyline_spool_bytes", "Accepted, and waiting for the broker", registry=REGISTRY)
SPOOL_ENTRIES = Gauge("tallyline_spool_entries", "Entries of the spool", registry=REGISTRY)
SPOOL_AGE = Gauge("tallyline_spool_age_seconds", "For how long the spool has not been empty", registry=REGISTRY)
SPOOL_SHARE = Gauge("tallyline_spool_share", "How full the spool is, 0 to 1", registry=REGISTRY)
HTTP_REQUESTS = Counter(
    "tallyline_http_requests", "Requests behind the gate", ["method", "route", "status"], registry=REGISTRY
)
HTTP_SECONDS = Histogram(
    "tallyline_http_seconds",
    "From the request to the beginning of its answer",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.3, 1, 2.5, 10),
    registry=REGISTRY,
)
LIMITED = Counter(
    "tallyline_limited_requests", "Requests refused since too many came, by limit", ["limit"], registry=REGISTRY
)
SIGN_INS = Counter(
    "tallyline_sign_ins", "Attempts to sign in, by door and result", ["door", "result"], registry=REGISTRY
)
LOOP_LAG = Histogram(
    "tallyline_event_loop_lag_seconds",
    "How much later than asked the event loop came back",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
    registry=REGISTRY,
)
WEBHOOKS = Counter("tallyline_webhooks", "Attempts to tell others, by what came of it", ["result"], registry=REGISTRY)
SOURCE_HEARD = Gauge(
    "tallyline_source_last_item_timestamp_seconds", "When a source was last heard of", ["source"], registry=REGISTRY
)
SOURCE_USUAL = Gauge(
    "tallyline_source_usual_items",
    "Items a source usually sends in this hour of the week; NaN while nobody knows",
    ["source"],
    registry=REGISTRY,
)
DIFFERENCES = Gauge(
    "tallyline_reconciliation_lines", "Lines of months that are not agreed, by state", ["state"], registry=REGISTRY
)
DIFFERENCE_MINOR = Gauge(
    "tallyline_reconciliation_difference_minor_units",
    "What partners count more than we do, in months that are not agreed",
    ["state", "currency"],
    registry=REGISTRY,
)
MONTH_KEYS = Gauge(
    "tallyline_month_keys",
    "Keys of partners' months: kept, held after their time, destroyed",
    ["state"],
    registry=REGISTRY,
)
CANARIES = Counter(
    "tallyline_canary_calls", "Test calls sent through the door", ["source", "result"], registry=REGISTRY
)
CANARY_SECONDS = Histogram(
    "tallyline_canary_seconds",
    "From a test call's delivery until it could be read",
    ["source"],
    buckets=(0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
    registry=REGISTRY,
)
BUILD = Gauge("tallyline_build_info", "1: what runs here", ["version", "python", "engine", "roles"], registry=REGISTRY)
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


def aged(stage: Stage, ages: Sequence[float], oldest: str = "") -> None:
    """Count the ages (s) of what has come so far. `oldest` is the id of the event behind the highest of them.

    What is older than a day comes from a history that is filled in, or is read again: it says nothing of how fresh
    we are. A clock ahead of ours counts as 0.
    """
    counted = EVENT_AGE.labels(stage)
    highest = max(ages, default=0.0)
    for age in ages:
        if age < NEWS_S:
            counted.observe(max(age, 0.0), {"event": oldest} if oldest and age == highest else None)


def know_source(source: str) -> None:
    """Have the counters of a source before it sends."""
    ITEMS.labels("unknown", "no_item")
    for answer in ANSWERS:
        DELIVERIES.labels(source, answer)
    for verdict in ("accepted", "duplicate", "stale", "ignored", "unknown", "invalid"):
        ITEMS.labels(source, verdict)


def build(engine: str, roles: Iterable[str]) -> None:
    """Say what runs here."""
    BUILD.labels(version("tallyline"), platform.python_version(), engine, ",".join(sorted(roles))).set(1)


def exposition(accepted: str = "") -> tuple[bytes, str]:
    """All metrics, and the type of what they are written in: OpenMetrics, with exemplars, for whoever accepts it."""
    encode, media_type = choose_encoder(accepted)
    return encode(REGISTRY), media_type
