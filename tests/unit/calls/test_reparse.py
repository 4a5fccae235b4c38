"""A document read again by another connector says what it would have said if that one had read it at first."""

from __future__ import annotations

import dataclasses
import hashlib
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from services.calls.connectors.base import Connector, Reading, Slice, Unreadable
from services.calls.connectors.registry import CONNECTORS
from services.calls.tracker.call_document import CallDocument
from services.calls.tracker.items import Item, generation_of
from services.calls.tracker.reparse import Difference, reparsed, totals, unique
from services.calls.tracker.tracker import Arrival, Context, take
from services.calls.views.measures import measures
from shared.contracts.calls import PublicCallEvent
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation
from tests.unit.calls.test_reread import Came, came
from tests.unit.calls.test_tracker import SETS, decode, ids, in_order, load


def mistaken(reading: Reading, dice: random.Random) -> Reading:
    """What a connector with a mistake would make of the item."""
    match dice.randrange(6):
        case 0:
            return msgspec.structs.replace(reading, notes=(), verdict="ignored")
        case 1:
            return msgspec.structs.replace(reading, key=dice.choice("ab"))
        case 2:
            return msgspec.structs.replace(reading, version=str(dice.randrange(3)))
        case 3:
            notes = tuple(msgspec.structs.replace(note, at=note.at.replace(minute=0)) for note in reading.notes)
            return msgspec.structs.replace(reading, notes=notes)
        case _:
            return reading


class Log:
    """Items in order, taken in as they come."""

    def __init__(self, settings: SourceSettings) -> None:
        self.connector = CONNECTORS[settings.connector]
        self.context = Context(self.connector, settings, "telephony.1/0", 1, 0)
        self.items: list[Came] = []
        self.documents: dict[str, CallDocument] = {}

    def read(self, one: Came) -> Reading:
        return self.connector.read(one[1], self.context.settings, one[0].received_at)

    def append(self, one: Came, dice: random.Random | None) -> None:
        """Take an item in, with a mistake where there are dice."""
        item, offset = one[0], len(self.items)
        self.items.append(one)
        try:
            reading = self.read(one)
            if dice and not item.generation:
                reading = mistaken(reading, dice)
            arrival = Arrival(offset, 0, item, reading, generation=item.generation)
        except Unreadable as wrong:
            arrival = Arrival(offset, 0, item, None, wrong.reason, item.generation)
        self.documents[item.document] = take(self.documents.get(item.document), arrival, self.context).document

    def again(self, document: CallDocument) -> tuple[CallDocument, list[Item]]:
        """What today's connector makes of all that came for the document."""
        name = f"{document.source}:{document.correlation}"
        mine = unique(document, ((n, item) for n, (item, _) in enumerate(self.items) if item.document == name))
        arrivals = [
            Arrival(0, 0, item, self.read((item, self.items[offset][1])), generation=item.generation)
            for offset, item in mine
        ]
        return reparsed(document, arrivals, self.context)


def facts(documents: dict[str, CallDocument]) -> Counter[bytes]:
    return Counter(bytes(told.event) for document in documents.values() for told in document.told.values())


@pytest.mark.parametrize("folder", SETS, ids=ids)
@given(seed=st.integers(0, 2**32))
@examples(max_examples=20, deadline=None)
def test_read_again_it_says_what_the_right_code_would_have_said_at_once(folder: Path, seed: int) -> None:
    dice = random.Random(seed)
    recording = load(folder)
    log, items = Log(recording.settings), came(recording)
    items += dice.choices(items, k=len(items) // 3)
    dice.shuffle(items)
    for one in items:
        log.append(one, dice)
    difference, net = Difference(), Counter[bytes]()
    wrong, slices = dict(log.documents), {f"{i.delivery}.{i.index}": part for i, part in items}
    promised: dict[str, CallDocument] = {}
    for name, document in wrong.items():
        promised[name], appended = log.again(document)
        if difference.add(document, promised[name]):
            assert appended
        # Killed after any of them, and run again from the beginning: copies change nothing.
        cut = dice.randint(0, len(appended))
        for item in [*appended[:cut], *appended]:
            log.append((item, slices[f"{item.delivery}.{item.index}"]), None)
    assert facts(log.documents) == facts(promised) == facts(in_order(folder).documents)
    for name, document in log.documents.items():
        assert not log.again(document)[1], f"{name} has nothing more to change"
        for recorded in (decode(entry.value) for entry in document.outbox):
            net[msgspec.json.encode(recorded.event)] += recorded.sign
    assert set(net.values()) <= {0, 1}
    assert net_of(difference) == sums(promised) - sums(wrong)


decode_fact: Callable[[bytes], PublicCallEvent] = msgspec.json.Decoder(PublicCallEvent).decode


class Net(dict[tuple[str, str], int]):
    """Counters by day, without those that are 0."""

    def __sub__(self, other: Net) -> Net:
        found = {key: self.get(key, 0) - other.get(key, 0) for key in self.keys() | other.keys()}
        return Net({key: by for key, by in found.items() if by})


def sums(documents: dict[str, CallDocument]) -> Net:
    found = Net()
    for document in documents.values():
        for told in document.told.values():
            event = decode_fact(bytes(told.event))
            for cell, _, _, changes in measures(event):
                for counter, entry, amount in changes:
                    key = (cell.day, counter if entry is None else f"{counter}.{entry}")
                    found[key] = found.get(key, 0) + amount
    return found


def net_of(difference: Difference) -> Net:
    return Net({(day.day, name): by for day in difference.days.values() for name, by in day.tally.items()})


def test_a_reading_of_older_settings_is_followed_by_all_of_newer_ones() -> None:
    assert generation_of(1) < generation_of(1, 1) < generation_of(1, 900_000) < generation_of(2) < generation_of(2, 1)


def test_nothing_is_counted_where_nothing_changes() -> None:
    documents = in_order(SETS[0]).documents
    difference = Difference()
    assert not any(difference.add(document, document) for document in documents.values())
    assert (difference.documents, difference.days, difference.months) == (0, {}, [])
    assert totals(difference.days.values()) == {"added": 0, "changed": 0, "reversed": 0}


# A connector whose keys and versions can be wrong in every way

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SETTINGS = SourceSettings(connector="native", partner="acme", agent_states={"x": "other"})


def invented(right: bool) -> Connector:
    """Items say under which key and version they are known, rightly or by mistake, and what state they tell of."""

    def read(part: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
        said = msgspec.json.decode(part.raw)
        key, version, minute = said["right" if right else "wrong"]
        if said["by_time"]:
            key += received_at.isoformat()
        data = {"state": said["state"], "native": said["state"]}
        at = AT + timedelta(minutes=minute)
        return Reading(
            key=key, version=version, notes=(Observation(kind="AgentStateChanged", at=at, agent="a1", data=data),)
        )

    return dataclasses.replace(CONNECTORS["native"], read=read)


def of(reading: Reading, item: Item, offset: int) -> Arrival:
    return Arrival(offset, 0, item, reading, generation=item.generation)


ways = st.tuples(st.sampled_from("abc"), st.sampled_from("012"), st.integers(0, 600))
invented_items = st.lists(
    st.tuples(ways, ways, st.sampled_from(["available", "meal", "break"]), st.booleans(), st.integers(0, 3)),
    min_size=1,
    max_size=8,
)


@given(invented_items, st.lists(st.integers(0, 7), max_size=4))
@examples(max_examples=400, deadline=None)
def test_whatever_was_wrong_with_keys_and_versions_what_was_lost_is_found_again(
    given_items: list[Any], twice: list[int]
) -> None:
    """Also items that lost to others by a wrong key or version; a delivery that the platform sent twice counts once."""
    stored: list[Came] = []
    for n, (right, wrong, state, by_time, delivery) in enumerate(
        given_items + [given_items[n % len(given_items)] for n in twice]
    ):
        raw = msgspec.json.encode({"right": right, "wrong": wrong, "state": state, "by_time": by_time})
        # The platform's id of a delivery belongs to its content: sent twice, it is the same twice.
        key = f"{delivery}-{hashlib.sha256(raw).hexdigest()}"
        item = Item(
            source="s1", partner="acme", correlation="agent:a1:2026-03-02", delivery=f"d{n}", index=0, of=1,
            received_at=AT + timedelta(hours=n), revision=1, key=key, digest=hashlib.sha256(raw).hexdigest(),
        )  # fmt: skip
        stored.append((item, Slice(raw, item.correlation)))

    def taken(connector: Connector) -> CallDocument:
        document: CallDocument | None = None
        for n, (item, part) in enumerate(stored):
            context = Context(connector, SETTINGS, "telephony.1/0", 1, 0)
            document = take(document, of(connector.read(part, SETTINGS, item.received_at), item, n), context).document
        assert document is not None
        return document

    right = invented(right=True)
    wrong = taken(invented(right=False))
    parts = {item.delivery: part for item, part in stored}
    again = [
        of(right.read(parts[item.delivery], SETTINGS, item.received_at), item, 0)
        for _, item in unique(wrong, enumerate(item for item, _ in stored))
    ]
    found, _ = reparsed(wrong, again, Context(right, SETTINGS, "telephony.1/0", 1, 0))
    expected = taken(right)
    assert facts({"": found}) == facts({"": expected})


def test_the_same_item_is_replaced_by_its_later_reading_whatever_version_that_has() -> None:
    item = Item(
        source="s1", partner="acme", correlation="agent:a1:2026-03-02", delivery="d", index=0, of=1, received_at=AT,
        revision=1, digest="x",
    )  # fmt: skip
    context = Context(invented(right=True), SETTINGS, "telephony.1/0", 1, 0)

    def state(name: str) -> tuple[Observation, ...]:
        return (Observation(kind="AgentStateChanged", at=AT, agent="a1", data={"state": name, "native": name}),)

    first = take(None, of(Reading(key="k", version="9", notes=state("meal")), item, 0), context)
    again = msgspec.structs.replace(item, generation=1)
    taken = take(first.document, of(Reading(key="k", version="1", notes=state("break")), again, 1), context)
    assert (taken.changed, taken.document.known["k"].version) == (True, "1")
    assert [o.data["state"] for o in taken.document.observations] == ["break"]
    assert not take(taken.document, of(Reading(key="k", version="1", notes=state("break")), again, 2), context).changed
