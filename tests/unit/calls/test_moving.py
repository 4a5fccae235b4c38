"""A moved document takes what comes later as if it had stayed, and takes back what was told before it was moved."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from services.calls.connectors.base import Reading
from services.calls.connectors.registry import CONNECTORS
from services.calls.tracker.call_document import AgentNow, AgentShard, CallDocument
from services.calls.tracker.intake import DeliveryNote, IntakeDay
from services.calls.tracker.items import Item, decode_item, encode_item
from services.calls.tracker.tracker import Arrival, Context, fact_key, take
from services.calls.tracking.moving import (
    item_name,
    join_notes,
    later_shard,
    move_call,
    move_day,
    move_item,
    move_letter,
    move_note,
    move_shard,
)
from services.calls.tracking.timers import reading_of_timer
from shared.codec import encode, partition_of
from shared.contracts.partners import SourceSettings
from shared.engine.dead_letters import DeadLetter
from shared.engine.moving import Place
from shared.kernel import Observation

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SETTINGS = SourceSettings(connector="native", partner="acme", day_zone="UTC")
OLD, NEW = 5, 2
"""The partition of everything here, before and after."""
PARTITIONS = 3
Step = tuple[str, int, int]


@dataclass
class Moving:
    """A move whose places and names are given."""

    places: dict[Place, Place] = field(default_factory=dict)
    names: dict[str, Place] = field(default_factory=dict)
    generation: int = 1
    partitions: int = PARTITIONS

    def place(self, topic: str, old: Place) -> Place:
        return self.places[old]

    def named(self, topic: str, name: str) -> Place | None:
        return self.names.get(name)


@dataclass
class Life:
    """One document taking inputs, in one generation after the other."""

    correlation: str
    generation: int = 1
    partition: int = OLD
    outputs: int = 4
    offset: int = 40
    document: CallDocument | None = None
    published: list[Any] = field(default_factory=list)

    def take(self, step: Step, n: int) -> None:
        """The next input; between two of a document stand others'."""
        kind, minute, agent = step
        item, reading = self._input(kind, minute, agent, n)
        context = Context(
            CONNECTORS["native"], SETTINGS, f"telephony.{self.generation}/{self.partition}", self.outputs, self.offset
        )
        taken = take(self.document, Arrival(self.offset, self.partition, item, reading), context)
        self.document = msgspec.json.decode(encode(taken.document), type=CallDocument)
        self.published += [e for e in self.document.outbox if e.position[0] == self.offset] if taken.changed else []
        self.offset += 1 + n % 3

    def _input(self, kind: str, minute: int, agent: int, n: int) -> tuple[Item, Reading]:
        common: dict[str, Any] = {
            "source": "s1",
            "partner": "acme",
            "correlation": self.correlation,
            "of": 1,
            "index": 0,
        }
        at = AT + timedelta(minutes=minute)
        item = Item(**common, delivery=f"d{n}", received_at=AT, revision=1, digest=f"{minute:04}")
        if kind == "carry" or (kind == "closed" and self.document):
            data = {
                "at": AT.isoformat(),
                "as_of": self.document.at if kind == "closed" and self.document else 1000 // self.generation + n,
                "generation": self.generation,
                "state": f"busy {agent}",
                "native": f"busy {agent}",
                "reason": None,
            }
            item = msgspec.structs.replace(item, timer=kind, data=data)
            return item, reading_of_timer(item)
        kind = "AgentStateChanged" if kind == "closed" else kind
        about: dict[str, Any] = {"kind": kind, "at": at, "agent": f"a{agent}"}
        if self.correlation.startswith("call:"):
            about |= {"call": "c1"}
        note = Observation(**about, data=DATA.get(kind) or {"state": f"s{agent}", "native": f"s{agent}"})
        return item, Reading(key=f"{kind}@{minute % 7}", version=f"{minute:04}", notes=(note,))

    def told(self) -> dict[str, bytes]:
        """The facts as they are now."""
        return {key: bytes(told.event) for key, told in self.document.told.items()} if self.document else {}


DATA = {
    "CallStarted": {"direction": "inbound", "phase": "queued", "campaign": "TV"},
    "CallAnswered": {"answered_by": "human"},
    "CallEnded": {"scope": "call", "reason": "completed", "ended_by": "customer"},
}


def moved(life: Life, gaps: list[int]) -> Life:
    """The same document in the next generation: its inputs stand elsewhere, in the same order."""
    assert life.document is not None
    move, new = Moving(), 0
    for offset in range(40, life.offset):
        move.places[Place(OLD, offset)] = Place(NEW, new)
        new += 1 + gaps[offset % len(gaps)]
    ((id_, body),) = move_call("s1:x", encode(life.document), move)
    assert id_ == "s1:x"
    document = msgspec.json.decode(body, type=CallDocument)
    assert document.outbox == []
    assert document.partition == NEW
    return Life(life.correlation, 2, NEW, PARTITIONS, new, document, list(life.published))


steps = st.lists(
    st.tuples(st.sampled_from(sorted(DATA)), st.integers(0, 90), st.integers(1, 3)), min_size=2, max_size=14
)
states = st.lists(
    st.tuples(
        st.sampled_from(["AgentStateChanged", "AgentStateChanged", "closed", "carry"]),
        st.integers(0, 90),
        st.integers(1, 3),
    ),
    min_size=2, max_size=14,
)  # fmt: skip
cuts = st.floats(0, 1)
gaps = st.lists(st.integers(0, 3), min_size=1, max_size=5)


def check_life(correlation: str, story: list[Step], cut: float, gaps: list[int]) -> None:
    at = 1 + round(cut * (len(story) - 1))
    stayed, went = Life(correlation), Life(correlation)
    for n, step in enumerate(story[:at]):
        stayed.take(step, n)
        went.take(step, n)
    went = moved(went, gaps)
    assert went.told() == stayed.told()
    for n, step in enumerate(story[at:], at):
        stayed.take(step, n)
        went.take(step, n)
        assert stayed.document is not None
        assert went.document is not None
        assert went.told() == stayed.told()
        assert went.document.summary == stayed.document.summary
        assert went.document.agent == stayed.document.agent
        assert went.document.deadline == stayed.document.deadline
        assert [k.verdict for k in went.document.known.values()] == [k.verdict for k in stayed.document.known.values()]
    mine, theirs = [[msgspec.json.decode(e.value) for e in life.published] for life in (went, stayed)]
    assert [(r["event"], "reverses" in r) for r in mine] == [(r["event"], "reverses" in r) for r in theirs]
    known: dict[tuple[str, int, int], Any] = {}
    for record, entry in zip(mine, went.published, strict=True):
        if "reverses" in record:
            origin, (number, part) = record["reverses"]
            assert known.pop((origin, number, part)) == record["event"]
        else:
            known[record["origin"], *record["position"]] = record["event"]
        if record["origin"] == f"telephony.2/{NEW}":
            assert entry.partition == partition_of(fact_key(msgspec.Raw(encode(record["event"]))), PARTITIONS)


@given(story=steps, cut=cuts, gaps=gaps)
@examples(max_examples=150, deadline=None)
def test_a_moved_call_goes_on_as_if_it_had_stayed(story: list[Step], cut: float, gaps: list[int]) -> None:
    check_life("call:c1", story, cut, gaps)


@given(story=states, cut=cuts, gaps=gaps)
@examples(max_examples=300, deadline=None)
def test_a_moved_day_of_an_agent_goes_on_as_if_it_had_stayed(story: list[Step], cut: float, gaps: list[int]) -> None:
    check_life("agent:a1:2026-03-02", story, cut, gaps)


def test_a_fact_of_two_generations_ago_keeps_its_origin() -> None:
    life = Life("call:c1")
    life.take(("CallStarted", 0, 1), 0)
    again = moved(life, [1])
    assert again.document is not None
    places = {Place(NEW, offset): Place(0, offset) for offset in range(again.offset)}
    ((_, body),) = move_call("s1:x", encode(again.document), Moving(places, generation=2))
    document = msgspec.json.decode(body, type=CallDocument)
    assert {told.origin for told in document.told.values()} == {f"telephony.1/{OLD}"}


def test_the_closing_of_a_day_names_the_new_place_and_other_items_stay_as_they_are() -> None:
    common: dict[str, Any] = {"source": "s1", "partner": "acme", "index": 2, "of": 3, "received_at": AT, "revision": 1}
    move = Moving({Place(OLD, 7): Place(NEW, 3)})
    plain = encode_item(Item(**common, correlation="call:c1", delivery="d1", sealed=b"\x00sealed"))
    assert move_item(OLD, plain, move) == plain
    assert item_name(plain) == "d1.2"
    day = "agent:a1:2026-03-02"
    carry = encode_item(Item(**common, correlation=day, delivery="timer", timer="carry", data={"as_of": 8}))
    assert move_item(OLD, carry, move) == carry, "its generation says that it is older"
    closed = encode_item(Item(**common, correlation=day, delivery="timer", timer="closed", data={"as_of": 8}))
    assert decode_item(move_item(OLD, closed, move)).data == {"as_of": 4}
    assert item_name(closed) is None
    assert item_name(b"no item") is None
    assert move_item(OLD, b"no item", move) == b"no item"


def test_a_note_is_dealt_out_to_the_partitions_of_its_items_and_joined_there() -> None:
    common: dict[str, Any] = {"delivery": "d1", "source": "s1", "received_at": AT, "of": 3}
    move = Moving(names={"d1.0": Place(2, 4), "d1.1": Place(0, 9), "d1.2": Place(2, 6)})
    first = DeliveryNote(at=8, verdicts={"0": "accepted", "1": "invalid"}, reasons={"1": "no time"}, **common)
    second = DeliveryNote(at=3, verdicts={"2": "stale"}, reasons={"2": "older"}, **common)
    found: dict[str, DeliveryNote] = {}
    for id_, note in (("d1|0", first), ("d1|1", second), ("d1|0", first)):
        for new, body in move_note(id_, encode(note), move):
            joined = join_notes(encode(found[new]), body) if new in found else body
            found[new] = msgspec.json.decode(joined, type=DeliveryNote)
    assert found == {
        "d1|2": DeliveryNote(at=7, verdicts={"0": "accepted", "2": "stale"}, reasons={"2": "older"}, **common),
        "d1|0": DeliveryNote(at=10, verdicts={"1": "invalid"}, reasons={"1": "no time"}, **common),
    }
    empty = encode(DeliveryNote(at=0, **common))
    assert list(move_note("d1|0", empty, move)) == [("d1|0", empty)]
    with pytest.raises(LookupError, match="no item 7"):
        list(move_note("d1|0", encode(DeliveryNote(at=1, verdicts={"7": "stale"}, **common)), move))


def test_a_shard_goes_to_its_days_partition_where_the_latest_state_counts() -> None:
    def shard(at: int, minute: int, state: str) -> bytes:
        now = AgentNow(agent="a1", state=state, native=state, since=AT + timedelta(minutes=minute))
        return encode(AgentShard(at=at, partner="acme", source="s1", counts="production", now=now))

    move = Moving({Place(0, 4): Place(1, 0), Place(3, 8): Place(1, 7)})
    ((one, first),) = move_shard("s1:a1|0", shard(5, 10, "break"), move)
    ((two, second),) = move_shard("s1:a1|3", shard(9, 2, "on call"), move)
    assert one == two == "s1:a1|1"
    assert (first, second) == (shard(1, 10, "break"), shard(8, 2, "on call"))
    assert later_shard(first, second) == later_shard(second, first) == first


def test_counts_of_an_earlier_generation_stay_apart_under_its_number() -> None:
    body = encode(IntakeDay(at=9, source="s|1", day="2026-03-02", last_at=AT, counts={"accepted": 3}))
    ((id_, same),) = move_day("s|1|2026-03-02|4", body, Moving())
    assert (id_, same) == ("s|1|2026-03-02|1/4", body)
    assert list(move_day(id_, body, Moving(generation=2))) == [(id_, body)]


def test_an_items_letter_is_named_after_its_new_place() -> None:
    letter = DeadLetter(
        id="item:5:7", kind="item", source="s1", at=AT, cause="c", payload=b"p", retries=2,
        context={"partition": OLD, "offset": 7, "document": "s1:call:c1"},
    )  # fmt: skip
    move = Moving({Place(OLD, 7): Place(NEW, 3)})
    ((id_, body),) = move_letter(letter.id, encode(letter), move)
    found = msgspec.json.decode(body, type=DeadLetter)
    assert id_ == found.id == "item:2:3"
    assert found.context == {"partition": NEW, "offset": 3, "document": "s1:call:c1"}
    assert (found.retries, found.payload) == (2, b"p")
    record = msgspec.structs.replace(letter, id="record:5:7", kind="record")
    assert [id_ for id_, _ in move_letter(record.id, encode(record), move)] == ["record:2:3"]
    delivery = msgspec.structs.replace(letter, id="delivery:x", kind="delivery", context={"delivery": "x"})
    assert list(move_letter("delivery:x", encode(delivery), move)) == [("delivery:x", encode(delivery))]
    event = msgspec.structs.replace(letter, id="manager.m:telephony.1/0:4.0", kind="event")
    ((id_, body),) = move_letter(event.id, encode(event), move)
    assert id_ == event.id
    assert msgspec.json.decode(body, type=DeadLetter).context == {}
