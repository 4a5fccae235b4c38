"""The tracker: the same facts for any order and any repetition; corrections as reversal and news; nothing twice."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from services.calls.connectors.base import Reading
from services.calls.connectors.registry import CONNECTORS
from services.calls.doors.fixtures import Outcome, Recording, in_fixture_form, replay
from services.calls.doors.fixtures import load as read
from services.calls.tracker.call_document import CallDocument
from services.calls.tracker.items import Item
from services.calls.tracker.tracker import Arrival, Context, take
from services.calls.tracking.timers import reading_of_timer
from shared.codec import recorded_decoder
from shared.contracts.calls import CallEnded, PublicCallEvent
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

FIXTURES = Path(__file__).parents[2] / "fixtures" / "telephony"
SETS = sorted(path.parent for path in FIXTURES.rglob("expected.json"))
decode = recorded_decoder(PublicCallEvent).decode
load = cache(read)
"""A set, read once: examples are many, and none changes it."""


@cache
def in_order(folder: Path) -> Outcome:
    """What a set gives as it was recorded: what every other order is held against."""
    return replay(load(folder))


def ids(path: Path) -> str:
    return str(path.relative_to(FIXTURES))


@pytest.mark.parametrize("folder", SETS, ids=ids)
def test_a_recorded_set_gives_the_answers_that_it_must_give(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    got = in_fixture_form(load(folder), in_order(folder))
    assert [(d["n"], d["verdict"]) for d in got["deliveries"]] == [
        (d["n"], d["verdict"]) for d in expected["deliveries"]
    ]
    assert got["events"] == expected["events"]
    assert got["calls"] == expected["calls"]


def facts(outcome: Outcome) -> dict[str, Any]:
    """What is told now: by document and fact key."""
    return {
        f"{name}/{key}": bytes(told.event)
        for name, document in outcome.documents.items()
        for key, told in document.told.items()
    }


def published(outcome: Outcome) -> list[Any]:
    """Every event of every outbox; nothing is trimmed at checkpoint 0."""
    return [decode(e.value) for document in outcome.documents.values() for e in document.outbox]


@pytest.mark.parametrize("folder", SETS, ids=ids)
@given(seed=st.integers(0, 2**32))
@examples(max_examples=12, deadline=None)
def test_any_order_and_any_repetition_give_the_same_facts(folder: Path, seed: int) -> None:
    recording = load(folder)
    dice = random.Random(seed)
    deliveries = list(recording.deliveries)
    deliveries += dice.choices(deliveries, k=len(deliveries))
    dice.shuffle(deliveries)
    shuffled = Recording(recording.source_id, recording.settings, recording.secrets, deliveries)
    straight, crooked = in_order(folder), replay(shuffled)
    assert facts(crooked) == facts(straight)
    assert [d.summary for d in _sorted(crooked)] == [d.summary for d in _sorted(straight)]


def _sorted(outcome: Outcome) -> list[CallDocument]:
    return [outcome.documents[name] for name in sorted(outcome.documents)]


@pytest.mark.parametrize("folder", SETS, ids=ids)
@given(seed=st.integers(0, 2**32))
@examples(max_examples=12, deadline=None)
def test_what_was_published_adds_up_to_what_is_told(folder: Path, seed: int) -> None:
    recording = load(folder)
    deliveries = list(recording.deliveries)
    random.Random(seed).shuffle(deliveries)
    outcome = replay(Recording(recording.source_id, recording.settings, recording.secrets, deliveries))
    net: Counter[bytes] = Counter()
    for recorded in published(outcome):
        net[msgspec.json.encode(recorded.event)] += recorded.sign
    told = Counter(msgspec.json.encode(decode_event(raw)) for raw in facts(outcome).values())
    assert +net == told
    assert not [n for n in net.values() if n < 0]


def decode_event(raw: bytes) -> Any:
    return msgspec.json.decode(raw, type=PublicCallEvent)


@pytest.mark.parametrize("folder", SETS, ids=ids)
def test_positions_grow_and_a_reversal_names_what_it_takes_back(folder: Path) -> None:
    recording = load(folder)
    deliveries = list(recording.deliveries)
    random.Random(7).shuffle(deliveries)
    outcome = replay(Recording(recording.source_id, recording.settings, recording.secrets, deliveries))
    for document in outcome.documents.values():
        records = [decode(e.value) for e in document.outbox]
        positions = [r.position for r in records]
        assert positions == sorted(set(positions))
        by_position = {r.position: r for r in records}
        for r in records:
            if r.reverses is not None:
                origin, position = r.reverses
                assert origin == r.origin
                assert by_position[position].event == r.event
                assert by_position[position].reverses is None
                assert position < r.position


@pytest.mark.parametrize("folder", SETS, ids=ids)
def test_the_legs_share_out_exactly_the_talk_and_hold_of_their_call(folder: Path) -> None:
    outcome = in_order(folder)
    checked = 0
    for document in outcome.documents.values():
        summary = document.summary
        if summary is None or summary.state != "ended" or summary.outcome != "answered":
            continue
        legs = [
            e
            for told in document.told.values()
            if isinstance(e := decode_event(bytes(told.event)), CallEnded) and e.scope == "leg"
        ]
        assert sum(e.talk_ms or 0 for e in legs) == (summary.talk_ms or 0)
        assert sum(e.hold_ms or 0 for e in legs) == (summary.hold_ms or 0)
        checked += 1
    assert checked or folder.name not in ("twilio", "amazon-connect", "asterisk", "native")


@pytest.mark.parametrize("folder", SETS, ids=ids)
def test_a_document_that_was_stored_and_read_again_goes_on_in_the_same_way(folder: Path) -> None:
    recording = load(folder)
    whole, halves = in_order(folder), Outcome()
    decoder = msgspec.json.Decoder(CallDocument)
    for one in recording.deliveries:
        part = Recording(recording.source_id, recording.settings, recording.secrets, [one])
        halves.documents = {
            name: decoder.decode(msgspec.json.encode(document)) for name, document in halves.documents.items()
        }
        _replay_into(halves, part)
    assert {k: json.loads(v) for k, v in facts(halves).items()} == {k: json.loads(v) for k, v in facts(whole).items()}


def _replay_into(outcome: Outcome, recording: Recording) -> None:
    """As `replay`, on documents that are there already; offsets go on where the documents stand."""
    connector = CONNECTORS[recording.settings.connector]
    offset = max((d.at for d in outcome.documents.values()), default=0)
    fresh = replay(recording)
    for name, document in fresh.documents.items():
        for key, known in document.known.items():
            reading = Reading(key=key, version=known.version, notes=known.notes)
            kind = name.removeprefix(f"{recording.source_id}:")
            item = Item(
                source=recording.source_id,
                partner=recording.settings.partner,
                correlation=kind,
                delivery=known.delivery,
                index=0,
                of=1,
                received_at=known.received_at,
                revision=1,
                digest=known.digest,
            )
            context = Context(connector, recording.settings, "telephony.1/0", 1, 0)
            outcome.documents[name] = take(
                outcome.documents.get(name), Arrival(offset, 0, item, reading), context
            ).document
            offset += 1


# Test calls


def with_test_number(recording: Recording, number: str) -> Recording:
    known = msgspec.structs.replace(recording.settings, test_numbers={number: "desk-1"})
    return Recording(recording.source_id, known, recording.secrets, recording.deliveries)


def numbers_of(folder: Path) -> list[tuple[str, bool]]:
    """The customers' numbers and ours that the set's calls name, each with whether it is a customer's."""
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    data = [event["data"] for event in expected["events"] if "customer_number" in event["data"]]
    theirs = {d["customer_number"]: True for d in data} | {d.get("our_number"): False for d in data}
    return sorted((number, is_customers) for number, is_customers in theirs.items() if number)


@pytest.mark.parametrize("folder", SETS, ids=ids)
@given(data=st.data())
@examples(max_examples=12, deadline=None)
def test_a_call_of_a_test_number_is_a_test_call_in_whatever_order_its_items_come(
    folder: Path, data: st.DataObject
) -> None:
    found = numbers_of(folder)
    assert found
    number, _ = data.draw(st.sampled_from(found))
    recording = with_test_number(load(folder), number)
    straight = replay(recording)
    dice = random.Random(data.draw(st.integers(0, 2**32)))
    deliveries = [*recording.deliveries, *dice.choices(recording.deliveries, k=len(recording.deliveries) // 2)]
    dice.shuffle(deliveries)
    crooked = replay(Recording(recording.source_id, recording.settings, recording.secrets, deliveries))
    assert facts(crooked) == facts(straight)
    plain = in_order(folder)
    for name, document in crooked.documents.items():
        named = document.summary is not None and number in (
            document.summary.customer_ref,  # nothing was swapped here
            *(o.customer for o in document.observations),
            *(o.data.get("our_number") for o in document.observations),
        )
        assert document.counts == ("test" if named else "production")
        assert document.summary == plain.documents[name].summary
        of_calls = name.removeprefix(f"{recording.source_id}:").startswith(("call:", "lead:"))
        for told in document.told.values() if of_calls else ():
            fact = decode_event(bytes(told.event))
            assert fact.counts == document.counts
            assert fact.test_numbers == (("desk-1",) if named else ())
    assert any(document.counts == "test" for document in crooked.documents.values())
    net: Counter[bytes] = Counter()
    for recorded in published(crooked):
        net[msgspec.json.encode(recorded.event)] += recorded.sign
    assert +net == Counter(msgspec.json.encode(decode_event(raw)) for raw in facts(crooked).values())


def test_a_late_item_that_names_the_test_number_takes_all_back_and_tells_it_as_a_test() -> None:
    document = feed(started(), answered(20, "a1"), ended(100))
    produced = [decode(e.value).event for e in document.outbox]
    assert {fact.counts for fact in produced} == {"production"}
    item = Item(
        source="s1", partner="acme", correlation="call:c1", delivery="late", index=0, of=1, received_at=AT, revision=2
    )
    late = Arrival(document.at, 0, item, Reading(key="late", notes=(started(1),)), tests=("desk-1",))
    context = Context(CONNECTORS["native"], SETTINGS, "telephony.1/0", 4, document.at)
    document = take(document, late, context).document
    records = [decode(e.value) for e in document.outbox]
    assert {(r.sign, r.event.counts, r.event.test_numbers) for r in records} == {
        (-1, "production", ()),
        (1, "test", ("desk-1",)),
    }
    taken_back = Counter(msgspec.json.encode(r.event) for r in records if r.sign < 0)
    assert taken_back == Counter(msgspec.json.encode(fact) for fact in produced)
    assert document.counts == "test"


# One call, step by step

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SETTINGS = SourceSettings(connector="native", partner="acme", day_zone="Europe/Sarajevo")


def note(kind: str, seconds: int, agent: str | None = None, **data: Any) -> Observation:
    return Observation(kind=kind, at=AT + timedelta(seconds=seconds), call="c1", agent=agent, data=data)


def feed(*notes: Observation, checkpoint: int = 0, document: CallDocument | None = None) -> CallDocument:
    for n in notes:
        offset = document.at if document else 0
        item = Item(
            source="s1",
            partner="acme",
            correlation="call:c1",
            delivery=f"d{offset}",
            index=0,
            of=1,
            received_at=n.at,
            revision=1,
            digest=f"{offset}",
        )
        reading = Reading(key=f"k{offset}-{n.kind}", notes=(n,))
        context = Context(CONNECTORS["native"], SETTINGS, "telephony.1/0", 4, checkpoint)
        document = take(document, Arrival(offset, 0, item, reading), context).document
    assert document is not None
    return document


def started(seconds: int = 0) -> Observation:
    return note("CallStarted", seconds, direction="inbound", phase="queued", campaign="TV")


def answered(seconds: int, agent: str | None = None) -> Observation:
    return note("CallAnswered", seconds, agent, answered_by="human")


def ended(seconds: int, agent: str | None = None, **data: Any) -> Observation:
    return note("CallEnded", seconds, agent, **{"scope": "call", "reason": "completed", "ended_by": "customer"} | data)


def test_a_late_event_takes_back_what_was_told_and_tells_anew() -> None:
    document = feed(started(), answered(20, "a1"), ended(100), answered(50, "a2"))
    records = [decode(e.value) for e in document.outbox]
    taken_back = [r for r in records if r.sign < 0]
    assert [type(r.event).__name__ for r in taken_back] == ["CallEnded"]
    shares = {
        e.agent: e.talk_ms
        for told in document.told.values()
        if isinstance(e := decode_event(bytes(told.event)), CallEnded) and e.scope == "leg"
    }
    assert shares == {"a1": 30_000, "a2": 50_000}


def test_an_input_below_what_the_document_has_is_passed_over() -> None:
    document = feed(started(), answered(20, "a1"))
    item = Item(
        source="s1", partner="acme", correlation="call:c1", delivery="dx", index=0, of=1, received_at=AT, revision=1
    )
    again = Arrival(0, 0, item, Reading(key="new", notes=(ended(90),)))
    taken = take(document, again, Context(CONNECTORS["native"], SETTINGS, "telephony.1/0", 4, 0))
    assert not taken.changed
    assert taken.document is document


def test_an_entry_leaves_the_outbox_only_when_its_offset_is_below_the_checkpoint() -> None:
    document = feed(started(), answered(20, "a1"))
    assert {e.position[0] for e in document.outbox} == {0, 1}
    document = feed(ended(100, "a1"), checkpoint=1, document=document)
    assert {e.position[0] for e in document.outbox} == {1, 2}


def test_what_cannot_be_read_is_recorded_in_its_document() -> None:
    item = Item(
        source="s1", partner="acme", correlation="call:c1", delivery="d", index=0, of=1, received_at=AT, revision=1
    )
    context = Context(CONNECTORS["native"], SETTINGS, "telephony.1/0", 4, 0)
    taken = take(None, Arrival(5, 0, item, None, "not a time"), context)
    assert taken.verdict == "invalid"
    assert taken.changed
    assert taken.document.at == 6
    assert taken.document.told == {}


def test_a_retried_delivery_with_other_content_is_a_duplicate() -> None:
    context = Context(CONNECTORS["native"], SETTINGS, "telephony.1/0", 4, 0)
    item = Item(
        source="s1", partner="acme", correlation="call:c1", delivery="d1", index=0, of=1, received_at=AT, revision=1,
        key="msg_1", digest="a",
    )  # fmt: skip
    first = take(None, Arrival(0, 0, item, Reading(key="k1", notes=(started(),))), context)
    retry = msgspec.structs.replace(item, delivery="d2", digest="b")
    second = take(first.document, Arrival(1, 0, retry, Reading(key="k2", notes=(answered(5, "a1"),))), context)
    assert (second.verdict, second.changed) == ("duplicate", False)


def test_what_could_not_be_read_is_settled_once_however_often_it_is_sent_again() -> None:
    context = Context(CONNECTORS["native"], SETTINGS, "telephony.1/0", 4, 0)
    item = Item(
        source="s1", partner="acme", correlation="call:c1", delivery="d1", index=0, of=1, received_at=AT, revision=1,
        digest="a",
    )  # fmt: skip
    again = msgspec.structs.replace(item, retried=True)
    reading = Reading(key="k1", notes=(started(),))
    straight = take(None, Arrival(0, 0, item, reading), context).document
    first = take(None, Arrival(0, 0, item, None, "not of this release"), context)
    copy = take(first.document, Arrival(1, 0, item, None, "not of this release"), context)
    assert (copy.verdict, copy.changed) == ("duplicate", False), "it is refused once"
    in_vain = take(first.document, Arrival(2, 0, again, None, "not of this release"), context)
    assert (in_vain.verdict, in_vain.settles) == ("invalid", True)
    settled = take(in_vain.document, Arrival(3, 0, again, reading), context)
    assert (settled.verdict, settled.settles) == ("accepted", True)
    assert settled.document.known.keys() == straight.known.keys()
    assert settled.document.told.keys() == straight.told.keys()
    second = take(settled.document, Arrival(4, 0, again, reading), context)
    assert (second.verdict, second.settles, second.changed) == ("duplicate", False, False)


def test_what_came_right_meanwhile_settles_what_is_sent_again() -> None:
    context = Context(CONNECTORS["native"], SETTINGS, "telephony.1/0", 4, 0)
    item = Item(
        source="s1", partner="acme", correlation="call:c1", delivery="d1", index=0, of=1, received_at=AT, revision=1,
        digest="a",
    )  # fmt: skip
    reading = Reading(key="k1", notes=(started(),))
    first = take(None, Arrival(0, 0, item, None, "not of this release"), context)
    right = take(first.document, Arrival(1, 0, msgspec.structs.replace(item, delivery="d2"), reading), context)
    again = msgspec.structs.replace(item, retried=True)
    settled = take(right.document, Arrival(2, 0, again, reading), context)
    assert (settled.verdict, settled.settles, settled.changed) == ("duplicate", True, True)
    assert settled.document.at == 3
    assert settled.document.known.keys() == {"k1"}
    assert not take(settled.document, Arrival(3, 0, again, reading), context).settles


@given(st.permutations([("1", "a"), ("1", "b"), ("2", "a"), ("2", "c")]))
def test_two_contents_under_one_key_have_a_winner_that_does_not_depend_on_arrival(
    order: list[tuple[str, str]],
) -> None:
    context = Context(CONNECTORS["native"], SETTINGS, "telephony.1/0", 4, 0)
    document = None
    for offset, (version, digest) in enumerate(order):
        item = Item(
            source="s1", partner="acme", correlation="call:c1", delivery=f"d{offset}", index=0, of=1, received_at=AT,
            revision=1, digest=digest,
        )  # fmt: skip
        reading = Reading(key="k", version=version, notes=(started(ord(digest)),))
        document = take(document, Arrival(offset, 0, item, reading), context).document
    assert document is not None
    assert (document.known["k"].version, document.known["k"].digest) == ("2", "c")
    assert document.summary is not None
    assert document.summary.started_at == AT + timedelta(seconds=ord("c"))


def test_a_transfer_after_which_nobody_answers_ends_the_agents_part() -> None:
    away = note("CallTransferred", 60, "a1", mode="warm", to="102", to_kind="agent")
    document = feed(started(), answered(10, "a1"), away, ended(160))
    shares = {
        e.agent: (e.talk_ms, e.reason)
        for told in document.told.values()
        if isinstance(e := decode_event(bytes(told.event)), CallEnded) and e.scope == "leg"
    }
    assert shares == {"a1": (50_000, "transferred"), None: (100_000, "completed")}


def test_a_call_without_an_end_leaves_the_list_of_calls_in_progress_and_is_not_ended() -> None:
    document = feed(started(), answered(20, "a1"))
    assert document.summary is not None
    assert document.summary.state == "in_progress"
    assert document.deadline == AT + timedelta(seconds=20, hours=4)
    item = Item(
        source="s1", partner="acme", correlation="call:c1", delivery="timer", index=0, of=1,
        received_at=AT + timedelta(hours=5), revision=1, timer="no_end",
    )  # fmt: skip
    context = Context(CONNECTORS["native"], SETTINGS, "telephony.1/0", 4, 0)
    overdue = Reading(key="timer:no_end", version="no_end", verdict="ignored")
    document = take(document, Arrival(document.at, 0, item, overdue), context).document
    assert document.summary is not None
    assert document.summary.state == "no_end"
    assert document.summary.flags == ["no_end"]
    assert document.summary.ended_at is None
    assert document.deadline is None
    assert not any(isinstance(decode_event(bytes(t.event)), CallEnded) for t in document.told.values())


def of_day(document: CallDocument | None, **about: Any) -> CallDocument:
    """The document of agent a1's day after one more item: a state at `at`, or `closed` by a timer that saw so much."""
    offset = document.at if document else 0
    item = Item(
        source="s1", partner="acme", correlation="agent:a1:2026-03-02", delivery=f"d{offset}", index=0, of=1,
        received_at=AT, revision=1, digest=f"{offset}",
        timer="closed" if "closed" in about else None, data={"as_of": about.get("closed", 0)},
    )  # fmt: skip
    if item.timer:
        reading = reading_of_timer(item)
    else:
        said = Observation(
            kind="AgentStateChanged", at=AT + about["at"], agent="a1",
            data={"state": about["state"], "native": about["state"], "reason": None},
        )  # fmt: skip
        reading = Reading(key=f"k{offset}", notes=(said,))
    context = Context(CONNECTORS["native"], SETTINGS, "telephony.1/0", 4, 0)
    return take(document, Arrival(offset, 0, item, reading), context).document


def test_a_day_is_closed_only_by_a_timer_that_has_seen_all_of_it() -> None:
    seen = of_day(None, state="available", at=timedelta(hours=1))
    late = of_day(seen, state="break", at=timedelta(hours=2))
    overtaken = of_day(late, closed=seen.at)
    assert overtaken.deadline == datetime(2026, 3, 3, tzinfo=UTC)
    assert overtaken.agent is not None
    assert overtaken.agent.state == "break"
    closed = of_day(overtaken, closed=overtaken.at)
    assert (closed.deadline, closed.agent) == (None, None)


def test_a_closed_day_that_ends_offline_after_all_is_carried_on_once_more() -> None:
    seen = of_day(None, state="available", at=timedelta(hours=1))
    closed = of_day(seen, closed=seen.at)
    logged_out = of_day(closed, state="offline", at=timedelta(hours=2))
    assert logged_out.deadline == datetime(2026, 3, 3, tzinfo=UTC)
    assert of_day(logged_out, closed=logged_out.at).deadline is None
    assert of_day(None, state="offline", at=timedelta(hours=2)).deadline is None
