"""How many calls will come in each half hour: a weekday like the same weekdays before, a half hour like the same half
hours of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from statistics import median
from zoneinfo import ZoneInfo

from services.training.staffing.spread import Spread
from shared.contracts.rating import days_between

HALF_HOUR = timedelta(minutes=30)
MOST_WEEKS = 26
"""Older days say little of the coming ones."""
LEAST_DAYS = 14
"""Two of each weekday; with fewer nothing is said."""
HALF_LIFE_DAYS = 28
"""A day four weeks back counts half of yesterday, one eight weeks back a quarter."""
TREND_DAYS = 42
"""Six weeks at least, before a rise or fall is believed."""
SURE_Z = 2.58
"""A trend is believed where chance alone would show one as clear in fewer than 1 of 100 histories (Kendall's test)."""
DAMPED = 0.9
"""Each further week ahead, a trend goes on with nine tenths of the speed of the week before."""
ODD = 4.0
"""A day is odd whose total is so many robust standard deviations off what was to be expected of it."""
ODD_SHARE = 0.25
"""And by at least a quarter of it: where days are very much alike, small differences are no oddity."""
ALIKE = 4.0
"""A half hour of a weekday is drawn to the same half hour of all days as if that had been seen on so many days: a
weekday of few calls has few of its own to say."""
METHOD = (
    "each weekday as its own days so far, the newer counting more, without holidays and odd days; a trend that is sure "
    "goes on, slower each week; within the day as the half hours of the same weekday, drawn to those of all days; "
    "a holiday as the holidays so far"
)


@dataclass(frozen=True)
class History:
    """What was counted. `calls`: start of a half hour, in UTC -> calls; one without any may be left out. `since`,
    `until`: first and last whole day of it, in `zone`; `holidays`: days that are not like others of their weekday, past
    and to come."""

    calls: Mapping[datetime, int]
    since: date
    until: date
    zone: str
    holidays: Collection[date] = ()


@dataclass(frozen=True)
class Expected:
    """Calls of the half hour from `at` (UTC), on a day in the zone; in nine of ten cases between `low` and `high`."""

    at: datetime
    day: date
    calls: float
    low: int
    high: int


@dataclass(frozen=True)
class Forecast:
    """`weekly_percent`: by how much the calls grow a week, 0 where no trend is sure; `odd`: days that were left out;
    `days`: those that it rests on; `assumed`: what is not known and was taken for granted."""

    expected: tuple[Expected, ...]
    days: int
    odd: tuple[date, ...]
    weekly_percent: float
    assumed: tuple[str, ...]


class TooShort(ValueError):
    """There is not enough to forecast by."""


def forecast(history: History, first: date, last: date) -> Forecast:
    """The calls of each half hour of the days from `first` to `last`, by `METHOD`. TooShort."""
    return _Model(history).ahead(first, last)


def half_hours(day: date, zone: str) -> Iterator[tuple[datetime, int]]:
    """The half hours of a day in a zone: start in UTC, and minutes on the wall clock since midnight. A day on which the
    clock is changed has 46 or 50 of them."""
    there = ZoneInfo(zone)
    at = datetime.combine(day, time(), there).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), there).astimezone(UTC)
    while at < end:
        local = at.astimezone(there)
        yield at, local.hour * 60 + local.minute
        at += HALF_HOUR


class _Model:
    """What the history says, worked out step by step."""

    def __init__(self, history: History) -> None:
        since = max(history.since, history.until - timedelta(weeks=MOST_WEEKS) + timedelta(days=1))
        self.history = history
        self.holidays = frozenset(history.holidays)
        self.days = days_between(since, history.until)
        self.counts = {day: self._counted(day) for day in self.days}
        self.totals = {day: sum(self.counts[day].values()) for day in self.days}
        plain = [day for day in self.days if day not in self.holidays]
        if len(plain) < LEAST_DAYS or len({day.weekday() for day in plain}) < 7:
            raise TooShort(f"{len(plain)} whole days that are no holidays; it takes {LEAST_DAYS}, with every weekday")
        self.levels = _medians(plain, self.totals)
        self.slope = self._trend(plain)
        self.odd = self._odd(plain)
        self.used = [day for day in plain if day not in self.odd]
        self.slope = self._trend(self.used)
        self.levels = self._levels()
        self.rates = self._rates()
        self.spread = self._spread()

    def _counted(self, day: date) -> dict[int, int]:
        found: dict[int, int] = {}
        for at, minute in half_hours(day, self.history.zone):
            found[minute] = found.get(minute, 0) + self.history.calls.get(at, 0)
        return found

    def _trend(self, days: Sequence[date]) -> float:
        """Growth of a day, as a share of the level at the end: the median of the slopes between all pairs of weeks
        (Theil and Sen), where Kendall's test is sure of it; else none."""
        if len(days) < TREND_DAYS:
            return 0.0
        end = self.history.until
        weeks: dict[int, list[float]] = {}
        for day in days:
            if level := self.levels[day.weekday()]:
                weeks.setdefault((end - day).days // 7, []).append(self.totals[day] / level)
        points = [(-7.0 * back, sum(ratios) / len(ratios)) for back, ratios in weeks.items()]
        pairs = list(combinations(points, 2))
        number = len(points)
        if not pairs:
            return 0.0
        agreed = sum(math.copysign(1.0, (b[1] - a[1]) * (b[0] - a[0])) for a, b in pairs if b[1] != a[1])
        if abs(agreed) < SURE_Z * math.sqrt(number * (number - 1) * (2 * number + 5) / 18):
            return 0.0
        slope = median((b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs)
        at_end = median(ratio - slope * day for day, ratio in points)
        return slope / at_end if at_end > 0 else 0.0

    def _grown(self, day: date) -> float:
        """The level of a day beside that of the last day of the history."""
        ahead = (day - self.history.until).days
        if ahead <= 0:
            return max(0.1, 1.0 + self.slope * ahead)
        weeks = ahead / 7
        return max(0.1, 1.0 + self.slope * 7 * DAMPED * (1 - math.pow(DAMPED, weeks)) / (1 - DAMPED))

    def _odd(self, days: Sequence[date]) -> frozenset[date]:
        """Days far off the median of their weekday: both by the spread of all days, and by a fair share."""
        levels = _medians(days, {day: self.totals[day] / self._grown(day) for day in days})
        off = {
            day: self.totals[day] / (level * self._grown(day)) - 1.0 for day in days if (level := levels[day.weekday()])
        }
        if not off:
            return frozenset()
        deviation = 1.4826 * median(abs(value) for value in off.values())
        chance = {day: 1.0 / math.sqrt(levels[day.weekday()]) for day in off}
        return frozenset(
            day for day, value in off.items() if abs(value) > max(ODD_SHARE, ODD * max(deviation, chance[day]))
        )

    def _levels(self) -> dict[int, float]:
        """Calls of each weekday at the end of the history."""
        sums, weights = dict.fromkeys(range(7), 0.0), dict.fromkeys(range(7), 0.0)
        for day in self.used:
            weight = self._weight(day)
            sums[day.weekday()] += weight * self.totals[day] / self._grown(day)
            weights[day.weekday()] += weight
        return {one: sums[one] / weights[one] if weights[one] else self.levels[one] for one in sums}

    def _weight(self, day: date) -> float:
        return float(0.5 ** ((self.history.until - day).days / HALF_LIFE_DAYS))

    def _rates(self) -> dict[int, dict[int, float]]:
        """By weekday, the share of its calls that comes in each half hour of the wall clock."""
        minutes = sorted({minute for day in self.days for minute in self.counts[day]})
        sums = {one: dict.fromkeys(minutes, 0.0) for one in range(7)}
        for day in self.used:
            for minute, calls in self.counts[day].items():
                sums[day.weekday()][minute] += calls
        total = sum(sum(row.values()) for row in sums.values())
        common = {minute: sum(row[minute] for row in sums.values()) / total if total else 0.0 for minute in minutes}
        days = {one: sum(day.weekday() == one for day in self.used) for one in range(7)}
        rates = {}
        for one, row in sums.items():
            own, drawn = sum(row.values()), ALIKE / (ALIKE + days[one])
            rates[one] = {
                minute: (1 - drawn) * calls / own + drawn * common[minute] if own else common[minute]
                for minute, calls in row.items()
            }
        return rates

    def _spread(self) -> Spread:
        """How far half hours were off what the model says of them, beyond chance."""
        pairs = [
            (self._mean(day, minute, 1.0), calls) for day in self.used for minute, calls in self.counts[day].items()
        ]
        weights = [self._weight(day) for day in self.used]
        # Days of unequal weight are worth so many equal ones (Kish); each weekday has a seventh of them.
        worth = sum(weights) ** 2 / sum(weight**2 for weight in weights) / 7
        return Spread.of(pairs, worth)

    def _mean(self, day: date, minute: int, factor: float) -> float:
        one = day.weekday()
        return factor * self.levels[one] * self._grown(day) * self.rates[one].get(minute, 0.0)

    def _holiday_factor(self) -> float | None:
        """What holidays had beside the same weekdays, of those that were."""
        past = [
            self.totals[day] / (level * self._grown(day))
            for day in self.days
            if day in self.holidays and (level := self.levels[day.weekday()])
        ]
        return median(past) if past else None

    def ahead(self, first: date, last: date) -> Forecast:
        """The forecast itself."""
        factor = self._holiday_factor()
        wanted = days_between(first, last)
        assumed = []
        if factor is None and any(day in self.holidays for day in wanted):
            assumed.append("no holiday has been yet: holidays are taken for plain days")
        expected = []
        for day in wanted:
            of_day = factor if factor is not None and day in self.holidays else 1.0
            for at, minute in half_hours(day, self.history.zone):
                mean = self._mean(day, minute, of_day)
                low, high = self.spread.between(mean)
                expected.append(Expected(at, day, mean, low, high))
        return Forecast(tuple(expected), len(self.used), tuple(sorted(self.odd)), self.slope * 700, tuple(assumed))


def _medians(days: Sequence[date], totals: Mapping[date, float]) -> dict[int, float]:
    """By weekday."""
    return {one: float(median([totals[day] for day in days if day.weekday() == one] or [0])) for one in range(7)}
