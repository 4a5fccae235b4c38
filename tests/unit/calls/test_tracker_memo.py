"""What a fold hands to the next saves work and decides nothing: with it and without it, the same document results."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calls.connectors.base import Reading
from services.calls.connectors.fields import in_order
from services.calls.connectors.registry import CONNECTORS
from services.calls.tracker.call_document import CallDocument
from services.calls.tracker.items import Item
from services.calls.tracker.tracker import Arrival, Context, Memo, take
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIRST = SourceSettings(connector="native", partner="acme")
LATER = SourceSettings(connector="native", partner="acme", day_zone="Asia/Manila")

said = st.tuples(st.integers(0, 12), st.sampled_from(["available", "on_call", "break"]), st.booleans())


def state(second: int, code: str) -> Observation:
    at = AT + timedelta(seconds=second)
    return Observation(kind="AgentStateChanged", at=at, agent="a1", data={"state": code, "native": code})


def arrival(offset: int, second: int, code: str) -> Arrival:
    item = Item(
        source="s1",
        partner="acme",
        correlation="agent:a1:2026-03-02",
        delivery=f"d{offset}",
        index=0,
        of=1,
        received_at=AT,
        revision=1,
        digest=str(offset),
    )
    return Arrival(offset, 0, item, Reading(key=f"{second:02}", notes=(state(second, code),)))


def day(said: list[tuple[int, str, bool]], remembering: bool) -> list[bytes]:
    document: CallDocument | None = None
    memo: Memo | None = None
    found = []
    for offset, (second, code, later) in enumerate(said):
        context = Context(CONNECTORS["native"], LATER if later else FIRST, "telephony.1/0", 4, 0)
        taken = take(document, arrival(offset, second, code), context, memo if remembering else None)
        if taken.changed:
            document, memo = taken.document, taken.memo
        found.append(msgspec.json.encode(taken.document))
    return found


@settings(max_examples=150)
@given(st.lists(said, min_size=1, max_size=12))
def test_a_day_comes_out_the_same_with_and_without_what_was_worked_out_before(
    said: list[tuple[int, str, bool]],
) -> None:
    assert day(said, remembering=True) == day(said, remembering=False)


def test_the_facts_that_an_item_does_not_touch_are_the_very_same_objects() -> None:
    context = Context(CONNECTORS["native"], FIRST, "telephony.1/0", 4, 0)
    document: CallDocument | None = None
    memo: Memo | None = None
    facts = []
    for offset, code in enumerate(("available", "on_call", "break", "available")):
        taken = take(document, arrival(offset, offset, code), context, memo)
        document, memo = taken.document, taken.memo
        assert memo is not None
        facts.append(memo.facts)
    assert [len(found) for found in facts] == [0, 1, 2, 3]
    assert all(facts[3][key] is fact for key, fact in facts[2].items())


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["a", "b", "c"])), max_size=6), st.randoms())
def test_observations_have_one_order_whatever_order_they_come_in(
    drawn: list[tuple[int, str]], chance: random.Random
) -> None:
    found = [msgspec.structs.replace(state(second, code), items=(f"k{n}",)) for n, (second, code) in enumerate(drawn)]
    shuffled = found.copy()
    chance.shuffle(shuffled)
    assert in_order(shuffled) == in_order(found)
