"""The views behind statements: the same in any order, and what is taken back leaves nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from services.calls.views.agent_sales import AgentSales, agent_sales
from services.calls.views.agent_time import agent_time
from shared.contracts.calls import AgentStateChanged
from shared.kernel import Event, Recorded, View
from tests.spec import published, seen
from tests.unit.calls.selling.paying import cancelled, line, placed, returned

AT = datetime(2026, 3, 31, 21, tzinfo=UTC)
ORDERS = [placed(f"o{n}", AT + timedelta(hours=n), line(1), line(2, 900, 3)) for n in range(3)]
SOLD: list[Event] = [
    *ORDERS,
    cancelled(ORDERS[0], AT + timedelta(days=9)),
    returned(ORDERS[1], AT + timedelta(days=9), line(1, 3192, 1)),
    returned(ORDERS[1], AT + timedelta(days=9), line(2, 300, 1)),
]


def was(state: str, since: datetime, minutes: int, **more: Any) -> AgentStateChanged:
    fields: dict[str, Any] = {"partner": "adria", "source": "s1", "agent": "a7", "native": state}
    until = since + timedelta(minutes=minutes)
    return AgentStateChanged(state=state, since=since, until=until, day_zone="Europe/Zagreb", **fields | more)


STATES: list[Event] = [
    was("on_call", AT, 60),
    was("break", AT + timedelta(hours=1), 300, reason="eyes"),
    was("on_call", AT, 30),
]


def told(events: list[Event]) -> list[Recorded[Any]]:
    return [published(event, number) for number, event in enumerate(events, 1)]


def taken_back(recorded: Recorded[Any]) -> Recorded[Any]:
    return published(recorded.event, recorded.position[0] + 100, reverses=recorded)


def holds(view: View[Any, Any, Any], happened: list[Recorded[Any]]) -> dict[str, Any]:
    """What holds, whatever was told and taken back on the way, without empty documents."""
    docs = {key: msgspec.to_builtins(doc) for key, doc in seen(view, *happened).items()}
    return {
        key: {name: sorted(part.items()) if name == "told" else part for name, part in doc.items()}
        for key, doc in docs.items()
        if doc["told"]
    }


def test_an_order_and_all_that_came_back_of_it_lie_in_the_month_of_the_order() -> None:
    docs = seen(agent_sales, *SOLD)
    assert list(docs) == ["adria:a7:2026-03"]
    doc = docs["adria:a7:2026-03"]
    assert doc.placed == ORDERS
    assert [len(doc.taken(order.order)) for order in ORDERS] == [1, 2, 0]


def test_an_order_without_an_agent_is_nobodys() -> None:
    assert seen(agent_sales, placed("o9", AT, agent=None)) == {}


def test_a_state_is_cut_into_days_and_tests_and_time_off_line_count_for_nobody() -> None:
    others = [was("offline", AT, 60), was("on_call", AT, 60, counts="test")]
    docs = seen(agent_time, *STATES, *others)
    assert {key: [(i.state, i.until - i.since) for i in doc.intervals] for key, doc in docs.items()} == {
        "adria:a7:2026-03-31": [
            ("on_call", timedelta(minutes=30)),
            ("on_call", timedelta(hours=1)),
            ("break", timedelta(hours=2)),
        ],
        "adria:a7:2026-04-01": [("break", timedelta(hours=3))],
    }


def test_a_state_that_is_split_is_taken_back() -> None:
    whole = published(was("on_call", AT, 60))
    (doc,) = seen(agent_time, whole, taken_back(whole), was("on_call", AT, 30)).values()
    assert [interval.until for interval in doc.intervals] == [AT + timedelta(minutes=30)]


@settings(deadline=None)
@drawn(st.data(), st.sampled_from([(agent_sales, SOLD), (agent_time, STATES)]))
def test_any_order_gives_the_same_and_what_is_taken_back_leaves_nothing(
    data: st.DataObject, of: tuple[View[Any, Any, Any], list[Event]]
) -> None:
    view, events = of
    kept = told(events)
    gone = data.draw(st.lists(st.sampled_from(kept), unique_by=lambda one: one.position))
    happened = data.draw(st.permutations([*kept, *(taken_back(one) for one in gone)]))
    assert holds(view, happened) == holds(view, [one for one in kept if one not in gone])


@settings(deadline=None)
@drawn(st.data(), st.sampled_from([(agent_sales, SOLD), (agent_time, STATES)]))
def test_shards_add_up_to_the_whole(data: st.DataObject, of: tuple[View[Any, Any, Any], list[Event]]) -> None:
    view, events = of
    first = [one for one in told(events) if data.draw(st.booleans())]
    second = [one for one in told(events) if one not in first]
    one, other = seen(view, *first), seen(view, *second)
    for key, whole in seen(view, *told(events)).items():
        both = view.merge(one[key], other[key]) if key in one and key in other else one.get(key) or other[key]
        assert sorted(msgspec.to_builtins(both)["told"].items()) == sorted(msgspec.to_builtins(whole)["told"].items())


def test_a_document_names_its_partner_agent_and_month() -> None:
    (doc,) = seen(agent_sales, ORDERS[0]).values()
    assert isinstance(doc, AgentSales)
    assert (doc.partner, doc.agent, doc.month) == ("adria", "a7", "2026-03")
