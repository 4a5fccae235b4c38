"""Recorded deliveries give exactly the verdicts and events that stand beside them, in any order of arrival."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.calls.connectors.replay import GIVEN, OWN, FixtureSet, arrivals, events_of, load, replay

SETS = [load(path) for path in (*GIVEN, *OWN)]
NAMES = [f"{fixtures.path.parent.name}/{fixtures.path.name}" for fixtures in SETS]

VERDICTS = "accepted partial duplicate stale ignored unknown invalid rejected handshake"
FLAGS = "clock_skew no_vendor_time ambiguous_local_time negative_duration long_talk missing_start bad_amount"

each_set = pytest.mark.parametrize("fixtures", SETS, ids=NAMES)


def _without_origin(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in event.items() if name != "from"} for event in events]


@each_set
def test_each_delivery_gets_its_verdict(fixtures: FixtureSet) -> None:
    verdicts, _ = replay(fixtures)
    expected = fixtures.expected["deliveries"]
    assert [(v["n"], v["verdict"]) for v in verdicts] == [(e["n"], e["verdict"]) for e in expected]
    assert [verdicts[e["n"] - 1]["reply"] for e in expected if "reply" in e] == [
        e["reply"] for e in expected if "reply" in e
    ]


@each_set
def test_the_events_are_exactly_the_expected_ones(fixtures: FixtureSet) -> None:
    _, desk = replay(fixtures)
    assert desk.events() == fixtures.expected["events"]


@pytest.mark.parametrize("verdict", VERDICTS.split())
def test_every_verdict_is_in_a_set(verdict: str) -> None:
    assert verdict in {entry["verdict"] for fixtures in SETS for entry in fixtures.expected["deliveries"]}


@pytest.mark.parametrize("flag", FLAGS.split())
def test_every_flag_is_in_a_set(flag: str) -> None:
    assert flag in {found for fixtures in SETS for call in fixtures.expected["calls"] for found in call["flags"]}


@each_set
def test_the_flags_of_events_are_flags_of_their_calls(fixtures: FixtureSet) -> None:
    calls = {call["call"]: set(call["flags"]) for call in fixtures.expected["calls"]}
    for event in fixtures.expected["events"]:
        if event["call"]:
            assert set(event["flags"]) <= calls[event["call"]]


@each_set
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_any_order_and_any_repeats_give_the_same_events(fixtures: FixtureSet, data: st.DataObject) -> None:
    items = arrivals(fixtures)
    extra = data.draw(st.lists(st.sampled_from(items), max_size=8))
    order = data.draw(st.permutations([*items, *extra]))
    assert events_of(fixtures, order) == _without_origin(fixtures.expected["events"])


@each_set
def test_the_customers_number_stands_nowhere_but_in_the_customer(fixtures: FixtureSet) -> None:
    _, desk = replay(fixtures)
    numbers = {call["customer_number"].lstrip("+") for call in fixtures.expected["calls"] if call["customer_number"]}
    notes = [note for document in desk.documents.values() for item in document.values() for note in item.reading.notes]
    shown = [msgspec.structs.replace(note, customer=None) for note in notes]
    told = [msgspec.structs.replace(o, customer=None) for key in desk.documents for o in desk.observations(key)]
    addresses = [(arrival.item.correlation, arrival.item.context) for arrival in arrivals(fixtures)]
    written = msgspec.json.encode([shown, told, addresses, sorted(desk.documents)]).decode()
    assert numbers
    assert not [number for number in numbers if number in written]


@each_set
def test_notes_survive_being_stored_as_json(fixtures: FixtureSet) -> None:
    _, desk = replay(fixtures)
    before = desk.events()
    for document in desk.documents.values():
        for key, known in document.items():
            stored = msgspec.json.decode(msgspec.json.encode(known.reading), type=type(known.reading))
            document[key] = type(known)(known.n, known.digest, stored)
    assert desk.events() == before


@each_set
def test_what_a_source_says_is_complete(fixtures: FixtureSet) -> None:
    source = json.loads((fixtures.path / "source.json").read_bytes())
    assert fixtures.settings.partner == source["partner"]
    assert fixtures.settings.reports_holds == source["capabilities"]["holds"]
    assert fixtures.settings.dispositions == source["dispositions"]
