"""Whatever the numbers of partitions, nothing is lost, and first copies stand in the order of their positions."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.moving.archive import LogRecord
from services.moving.firsts import first_copies
from services.moving.plan import Plan
from services.moving.refusals import BadArchive
from shared.codec import envelope, partition_of
from shared.engine.moving import Place
from shared.ports import Record

AT = datetime(2026, 3, 2, tzinfo=UTC)
TOPIC, INPUTS = "tallyline.calls", "tallyline.telephony"
counts = st.integers(1, 9)


def told(origin: str, position: tuple[int, int], minute: int) -> bytes:
    event = {"type": "Told", "of": f"{origin} {position}"}
    at = AT + timedelta(minutes=minute)
    return msgspec.json.encode({"origin": origin, "position": position, "recorded_at": at, "event": event})


def an_old_log(dice: random.Random, partitions: int, generations: int) -> dict[int, list[Record]]:
    """As a system leaves it: of each origin in order in each partition, origins mixed, with repeats of slow owners."""
    log: dict[int, list[Record]] = defaultdict(list)
    for generation in range(1, generations + 1):
        left = {f"telephony.{generation}/{n}": [0, 0] for n in range(dice.randint(1, 4))}
        for _ in range(dice.randint(0, 60)):
            origin = dice.choice(list(left))
            if dice.random() < 0.5:
                left[origin] = [left[origin][0] + dice.randint(1, 3), 0]
            else:
                left[origin][1] += 1
            key = f"agent {dice.randint(0, 12)}"
            mine = log[partition_of(key, partitions)]
            mine.append(Record(len(mine), key, told(origin, (left[origin][0], left[origin][1]), dice.randint(0, 900))))
            if dice.random() < 0.2 and mine:
                start = dice.randrange(len(mine))
                mine += [Record(len(mine) + n, r.key, r.value) for n, r in enumerate(mine[start : start + 5])]
        for mine in log.values():
            mine.append(Record(len(mine), "whoever", b"nobody can read this"))
    return log


@given(seed=st.integers(0, 2**32), old=counts, new=counts, generations=st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_each_event_stands_once_in_its_new_partition_and_in_order(
    seed: int, old: int, new: int, generations: int
) -> None:
    log = an_old_log(random.Random(seed), old, generations)
    with Plan(generations, new) as plan:
        expected = set()
        for partition, records in log.items():
            for record in first_copies(records, {}):
                expected.add((record.key, record.value))
                plan.add_event(TOPIC, LogRecord(partition, *record))
        found = list(plan.events(TOPIC))
    assert len(found) == len(expected)
    assert {(event.record.key, event.record.value) for event in found} == expected
    highest: dict[tuple[int, str], tuple[int, int]] = {}
    for event in found:
        origin, position, _ = envelope(event.record.value)
        assert (event.origin, event.position) == (origin, position)
        assert event.partition == partition_of(event.record.key, new)
        assert highest.get((event.partition, origin), (-1, -1)) < position, "a reader would skip it"
        highest[event.partition, origin] = position
    generation = [event.origin.partition("/")[0] for event in found]
    assert generation == sorted(generation), "what takes back comes after what is taken back"


def test_among_origins_the_order_is_that_of_time() -> None:
    with Plan(1, 1) as plan:
        for n in range(20):
            for origin in range(3):
                value = told(f"telephony.1/{origin}", (n * (origin + 1), 0), n * 3 + origin)
                plan.add_event(TOPIC, LogRecord(origin, n, "a", value))
        found = [msgspec.json.decode(event.record.value)["recorded_at"] for event in plan.events(TOPIC)]
    assert found == sorted(found)


@given(seed=st.integers(0, 2**32), old=counts, new=counts)
@settings(max_examples=100, deadline=None)
def test_inputs_of_a_key_keep_their_order_and_each_place_leads_to_its_input(seed: int, old: int, new: int) -> None:
    dice = random.Random(seed)
    log: dict[int, list[LogRecord]] = defaultdict(list)
    for n in range(dice.randint(0, 120)):
        key = f"call {dice.randint(0, 15)}"
        mine = log[partition_of(key, old)]
        mine.append(LogRecord(partition_of(key, old), len(mine), key, b"%d" % n))
    written: dict[int, list[LogRecord]] = defaultdict(list)
    with Plan(1, new) as plan:
        for partition in sorted(log):
            for record in log[partition]:
                plan.add_input(INPUTS, record, record.value.decode())
                written[partition_of(record.key, new)].append(record)
        for partition, records in written.items():
            for offset, record in enumerate(records):
                place = Place(partition, offset)
                assert plan.place(INPUTS, Place(record.partition, record.offset)) == place
                assert plan.named(INPUTS, record.value.decode()) == place
            of_key: dict[str, int] = {}
            for record in records:
                assert of_key.get(record.key, -1) < int(record.value)
                of_key[record.key] = int(record.value)


def test_two_events_at_one_position_are_refused() -> None:
    with Plan(1, 2) as plan:
        plan.add_event(TOPIC, LogRecord(0, 0, "a", told("telephony.1/0", (4, 0), 1)))
        with pytest.raises(BadArchive, match=r"two events at \(4, 0\) of telephony\.1/0"):
            plan.add_event(TOPIC, LogRecord(1, 0, "b", told("telephony.1/0", (4, 0), 1)))


def test_a_place_where_nothing_stood_leads_nowhere() -> None:
    with Plan(1, 2) as plan:
        with pytest.raises(LookupError, match=r"no record 3 of tallyline\.telephony/1"):
            plan.place(INPUTS, Place(1, 3))
        assert plan.named(INPUTS, "nobody") is None
