"""A running month to its end, worked out by hand. March 2026 begins on a Sunday; it has 22 working days."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from services.reconciliation.economics.entries import Cancelled
from services.reconciliation.economics.forecast import Forecast, forecast
from services.reconciliation.economics.months import Known, schedule_in, to_its_end, until_now
from services.reconciliation.economics.pricing import grown, scopes_of
from services.reconciliation.economics.tallies import Cell
from shared.contracts.rating import Usage, days_of, rate
from shared.contracts.rating.calendar import opens_on
from shared.contracts.terms.sheet import OpenHours, WorkingHours
from tests.unit.reconciliation.economics.facts import counted, sales
from tests.unit.terms.sheets import call, sheet, version, zagreb

WORKING = WorkingHours(
    time_zone="Europe/Zagreb",
    hours=tuple(OpenHours(name=name, opens="08:00", closes="20:00") for name in ("mon", "tue", "wed", "thu", "fri")),
    holidays=(date(2026, 3, 30),),
)
CALLS = Cell("spring", None, "calls")


def day(number: int) -> date:
    return date(2026, 3, number)


def told(found: Forecast | None) -> tuple[int, int, int]:
    """Calls, open days seen, open days left."""
    assert found is not None
    return found.tallies.get(CALLS, 0), found.seen, found.left


def test_each_day_that_is_left_is_like_its_weekday_so_far() -> None:
    # Mondays 2 and 9 had 10 and 20, Tuesday 3 had 7, all others nothing. Left are two Mondays (the 30th is a holiday)
    # and four Tuesdays.
    days = {
        day(2): counted("spring", 10, 0, 0),
        day(9): counted("spring", 20, 0, 0),
        day(3): counted("spring", 7, 0, 0),
    }
    found = forecast(days, "2026-03", WORKING, day(9))
    assert told(found) == (10 + 20 + 7 + 2 * 15 + 4 * 7, 6, 15)
    assert found is not None
    assert found.assumed == ()


def test_a_weekday_that_has_not_been_is_an_average_day_and_that_is_said() -> None:
    days = {day(2): counted("spring", 6, 0, 0), day(3): counted("spring", 8, 0, 0)}
    found = forecast(days, "2026-03", WORKING, day(3))
    # Three Mondays less the holiday and four Tuesdays are known; the 12 Wednesdays, Thursdays and Fridays are not.
    assert told(found) == (14 + 3 * 6 + 4 * 8 + 12 * 7, 2, 19)
    assert found is not None
    assert found.assumed == ("no open wed, thu, fri has been yet: they are taken for an average day",)


def test_calls_on_a_closed_day_count_for_themselves_alone() -> None:
    days = {day(1): counted("spring", 5, 0, 0), day(2): counted("spring", 1, 0, 0)}
    assert told(forecast(days, "2026-03", WORKING, day(2))) == (5 + 1 + 20, 1, 20)


def test_what_came_after_the_last_complete_day_is_not_judged_by() -> None:
    days = {day(2): counted("spring", 2, 0, 0), day(3): counted("spring", 900, 0, 0)}
    assert told(forecast(days, "2026-03", WORKING, day(2))) == (42, 1, 20)


def test_without_a_contract_all_days_are_open_and_that_is_said() -> None:
    found = forecast({day(1): counted("spring", 1, 0, 0)}, "2026-03", None, day(7))
    assert told(found) == (5, 7, 24)  # Sundays 1, 8, 15, 22, 29
    assert found is not None
    assert found.assumed == ("no contract says which days are open: all of them are taken for open",)


def test_before_the_first_open_day_is_over_nothing_is_foretold() -> None:
    assert forecast({day(1): counted("spring", 5, 0, 0)}, "2026-03", WORKING, day(1)) is None
    assert forecast({}, "2026-03", WORKING, date(2026, 2, 28)) is None


@pytest.mark.parametrize("until", [date(2026, 3, 31), date(2026, 4, 20)])
def test_a_finished_month_is_itself(until: date) -> None:
    days = {day(2): counted("spring", 10, 4, 1), day(31): sales("summer", "L1", 2, 3333)}
    found = forecast(days, "2026-03", WORKING, until)
    assert found == Forecast(found.tallies if found else {}, day(31), 21, 0)
    assert found is not None
    assert found.tallies == days[day(2)] + days[day(31)]


def test_holidays_are_open_only_where_there_is_service_always() -> None:
    assert not opens_on(WORKING, day(30))
    assert not opens_on(WORKING, day(28))
    assert opens_on(WorkingHours(time_zone="UTC", always=True, holidays=(day(30),)), day(30))


# Prices


def lines(pricing: dict[str, Any], so_far: int, figures: Any = ()) -> tuple[dict[str, int], dict[str, int]]:
    """Amounts by component of a price of so many calls so far, and of twice as many."""
    terms = [version(sheet(pricing))]
    usage = Usage(calls=[call(1, 60, count=so_far)], figures=figures)
    made = rate(terms, usage, "2026-03").lines
    was, will = counted("spring", so_far, so_far, 0), counted("spring", 2 * so_far, 2 * so_far, 0)
    after = grown(made, scopes_of(terms), was, will)
    return {one.component: one.amount for one in made}, {one.component: one.amount for one in after}


PER_CALL = [{"name": "calls", "basis": "answered", "tiers": [{"rate": "15"}]}]


def test_what_goes_by_volume_grows_and_a_seat_does_not() -> None:
    pricing = {"per_call": PER_CALL, "per_seat": [{"name": "seat", "seats": 2, "rate": "1000"}]}
    assert lines(pricing, 10) == ({"calls": 150, "seat": 2000}, {"calls": 300, "seat": 2000})


@pytest.mark.parametrize(("so_far", "before", "after"), [(10, 250, 100), (20, 100, 0)])
def test_a_minimum_fee_makes_up_what_is_missing_in_the_end(so_far: int, before: int, after: int) -> None:
    was, will = lines({"per_call": PER_CALL, "minimum_fee_minor": 400}, so_far)
    assert (was["minimum fee"], will["minimum fee"]) == (before, after)


def test_a_minimum_of_calls_makes_up_what_is_missing_in_the_end() -> None:
    terms = [version(sheet({"per_call": [PER_CALL[0] | {"minimum": 30}]}))]
    made = rate(terms, Usage(calls=[call(1, 60, count=10)]), "2026-03").lines
    after = grown(made, scopes_of(terms), counted("spring", 10, 10, 0), counted("spring", 25, 25, 0))
    assert [(one.kind, one.amount) for one in after] == [("per_call", 375), ("minimum_volume", 75)]


def test_a_cap_that_is_reached_holds() -> None:
    was, will = lines({"per_call": PER_CALL, "cap_minor": 100}, 10)
    assert (sum(was.values()), sum(will.values())) == (100, 100)


def test_a_month_goes_to_its_end_with_its_price_and_its_cancelled_sales() -> None:
    terms = sheet({"per_call": PER_CALL})  # open always: 31 days
    usage = Usage(calls=[call(1, 60, zagreb(1), count=31)])
    known = Known(
        partner_id="adria",
        days={day(number): counted("spring", 31, 31, 0) + sales("spring", "L1", 2, 100) for number in range(1, 8)},
        versions=[version(terms)],
        rating=rate([version(terms)], usage, "2026-03"),
        cancelled=[Cancelled(campaign="spring", product="L1", sales=7, minor=350, currency="EUR")],
    )
    found = to_its_end(known, "2026-03", day(7))
    assert found is not None
    end, how = found
    assert (how.seen, how.left) == (7, 24)
    assert end.tallies[CALLS] == 31 * 31
    assert [line.amount for line in end.lines or ()] == [round(465 * 31 / 7)]
    assert end.cancelled == (Cancelled(campaign="spring", product="L1", sales=31, minor=1550, currency="EUR"),)
    assert to_its_end(known, "2026-03", date(2026, 2, 28)) is None
    finished = to_its_end(known, "2026-03", day(31))
    assert finished is not None
    assert finished[0] == until_now(known)


def test_the_calendar_is_that_of_the_version_that_holds_last() -> None:
    first, second = (
        sheet({"per_call": PER_CALL}),
        sheet({"per_call": PER_CALL}, schedule={"time_zone": "UTC", "always": True}),
    )
    held = [version(first), version(second, 2, day(20))]
    assert schedule_in(held, "2026-03") == second.schedule
    assert schedule_in([version(first, ends=day(10))], "2026-04") is None
    assert days_of("2026-03")[0] == day(1)
    assert Counter() == until_now(Known("adria", {})).tallies
