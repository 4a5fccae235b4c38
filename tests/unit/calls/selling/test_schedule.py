"""The days of repeat shipments: by the calendar, without a gap or a repeat, whatever is skipped and changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.domain.schedule import LONGEST, Schedule, changed, next_due, slot, taken, upcoming
from shared.contracts.selling import Plan

days = st.dates(date(2020, 1, 1), date(2040, 12, 31))
plans = st.one_of(
    st.builds(Plan, unit=st.just("days"), every=st.integers(1, 366)),
    st.builds(Plan, unit=st.just("weeks"), every=st.integers(1, 52)),
    st.builds(Plan, unit=st.just("months"), every=st.integers(1, 24)),
)


def monthly(start: date) -> Schedule:
    return Schedule(start, Plan(unit="months", every=1), start)


def test_a_short_month_has_its_last_day_and_the_next_one_the_day_of_the_start() -> None:
    assert [str(day) for day in upcoming(monthly(date(2027, 12, 31)), 5)] == [
        "2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30", "2028-05-31",
    ]  # fmt: skip
    assert str(next_due(monthly(date(2027, 1, 31)))) == "2027-02-28"


@pytest.mark.parametrize(
    ("unit", "every", "expected"),
    [
        ("days", 30, ["2026-03-31", "2026-04-30"]),
        ("weeks", 4, ["2026-03-29", "2026-04-26"]),
        ("months", 3, ["2026-06-01", "2026-09-01"]),
    ],
)
def test_units(unit: str, every: int, expected: list[str]) -> None:
    plan = Plan(unit=unit, every=every)  # type: ignore[arg-type]
    start = date(2026, 3, 1)
    assert [str(day) for day in upcoming(Schedule(start, plan, start), 2)] == expected


@given(days, plans, st.integers(1, 30))
def test_the_days_are_the_plans_in_order_none_left_out(start: date, plan: Plan, count: int) -> None:
    found = upcoming(Schedule(start, plan, start), count)
    assert found == [slot(start, plan, number) for number in range(1, count + 1)]
    assert all(one < other for one, other in pairwise([start, *found]))


@given(days, plans, st.integers(0, 3000), st.integers(0, 3000))
def test_the_next_day_is_the_first_of_the_plan_that_is_neither_over_nor_too_early(
    start: date, plan: Plan, over: int, wait: int
) -> None:
    schedule = Schedule(start, plan, start + timedelta(days=over), start + timedelta(days=wait))
    every_day = [slot(start, plan, number) for number in range(1, max(over, wait) + 3)]
    assert next_due(schedule) == next(d for d in every_day if d > schedule.taken and d >= start + timedelta(days=wait))


@given(days, plans, st.integers(0, 1500))
def test_what_was_missed_is_over_and_nothing_else(start: date, plan: Plan, later: int) -> None:
    today = start + timedelta(days=later)
    after = taken(Schedule(start, plan, start), today)
    assert after.taken <= max(today, start)
    assert next_due(after) > today
    assert taken(after, today) == after


@given(days, plans, plans, st.integers(0, 400), st.integers(0, 400))
def test_another_plan_brings_nothing_of_the_past_and_nothing_twice(
    start: date, plan: Plan, other: Plan, shipped: int, later: int
) -> None:
    schedule = taken(Schedule(start, plan, start), start + timedelta(days=shipped))
    today = start + timedelta(days=shipped + later)
    due = next_due(changed(schedule, other, schedule.taken, today))
    assert due >= today
    assert due > schedule.taken
    assert due in [slot(schedule.taken, other, number) for number in range(1, 1000)]


@given(days, plans)
def test_a_skipped_day_is_followed_by_the_one_after_it(start: date, plan: Plan) -> None:
    schedule = Schedule(start, plan, start)
    first, second = upcoming(schedule, 2)
    assert next_due(replace(schedule, taken=first)) == second


def test_the_longest_intervals_are_about_a_year_or_two() -> None:
    assert LONGEST == {"days": 366, "weeks": 52, "months": 24}
