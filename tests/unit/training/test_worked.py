"""What agents did is what the figures of performance say that they did, in any order and with corrections."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.calls.views.performance import performance_day
from services.training.views.worked import WorkedMonth, did, worked, worked_since
from shared.contracts.calls import CallAnswered, SaleRecorded
from shared.kernel import Event, Recorded
from tests.spec import published, seen

AT = datetime(2026, 3, 31, 22, 10, tzinfo=UTC)
AGENTS = ("a1", "a2", None)
CAMPAIGNS = ("serum", "vital|plus", None)


def fact(number: int, agent: str | None, campaign: str | None, hours: int, **more: Any) -> dict[str, Any]:
    at = AT + timedelta(hours=hours)
    return {
        "call": f"s:{number}",
        "source": "s",
        "partner": "adria",
        "direction": "outbound",
        "at": at,
        "interval": at.replace(minute=0),
        "day": (at + timedelta(hours=2)).date().isoformat(),
        "agent": agent,
        "campaign": campaign,
    } | more


def answered(
    number: int, agent: str | None = "a1", campaign: str | None = "serum", hours: int = 0, **more: Any
) -> Event:
    known = {"answered_by": "human", "first": True, "offered": False, "dialed": True}
    return CallAnswered(**fact(number, agent, campaign, hours) | known | more)


def sale(number: int, agent: str | None = "a1", campaign: str | None = "serum", hours: int = 0, **more: Any) -> Event:
    return SaleRecorded(**fact(number, agent, campaign, hours) | more)


facts = st.builds(
    lambda make, number, agent, campaign, hours, first, age: make(
        number, agent, campaign, hours, lead_age=age, **({"first": first} if make is answered else {})
    ),
    st.sampled_from([answered, sale]),
    st.integers(1, 9),
    st.sampled_from(AGENTS),
    st.sampled_from(CAMPAIGNS),
    st.integers(0, 60),
    st.booleans(),
    st.sampled_from(["0-1", "91+", None]),
)


@given(st.lists(facts, max_size=30))
def test_contacts_and_sales_are_those_of_the_figures_of_performance(happened: list[Event]) -> None:
    ours = {}
    for doc in seen(worked, *happened).values():
        for one in did(doc.days):
            key = doc.agent, doc.day(one.at).isoformat(), one.campaign or None, one.direction
            ours[key] = [one.contacts, one.sales]
    theirs = {
        (doc.agent, doc.day, doc.campaign, doc.direction): [doc.tally.contacts, doc.tally.sales_reported]
        for doc in seen(performance_day, *happened).values()
        if doc.agent and (doc.tally.contacts or doc.tally.sales_reported)
    }
    assert ours == theirs


@given(st.lists(facts, max_size=30))
def test_hours_and_days_have_the_same_sums(happened: list[Event]) -> None:
    for doc in seen(worked, *happened).values():
        sums = [(sum(one.contacts for one in did(cells)), sum(one.sales for one in did(cells))) for cells in _both(doc)]
        assert sums[0] == sums[1]


def _both(doc: WorkedMonth) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    return doc.days, doc.hours


@given(st.lists(facts, max_size=20), st.randoms(use_true_random=False))
def test_what_is_taken_back_leaves_nothing_in_whatever_order(happened: list[Event], dice: random.Random) -> None:
    told = [published(event, number) for number, event in enumerate(happened, 1)]
    back = [published(one.event, number, reverses=one) for number, one in enumerate(told, 100)]
    both: list[Recorded[Any]] = [*told, *back]
    dice.shuffle(both)
    assert all(not doc.days and not doc.hours for doc in seen(worked, *both).values())
    assert all(doc.first is None for doc in seen(worked_since, *both).values())


@given(st.lists(facts, max_size=20), st.integers(0, 20))
def test_parts_of_the_facts_add_up_to_the_whole(happened: list[Event], cut: int) -> None:
    for view in (worked, worked_since):
        one, other, whole = (seen(view, *part) for part in (happened[:cut], happened[cut:], happened))
        for key, doc in other.items():
            one[key] = view.merge(one[key], doc) if key in one else doc
        assert one == whole


def test_test_calls_and_calls_of_no_agent_do_not_count() -> None:
    assert seen(worked, answered(1, counts="test"), answered(2, agent=None), sale(3, counts="test")) == {}


def test_an_agent_is_there_since_its_first_contact() -> None:
    happened = answered(1), answered(2, hours=30), sale(3, hours=-900)
    assert seen(worked_since, *happened)["adria:a1"].months == {"2026-04": 2}
    found: WorkedMonth = seen(worked, answered(1, hours=30))["2026-04:adria:a1"]
    assert [found.day(one.at).isoformat() for one in did(found.days)] == ["2026-04-02"]
    assert [one.at for one in did(found.hours)] == [4]


def test_hours_are_told_apart_by_the_age_of_the_leads_and_days_are_not() -> None:
    ages = [None, "0-1", "91+", "91+"]
    found: WorkedMonth = seen(worked, *(answered(n, lead_age=age) for n, age in enumerate(ages)))["2026-04:adria:a1"]
    assert {one.lead_age: one.contacts for one in did(found.hours)} == {"": 1, "0-1": 1, "91+": 2}
    assert [(one.lead_age, one.contacts) for one in did(found.days)] == [("", 4)]
