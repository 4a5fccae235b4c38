"""The calls of a month: any order and any sharding of their facts come to one document, and one statistic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.views.month_calls import Fact, MonthCall, ShownSale, add, month_calls, outcome_of, shown
from services.reconciliation.views.month_stays import AgentStays, Stay, month_stays
from shared.contracts.calls import (
    AgentStateChanged,
    CallAnswered,
    CallDispositioned,
    CallEnded,
    CallStarted,
    SaleRecorded,
)
from shared.contracts.codes import DISPOSITIONS
from shared.kernel import Money, Recorded, View
from tests.spec import published, seen
from tests.unit.calls.views.events import NOON, events, fact, state
from tests.unit.reconciliation import telling


def told(*args: Any, **more: Any) -> list[Fact]:
    """Those facts of a call that the view looks at."""
    return [one for one in telling.told(*args, **more) if isinstance(one, Fact)]


def taken_back(event: Any) -> Recorded[Any]:
    return published(event, 2, reverses=published(event))


def dealt(view: View[Any, Any, Any], happened: Sequence[Recorded[Any]], shards: Sequence[int]) -> dict[str, Any]:
    """The documents when each event is folded in the shard that it is dealt to, and the shards are added up."""
    docs: dict[tuple[str, int], Any] = {}
    for recorded, at in zip(happened, shards, strict=True):
        for key, part in view.route(recorded.event):
            docs[key, at] = view.fold(docs.get((key, at)), part, recorded.sign)
    merged: dict[str, Any] = {}
    for (key, _), doc in sorted(docs.items(), key=lambda one: one[0][1]):
        stored = msgspec.json.decode(msgspec.json.encode(doc), type=view.doc)
        merged[key] = view.merge(merged[key], stored) if key in merged else stored
    return merged


def content(docs: dict[str, Any]) -> dict[str, tuple[list[bytes], list[bytes]]]:
    """What documents hold, in an order of its own; nothing where they hold nothing."""
    lists = {key: (doc.facts if isinstance(doc, MonthCall) else doc.stays, doc.owed) for key, doc in docs.items()}
    encoded = {
        key: (sorted(map(msgspec.json.encode, held)), sorted(map(msgspec.json.encode, owed)))
        for key, (held, owed) in lists.items()
    }
    return {key: value for key, value in encoded.items() if any(value)}


@st.composite
def _histories(draw: Any) -> tuple[list[Recorded[Any]], list[Recorded[Any]], list[int]]:
    """What holds in the end; the same with things told and taken back, in any order; and where each of these lies."""
    held = draw(st.lists(events(), max_size=8))
    gone = draw(st.lists(events(), max_size=5))
    plain = [published(event) for event in held]
    mixed = plain + [published(event) for event in gone] + [taken_back(event) for event in gone]
    order = draw(st.permutations(range(len(mixed))))
    shards = draw(st.lists(st.integers(0, 3), min_size=len(mixed), max_size=len(mixed)))
    return plain, [mixed[place] for place in order], shards


@given(_histories())
def test_any_order_in_any_shards_gives_the_same_calls_and_stays(
    history: tuple[list[Recorded[Any]], list[Recorded[Any]], list[int]],
) -> None:
    plain, mixed, shards = history
    views: tuple[tuple[View[Any, Any, Any], Any], ...] = (
        (month_calls, MonthCall),
        (month_stays, AgentStays),
    )
    for view, _ in views:
        mine = view.events.__args__ if hasattr(view.events, "__args__") else (view.events,)
        straight = [one for one in plain if isinstance(one.event, mine)]
        crooked = [(one, at) for one, at in zip(mixed, shards, strict=True) if isinstance(one.event, mine)]
        expected = content(dealt(view, straight, [0] * len(straight)))
        got = dealt(view, [one for one, _ in crooked], [at for _, at in crooked])
        assert content(got) == expected
        if view is month_calls:
            whole = dealt(view, straight, [0] * len(straight))
            assert {key: shown(got[key]) for key in expected} == {key: shown(whole[key]) for key in expected}


def test_a_fact_that_is_taken_back_leaves_nothing_to_be_found() -> None:
    call = told(1, NOON)
    for order in (1, -1):
        happened = [published(one) for one in call] + [taken_back(one) for one in call]
        found = seen(month_calls, *happened[::order])["s1:c1"]
        assert (found.facts, found.owed) == ([], [])
        assert month_calls.fields(found) == {"partner": None, "began": None, "late": None}


def test_test_calls_are_in_nobodys_month() -> None:
    assert seen(month_calls, fact(CallStarted, counts="test", phase="queued", offered=True, dialed=False)) == {}
    assert seen(month_stays, msgspec.structs.replace(state("break", NOON, NOON), counts="test")) == {}


def test_a_shard_is_found_by_the_calls_own_time_unless_it_holds_what_may_be_told_late() -> None:
    ms = int(NOON.timestamp() * 1000)
    start = fact(CallStarted, NOON, phase="queued", offered=True, dialed=False)
    answer = fact(
        CallAnswered, NOON + timedelta(seconds=9), answered_by="human", first=True, offered=True, dialed=False
    )
    later = fact(CallDispositioned, NOON + timedelta(days=20), native="X", canonical="sale")

    def fields(*facts: Any) -> dict[str, Any]:
        return dict(month_calls.fields(MonthCall(call="s1:c1", partner="acme", facts=list(facts))))

    assert fields(later, start) == {"partner": "acme", "began": ms, "late": None}
    assert fields(answer) == {"partner": "acme", "began": ms + 9000, "late": None}
    assert fields(later) == {"partner": "acme", "began": None, "late": ms + 20 * 86_400_000}


def test_the_statistic_is_that_of_the_whole_call() -> None:
    doc = seen(month_calls, *told(1, NOON, ("a1", "a2"), "sale", talk=81, amounts=(4900, None), customer="cus_1"))
    one = shown(doc["s1:c1"])
    assert (one.ref, one.began, one.customer_ref, one.agent) == ("c1", NOON, "cus_1", "a1")
    assert (one.talk_ms, one.disposition, one.campaign, one.direction) == (81_000, "sale", "vital", "outbound")
    assert one.sales == (
        ShownSale(sale="o1-0", sku="SKU-1", amount_minor=4900, currency="EUR"),
        ShownSale(sale="s1:c1#2", sku="SKU-1", amount_minor=None, currency=None),
    )


def test_the_last_result_counts_and_a_machine_is_no_agent() -> None:
    facts = [
        fact(CallStarted, NOON, phase="dialing", offered=False, dialed=True, agent=None),
        fact(CallAnswered, NOON, answered_by="machine", first=False, offered=False, dialed=True, agent="m1"),
        fact(CallAnswered, NOON, answered_by="human", first=True, offered=False, dialed=True, agent="a2"),
        fact(CallDispositioned, NOON + timedelta(seconds=50), native="X", canonical="callback"),
        fact(CallDispositioned, NOON + timedelta(seconds=90), native="X", canonical="not_interested", corrected=True),
    ]
    one = shown(seen(month_calls, *facts)["s1:c1"])
    assert (one.agent, one.disposition, one.talk_ms) == ("a2", "refused", 0)


def test_two_sales_of_one_moment_keep_their_places() -> None:
    sales = [fact(SaleRecorded, NOON, sku=sku, amount=Money(100, "EUR")) for sku in ("B", "A")]
    one, other = (shown(MonthCall(call="s1:c1", partner="acme", facts=facts)) for facts in (sales, sales[::-1]))
    assert [(sale.sale, sale.sku) for sale in one.sales] == [("s1:c1#1", "A"), ("s1:c1#2", "B")]
    assert one == other


def test_each_of_our_dispositions_is_an_outcome_that_reports_know_or_none() -> None:
    found = {code: outcome_of(code) for code in DISPOSITIONS}
    assert {code for code, outcome in found.items() if outcome is None} == {
        code for code, row in DISPOSITIONS.items() if row.group in ("internal", "other")
    }
    assert {code for code, outcome in found.items() if outcome == "sale"} == {
        code for code, row in DISPOSITIONS.items() if row.group == "sale"
    }
    assert (found["busy"], found["information_given"], found["do_not_call"]) == ("no_answer", "info", "refused")
    assert outcome_of("nobody_knows") is None


def test_stays_lie_by_the_day_on_which_they_began() -> None:
    late = NOON.replace(hour=23, minute=50)
    docs = seen(month_stays, state("available", NOON, late), state("break", late, late + timedelta(minutes=30)))
    ((key, doc),) = docs.items()
    assert key == "s1:a1:2026-03-02"
    assert doc.stays == [
        Stay(state="available", since=NOON, until=late),
        Stay(state="break", since=late, until=late + timedelta(minutes=30)),
    ]
    assert month_stays.fields(doc) == {"partner": "acme", "day": "2026-03-02"}


def test_a_reversal_in_one_shard_meets_its_fact_in_another() -> None:
    start = fact(CallStarted, NOON, phase="queued", offered=True, dialed=False)
    end = fact(CallEnded, NOON, scope="call", reason="completed", ended_by="customer")
    shards = [
        MonthCall(call="s1:c1", partner="acme", owed=[start]),
        MonthCall(call="s1:c1", partner="acme", facts=[start, end]),
    ]
    for one, other in (shards, shards[::-1]):
        assert add(one, other) == MonthCall(call="s1:c1", partner="acme", facts=[end])


def test_stays_are_owed_as_facts_are() -> None:
    stay: AgentStateChanged = state("break", NOON, NOON + timedelta(minutes=5))
    assert month_stays.fold(month_stays.fold(None, stay, -1), stay, 1) == AgentStays(
        partner="acme", agent="a1", day="2026-03-02"
    )
