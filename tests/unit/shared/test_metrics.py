"""What a process measures: names and labels by the rules, ages, lag in seconds, and the two forms it is told in."""

from __future__ import annotations

import asyncio
import re
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Histogram
from prometheus_client.parser import text_string_to_metric_families
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from shared import metrics
from shared.engine.commands import TOLD
from shared.engine.dead_letters import reason_of
from shared.engine.lag import Heads, Lags, measured
from shared.http.conditional import Conditional
from shared.http.measured import Measured, waited_elsewhere

LABELS = {
    *(
        "answer",
        "cause",
        "currency",
        "decider",
        "door",
        "engine",
        "kind",
        "limit",
        "method",
        "outcome",
        "partition",
        "python",
        "reader",
    ),
    *("reason", "result", "roles", "route", "service", "source", "stage", "state", "status", "topic", "verdict"),
    *("version", "view", "what", "worker"),
}
"""Names of our own making: whatever is named after a person, a call or a number has no place here."""
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def test_names_have_our_prefix_and_labels_name_nobody() -> None:
    for family in metrics.REGISTRY.collect():
        if family.name.startswith(("process_", "tallyline_stream_")):
            continue
        assert re.fullmatch(r"tallyline_[a-z_]+[a-z]", family.name)
        assert not family.name.endswith(("_ms", "_minutes", "_kb")), f"{family.name} has no base unit"
        for sample in family.samples:
            assert sample.labels.keys() - {"le"} <= LABELS, family.name


def test_both_forms_are_told_and_openmetrics_has_exemplars() -> None:
    metrics.aged("projected", [0.2, 7.0], "telephony.1/3@41.0")
    body, media_type = metrics.exposition()
    assert media_type.startswith("text/plain")
    assert {family.name for family in text_string_to_metric_families(body.decode())} >= {"tallyline_event_age_seconds"}
    assert b"telephony.1/3@41.0" not in body
    body, media_type = metrics.exposition(OPENMETRICS)
    assert media_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")
    assert b'# {event="telephony.1/3@41.0"} 7.0' in body


def counted(histogram: Histogram) -> dict[str, float]:
    (family,) = histogram.collect()
    return {s.name.rpartition("_")[2]: s.value for s in family.samples if s.labels.get("stage") == "received"}


def test_what_is_no_news_is_not_counted_and_a_clock_ahead_of_ours_counts_as_nothing() -> None:
    before = counted(metrics.EVENT_AGE)
    metrics.aged("received", [-3.0, 2.0, metrics.NEWS_S, 9e9])
    after = counted(metrics.EVENT_AGE)
    assert after["count"] - before["count"] == 2
    assert after["sum"] - before["sum"] == pytest.approx(2.0)


def test_counters_of_a_source_are_there_before_it_sends() -> None:
    metrics.know_source("acme-new")
    body = metrics.exposition()[0].decode()
    assert 'tallyline_deliveries_total{answer="not_authentic",source="acme-new"} 0.0' in body
    assert 'tallyline_items_total{source="acme-new",verdict="invalid"} 0.0' in body


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("Unreadable: CallSid is missing", "Unreadable"),
        ("KeyDestroyed", "KeyDestroyed"),
        ("unknown content encoding", "other"),
        ("+387 61 123 456 is no number", "other"),
        ("Mirela Hadzic: unknown agent", "other"),
    ],
)
def test_a_reason_is_a_class_and_never_what_a_cause_says(cause: str, reason: str) -> None:
    assert reason_of(cause) == reason


def test_a_record_waits_from_when_its_head_was_seen_until_it_is_applied() -> None:
    heads = Heads()
    assert heads.waiting_s(10, 10, 0.0) == 0
    assert heads.waiting_s(10, 12, 1.0) == 0
    assert heads.waiting_s(10, 20, 5.0) == 4, "the oldest has waited since it was first seen"
    assert heads.waiting_s(12, 20, 6.0) == 1, "those seen at 1 are applied, the next were seen at 5"
    assert heads.waiting_s(20, 20, 7.0) == 0
    assert heads.waiting_s(20, 21, 9.0) == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.floats(0.5, 10)), max_size=60))
def test_the_lag_in_seconds_is_the_age_of_the_oldest_head_above_what_is_applied(
    steps: list[tuple[int, int, float]],
) -> None:
    heads, applied, head, now = Heads(), 0, 0, 0.0
    seen: list[tuple[int, float]] = []
    for more, done, later in steps:
        head, now = head + more, now + later
        seen.append((head, now))
        applied = min(head, applied + done)
        expected = next((now - at for known, at in seen if known > applied), 0.0)
        assert heads.waiting_s(applied, head, now) == pytest.approx(expected)


def test_heads_of_a_partition_that_nobody_reads_are_bounded_and_keep_their_age() -> None:
    heads = Heads()
    for second in range(20_000):
        assert heads.waiting_s(0, second + 1, float(second)) == second
    assert len(heads._seen) < 4_000


async def test_requests_are_counted_by_route_and_not_by_path() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/nowhere":
            pattern = re.compile("^/people/(?P<person>[^/]+)$")
            scope["route"] = SimpleNamespace(path="/people/{person}", path_regex=pattern)
        await send({"type": "http.response.start", "status": 200 if "route" in scope else 404, "headers": []})

    async def nothing(*_: object) -> None:
        return None

    for path, method in (("/api/v1/people/mirela", "GET"), ("/nowhere", "BREW")):
        await Measured(app)({"type": "http", "path": path, "method": method}, nothing, nothing)  # type: ignore[arg-type]
    body = metrics.exposition()[0].decode()
    assert 'tallyline_http_requests_total{method="GET",route="/api/v1/people/{person}",status="200"} 1.0' in body
    assert 'tallyline_http_requests_total{method="other",route="none",status="404"} 1.0' in body
    assert "mirela" not in body


@pytest.mark.parametrize("where", ["here", "in another process"])
async def test_how_long_somebody_wished_to_wait_is_no_time_of_ours(where: str) -> None:
    wished, route = 0.5, f"/waited {where}"

    async def written(scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = SimpleNamespace(path=route, path_regex=re.compile("^$"))
        told = TOLD.get()
        assert told is not None
        told.append(("partners", "partner-acme", 1))
        await send({"type": "http.response.start", "status": 202, "headers": []})

    async def shown(*_: object) -> bool:
        await asyncio.sleep(wished)
        return True

    answers: list[Message] = []

    async def keep(message: Message) -> None:
        answers.append(message)

    async def nothing() -> Message:
        return {"type": "http.request"}

    async def passed_on(scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = SimpleNamespace(path=route, path_regex=re.compile("^$"))
        inner = {**scope, "headers": scope["headers"]}
        await Conditional(written, shown)(inner, receive, keep)
        waited_elsewhere(scope, Headers(raw=answers[0]["headers"]))
        await send(answers[0])

    scope = {"type": "http", "path": "/api/v1/x", "method": "POST", "headers": [(b"prefer", b"wait=10")]}
    app = Conditional(written, shown) if where == "here" else passed_on
    await Measured(app)(scope, nothing, keep)
    told = Headers(raw=answers[0]["headers"])
    assert told["preference-applied"] == "wait=10"
    assert float(told["server-timing"].removeprefix("wait;dur=")) >= wished * 1000 - 20
    seconds = metrics.REGISTRY.get_sample_value("tallyline_http_seconds_sum", {"route": route})
    assert seconds is not None
    assert seconds < wished / 2


async def test_what_one_worker_did_while_ends_were_asked_for_is_another_ones_lag() -> None:
    """The first worker's output comes into the second one's topic after that one's end was told."""
    ends, running = {"in": 1, "out": 0}, {"in": {0: 0}, "out": {0: 0}}

    class Bus:
        async def ends(self, topic: str) -> dict[int, int]:
            told = {0: ends[topic]}
            ends["out"], running["in"][0] = 1, 1
            return told

    workers: Any = [
        Lags(SimpleNamespace(applied=running[topic]), SimpleNamespace(name=f"test.{topic}", topic=topic))  # type: ignore[arg-type]
        for topic in running
    ]
    bus: Any = Bus()
    assert await measured(bus, workers, 0.0) > 0
    assert await measured(bus, workers, 1.0) == 1
    for topic in running:
        running[topic][0] = ends[topic]
    assert await measured(bus, workers, 2.0) == 0
    running["in"].clear()
    running["out"].clear()
    assert await measured(bus, workers, 3.0) == 0
