"""The forecast of calls: from made-up histories whose truth is known, and by what must hold of every one."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.training.staffing.backtest import held_out
from services.training.staffing.forecast import (
    HALF_HOUR,
    Expected,
    Forecast,
    History,
    TooShort,
    forecast,
    half_hours,
)
from services.training.staffing.spread import Spread
from shared.contracts.rating import days_between

ZONE = "Europe/Zagreb"
SINCE, UNTIL = date(2026, 1, 5), date(2026, 3, 1)  # eight whole weeks
WEEKDAY_CALLS = (420, 380, 360, 350, 330, 160, 90)


def shape(minute: int) -> float:
    """A share of the day's calls: two hills, at eleven and at six."""
    hour = minute / 60
    return 0.02 + math.exp(-(((hour - 11) / 2.5) ** 2)) + 0.7 * math.exp(-(((hour - 18) / 2) ** 2))


TOTAL_SHAPE = sum(shape(minute) for minute in range(0, 1440, 30))


def truth(day: date, minute: int, weekly: float = 0.0, size: float = 1.0) -> float:
    grown = 1 + weekly * ((day - UNTIL).days / 7)
    return size * WEEKDAY_CALLS[day.weekday()] * grown * shape(minute) / TOTAL_SHAPE


def poisson(dice: random.Random, mean: float) -> int:
    number, left = 0, dice.expovariate(1.0)
    while left < mean:
        number += 1
        left += dice.expovariate(1.0)
    return number


def made(
    *,
    seed: int = 1,
    weekly: float = 0.0,
    rough: float = 0.0,
    size: float = 1.0,
    until: date = UNTIL,
    since: date = SINCE,
) -> History:
    """A history by chance around a known truth; `rough` varies the rate of each half hour besides."""
    dice = random.Random(seed)
    calls = {}
    for day in days_between(since, until):
        for at, minute in half_hours(day, ZONE):
            factor = dice.gammavariate(1 / rough**2, rough**2) if rough else 1.0
            calls[at] = poisson(dice, truth(day, minute, weekly, size) * factor)
    return History(calls, since, until, ZONE)


def by_day(found: Forecast) -> dict[date, float]:
    sums: dict[date, float] = {}
    for one in found.expected:
        sums[one.day] = sums.get(one.day, 0.0) + one.calls
    return sums


def next_week(history: History) -> Forecast:
    return forecast(history, history.until + timedelta(days=1), history.until + timedelta(days=7))


def test_a_weekday_is_as_its_own_days_so_far() -> None:
    found = next_week(made())
    assert found.days == 56
    assert found.odd == ()
    assert found.weekly_percent == 0
    for day, calls in by_day(found).items():
        assert calls == pytest.approx(WEEKDAY_CALLS[day.weekday()], rel=0.12)
    monday_at_eleven = next(one for one in found.expected if one.at == datetime(2026, 3, 2, 10, tzinfo=UTC))
    assert monday_at_eleven.calls == pytest.approx(truth(date(2026, 3, 2), 660), rel=0.15)
    assert monday_at_eleven.low < monday_at_eleven.calls < monday_at_eleven.high


def test_a_sure_trend_goes_on_and_slower_each_week() -> None:
    found = forecast(made(weekly=0.04, seed=3), UNTIL + timedelta(days=1), UNTIL + timedelta(weeks=4))
    assert found.weekly_percent == pytest.approx(4.0, abs=1.0)
    weeks = [
        sum(calls for day, calls in by_day(found).items() if (day - UNTIL).days in range(7 * n + 1, 7 * n + 8))
        for n in range(4)
    ]
    steps = [after - before for before, after in pairwise(weeks)]
    assert weeks[0] > 1.01 * sum(WEEKDAY_CALLS)
    assert all(step > 0 for step in steps)
    assert steps == sorted(steps, reverse=True)


def test_chance_is_seldom_taken_for_a_trend() -> None:
    believed = sum(next_week(made(seed=seed, rough=0.2)).weekly_percent != 0 for seed in range(40))
    assert believed <= 3


def test_an_odd_day_is_left_out_and_told() -> None:
    broken, mad = date(2026, 2, 10), date(2026, 2, 19)
    history = made()
    calls = dict(history.calls)
    for at, _ in half_hours(broken, ZONE):
        calls[at] = 0
    for at, _ in half_hours(mad, ZONE):
        calls[at] *= 4
    found, plain = next_week(replace(history, calls=calls)), next_week(history)
    assert found.odd == (broken, mad)
    assert found.days == 54
    for day, expected in by_day(found).items():
        assert expected == pytest.approx(by_day(plain)[day], rel=0.06)


def test_a_holiday_is_as_the_holidays_so_far() -> None:
    past, coming = date(2026, 1, 6), date(2026, 3, 3)
    history = made()
    calls = dict(history.calls)
    for at, minute in half_hours(past, ZONE):
        calls[at] = round(0.25 * truth(past, minute))
    found = next_week(replace(history, calls=calls, holidays={past, coming}))
    assert by_day(found)[coming] == pytest.approx(0.25 * WEEKDAY_CALLS[1], rel=0.25)
    assert found.assumed == ()
    assert found.days == 55
    unknown = next_week(replace(history, holidays={coming}))
    assert unknown.assumed == ("no holiday has been yet: holidays are taken for plain days",)


def test_a_day_of_another_length_keeps_its_wall_clock() -> None:
    history = made(until=date(2026, 3, 22))
    found = next_week(history)
    of_day = [one for one in found.expected if one.day == date(2026, 3, 29)]
    assert len(of_day) == 46
    assert [one.at for one in of_day] == [of_day[0].at + number * HALF_HOUR for number in range(46)]
    noon = next(one for one in of_day if one.at == datetime(2026, 3, 29, 10, tzinfo=UTC))
    assert noon.calls == pytest.approx(truth(date(2026, 3, 29), 720), rel=0.4)


@pytest.mark.parametrize("rough", [0.0, 0.35])
def test_nine_of_ten_half_hours_lie_between_low_and_high(rough: float) -> None:
    measured = [held_out(made(seed=seed, rough=rough, size=3)) for seed in range(4)]
    covered = [one.covered for one in measured if one is not None]
    assert len(covered) == 4
    assert 0.86 <= sum(covered) / 4 <= 0.97


@pytest.mark.parametrize("weekly", [0.0, 0.04])
def test_held_out_weeks_are_met_better_than_by_the_week_before(weekly: float) -> None:
    measured = held_out(made(seed=5, weekly=weekly, rough=0.2, since=date(2025, 11, 3)))
    assert measured is not None
    assert measured.weeks == 4
    assert measured.half_hour_error < 0.85 * measured.naive_error
    assert measured.day_error < measured.half_hour_error
    assert abs(measured.bias) < 0.08


def test_too_little_is_said_to_be_too_little() -> None:
    short = made(until=SINCE + timedelta(days=12))
    with pytest.raises(TooShort):
        next_week(short)
    assert held_out(short) is None
    nobody_calls = History({}, SINCE, UNTIL, ZONE)
    assert all(one == Expected(one.at, one.day, 0.0, 0, 0) for one in next_week(nobody_calls).expected)
    assert held_out(nobody_calls) is None


@given(st.floats(0.01, 400), st.floats(0, 0.5), st.floats(2, 200))
@settings(deadline=None)
def test_the_interval_holds_the_mean_and_grows_with_what_is_not_known(mean: float, beyond: float, worth: float) -> None:
    low, high = Spread(beyond, worth).between(mean)
    assert 0 <= low <= high
    assert low <= mean + 1
    wider_low, wider_high = Spread(beyond + 0.2, worth).between(mean)
    assert wider_high - wider_low >= high - low - 1
    assert high >= math.floor(mean - 3 * math.sqrt(mean + beyond * mean**2))


@given(st.integers(0, 2**32), st.floats(0.05, 2))
@settings(max_examples=15, deadline=None)
def test_half_hours_follow_each_other_and_nothing_is_negative(seed: int, size: float) -> None:
    history = made(seed=seed, size=size, since=date(2026, 2, 2))
    found = next_week(history)
    starts = [one.at for one in found.expected]
    assert starts == [starts[0] + number * HALF_HOUR for number in range(len(starts))]
    assert all(one.calls >= 0 and 0 <= one.low <= one.high for one in found.expected)
    assert found == next_week(history), "the same history says the same"


def test_an_interval_of_poisson_counts_is_the_published_one() -> None:
    """The 5 % and 95 % points of a Poisson count of mean 10 are 5 and 15 (Pearson and Hartley, table 7)."""
    assert Spread(0.0, 1e9).between(10.0) == (5, 15)
