"""A running month to its end: each day that is left is like the same days of the week so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import groupby
from math import lcm

from services.reconciliation.economics.parts import whole
from services.reconciliation.economics.tallies import Cell, Tallies
from shared.contracts.rating import days_between, days_of
from shared.contracts.rating.calendar import WEEKDAYS, opens_on
from shared.contracts.terms.sheet import WorkingHours

METHOD = (
    "the days until the last complete one as they were, and each open day that is left as the average of the open days "
    "of the same weekday so far; of a weekday that has not been yet, as the average of all open days so far"
)


@dataclass(frozen=True)
class Forecast:
    """The sums of the whole month. `until`: the last complete day; `seen`, `left`: the open days until it and after."""

    tallies: Tallies
    until: date
    seen: int
    left: int
    assumed: tuple[str, ...] = ()


def forecast(days: Mapping[date, Tallies], month: str, schedule: WorkingHours | None, until: date) -> Forecast | None:
    """The sums at the end of a month such as `2026-03`, by `METHOD`; of a finished one, its sums.

    `schedule`: the contract's calendar, None where there is none; `until`: the last complete day. None where no open
    day is complete, but some are left: there is nothing to judge by.
    """
    first, last = days_of(month)
    until = min(until, last)
    opened = [day for day in days_between(first, last) if schedule is None or opens_on(schedule, day)]
    seen, left = [day for day in opened if day <= until], [day for day in opened if day > until]
    if left and not seen:
        return None
    assumed = []
    if left and schedule is None:
        assumed.append("no contract says which days are open: all of them are taken for open")
    strange = sorted({day.weekday() for day in left} - {day.weekday() for day in seen})
    if strange:
        named = ", ".join(WEEKDAYS[weekday] for weekday in strange)
        assumed.append(f"no open {named} has been yet: they are taken for an average day")
    weights = {day: 1 + _stands_for(day, seen, left) for day in days if day <= until}
    # Whole numbers over one denominator: fractions for every amount of every day would take ten times as long.
    over = lcm(*(weight.denominator for weight in weights.values()))
    sums: Counter[Cell] = Counter()
    for day, weight in weights.items():
        times = int(weight * over)
        for cell, amount in days[day].items():
            sums[cell] += amount * times
    exact = {cell: Fraction(amount, over) for cell, amount in sums.items()}
    return Forecast(_whole(exact), until, len(seen), len(left), tuple(assumed))


def _stands_for(day: date, seen: list[date], left: list[date]) -> Fraction:
    """For how many of the days that are left a day stands."""
    if day not in seen:
        return Fraction()
    seen_on = {other.weekday() for other in seen}
    alike = sum(other.weekday() == day.weekday() for other in seen)
    same = sum(other.weekday() == day.weekday() for other in left)
    strange = sum(other.weekday() not in seen_on for other in left)
    return Fraction(same, alike) + Fraction(strange, len(seen))


def _whole(exact: Mapping[Cell, Fraction]) -> Tallies:
    """Whole numbers, measure by measure."""
    found: dict[Cell, int] = {}
    order = sorted(exact, key=lambda cell: (cell.measure, cell.campaign or "", cell.product or ""))
    for _, group in groupby(order, key=lambda cell: cell.measure):
        cells = list(group)
        found |= dict(zip(cells, whole([exact[cell] for cell in cells]), strict=True))
    return found
