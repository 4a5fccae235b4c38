"""A lead's document holds all its calls: each is told, shown and watched by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calls.api.evidence import _begun
from services.calls.connectors.base import Delivery
from services.calls.connectors.registry import CONNECTORS
from services.calls.doors.fixtures import Outcome, Recording, calls_of, replay
from services.calls.figures.health import gaps_of
from services.calls.tracker.call_document import CALLS, CallDocument, document_ids, fields_of, only_call
from services.calls.tracker.items import Item
from services.calls.tracker.tracker import NO_END_AFTER, Arrival, Context, take
from services.calls.tracking.reread import _has_call_within
from services.calls.tracking.timers import reading_of_timer
from shared.contracts.calls import CallFact, PublicCallEvent
from shared.contracts.partners import SourceSettings
from tests.unit.calls.reading import Service

AT = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
SETTINGS = SourceSettings(connector="vicidial", partner="acme", dispositions={"SALE": "sale"}, sale_on=("sale",))
FIRST, SECOND = "M4010800000000100101", "V4010900000000100101"
LEAD = "vd:lead:100101"
decode: Callable[[bytes], CallFact] = msgspec.json.Decoder(PublicCallEvent).decode


def url(kind: str, at: datetime, call: str, **fields: object) -> Delivery:
    sent = {"call_id": call, "lead_id": 100101, "user": "6601", "epoch": int(at.timestamp())} | fields
    return Delivery("GET", f"https://x/v1/in/vd/{kind}?{urlencode(sent)}", {}, b"", at)


def start(call: str, at: datetime) -> Delivery:
    return url("start", at, call)


def dispo(call: str, at: datetime, status: str = "SALE") -> Delivery:
    return url("dispo", at, call, dispo=status, talk_time=60)


def delivered(*deliveries: Delivery) -> Outcome:
    return replay(Recording("vd", SETTINGS, {}, list(enumerate(deliveries))), signed=False)


def two_calls() -> list[Delivery]:
    later = AT + timedelta(hours=1)
    return [
        start(FIRST, AT),
        dispo(FIRST, AT + timedelta(seconds=70)),
        start(SECOND, later),
        dispo(SECOND, later + timedelta(seconds=90), "NI"),
    ]


def timer(document: CallDocument, at: datetime) -> CallDocument:
    item = Item(
        source="vd",
        partner="acme",
        correlation="lead:100101",
        delivery=f"timer:{document.deadline}",
        index=0,
        of=1,
        received_at=at,
        revision=1,
        timer="no_end",
    )
    context = Context(CONNECTORS["vicidial"], SETTINGS, "telephony.1/0", 4, 0)
    return take(document, Arrival(document.at, 0, item, reading_of_timer(item)), context).document


def facts(document: CallDocument) -> dict[str, CallFact]:
    return {key: decode(bytes(told.event)) for key, told in document.told.items()}


@settings(max_examples=30, deadline=None)
@given(st.permutations(two_calls()))
def test_each_call_of_a_lead_is_told_by_itself_in_any_order(order: list[Delivery]) -> None:
    document = delivered(*order).documents[LEAD]
    assert {name: (s.outcome, s.talk_ms, s.wrap_ms, s.sale) for name, s in document.calls.items()} == {
        FIRST: ("answered", 60_000, 10_000, True),
        SECOND: ("answered", 60_000, 30_000, False),
    }
    for key, fact in facts(document).items():
        assert fact.call == f"vd:{key.partition('/')[0]}"
    assert {fact.call for fact in facts(document).values()} == {f"vd:{FIRST}", f"vd:{SECOND}"}


def test_the_lead_is_listed_as_the_call_that_began_last() -> None:
    document = delivered(*two_calls()).documents[LEAD]
    assert document.summary == document.calls[SECOND]
    assert (document.shown, document.deadline) == (SECOND, None)
    assert fields_of(document)["started"] == int((AT + timedelta(hours=1)).timestamp() * 1000)


def test_every_call_of_a_lead_is_in_the_answers_of_a_recorded_set() -> None:
    assert [call["call"] for call in calls_of(delivered(*two_calls()))] == [FIRST, SECOND]


def test_a_call_without_an_end_is_watched_beside_those_that_have_one() -> None:
    document = delivered(*two_calls()[:2], start(SECOND, AT + timedelta(hours=1))).documents[LEAD]
    assert document.deadline == AT + timedelta(hours=1) + NO_END_AFTER
    document = timer(document, document.deadline)
    assert {name: s.state for name, s in document.calls.items()} == {FIRST: "ended", SECOND: "no_end"}
    assert document.deadline is None


def test_a_later_call_is_not_overdue_because_an_earlier_one_was() -> None:
    lead = delivered(start(FIRST, AT)).documents[LEAD]
    late = timer(lead, AT + NO_END_AFTER)
    assert late.calls[FIRST].state == "no_end"
    outcome = Outcome(documents={LEAD: late})
    again = AT + timedelta(hours=9)
    item = Item(
        source="vd",
        partner="acme",
        correlation="lead:100101",
        delivery="d",
        index=0,
        of=1,
        received_at=again,
        revision=1,
    )
    connector = CONNECTORS["vicidial"]
    (part,) = connector.split(start(SECOND, again), SETTINGS).slices
    reading = connector.read(part, SETTINGS, again)
    context = Context(connector, SETTINGS, "telephony.1/0", 4, 0)
    document = take(outcome.documents[LEAD], Arrival(late.at, 0, item, reading), context).document
    assert {name: s.state for name, s in document.calls.items()} == {FIRST: "no_end", SECOND: "in_progress"}
    due = document.deadline
    assert due == again + NO_END_AFTER
    assert timer(document, due).calls[SECOND].state == "no_end"


def test_health_counts_the_flags_of_every_call() -> None:
    documents = list(delivered(*two_calls()).documents.values())
    assert gaps_of(documents, CONNECTORS["vicidial"]).missing_start == 2


@pytest.mark.parametrize(
    ("call", "places"),
    [
        (f"vd:{FIRST}", [f"vd:call:{FIRST}", "vd:lead:100101"]),
        ("vd:report-100101-1775030400", ["vd:call:report-100101-1775030400", "vd:lead:100101"]),
        ("tw:CA5da8bcfa798eebe237225ebba9c3da25", ["tw:call:CA5da8bcfa798eebe237225ebba9c3da25"]),
        ("n:", ["n:call:"]),
    ],
)
def test_where_a_call_may_lie(call: str, places: list[str]) -> None:
    assert list(document_ids(call)) == places


def test_of_a_lead_one_call_is_shown() -> None:
    document = delivered(*two_calls()).documents[LEAD]
    shown = only_call(document, FIRST)
    assert shown is not None
    assert (shown.shown, {o.call for o in shown.observations}) == (FIRST, {FIRST})
    assert "started" in shown.told
    assert {key.partition("/")[0] for key in shown.known} == {FIRST}
    assert only_call(document, "M4010800000000100999") is None


@pytest.mark.parametrize(
    ("low", "high", "found"), [(0, 1, True), (1, 2, True), (2, 3, False), (-1, 0, False), (0, 3, True)]
)
def test_a_lead_is_read_again_for_any_of_its_calls(low: int, high: int, found: bool) -> None:
    document = delivered(*two_calls()).documents[LEAD]
    assert _has_call_within(document, AT + timedelta(hours=low), AT + timedelta(hours=high)) is found


async def test_each_call_of_a_lead_has_a_page_and_other_leads_calls_have_none() -> None:
    service = Service()
    await service.keep(delivered(*two_calls()).documents[LEAD])
    for call in (FIRST, SECOND):
        found = await service.json(f"/api/v1/calls/vd:{call}")
        assert (found["call"], found["summary"]["call"]) == (f"vd:{call}", call)
        assert {o["call"] for o in found["observations"]} == {call}
    await service.refused("/api/v1/calls/vd:M4010800000000100102", 404)
    await service.refused("/api/v1/calls/vd:M4010700000000100101", 404)
    listed = await service.json("/api/v1/calls?from=2026-04-01&to=2026-04-02")
    assert [item["call"] for item in listed["items"]] == [f"vd:{SECOND}"]
    assert [stored.id for stored in (await service.documents.find(CALLS, {"source": "vd"})).items] == [LEAD]


async def test_evidence_knows_when_each_call_of_a_lead_began() -> None:
    service = Service()
    await service.keep(delivered(*two_calls()[:3]).documents[LEAD])
    begun = await _begun(service.app.state.call_reads, [f"vd:{FIRST}", f"vd:{SECOND}", "vd:M4010700000000100999"])
    assert {call: found.summary.agents for call, found in begun.items()} == {
        f"vd:{FIRST}": ["6601"],
        f"vd:{SECOND}": ["6601"],
    }
    assert {found.partner for found in begun.values()} == {"acme"}
