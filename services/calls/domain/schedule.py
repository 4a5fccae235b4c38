"""The days on which goods come again: pure calendar, no clock."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta

from shared.contracts.selling import Plan

LONGEST = {"days": 366, "weeks": 52, "months": 24}
"""The longest interval of each unit: what comes less often is no repeat shipment."""


@dataclass(frozen=True)
class Schedule:
    """Days counted from `start` by the plan. Those up to `taken` are over, whether they were shipped or skipped;
    nothing comes before `not_before`."""

    start: date
    plan: Plan
    taken: date
    not_before: date | None = None


def slot(start: date, plan: Plan, number: int) -> date:
    """The day of a number, from 1.

    Months keep the day of the start; where a month is shorter, its last day stands for it, and the month after has the
    start's day again: from 31 January on, 28 February, 31 March, 30 April.
    """
    if plan.unit == "days":
        return start + timedelta(days=plan.every * number)
    if plan.unit == "weeks":
        return start + timedelta(weeks=plan.every * number)
    year, month = divmod(start.year * 12 + start.month - 1 + plan.every * number, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def next_due(schedule: Schedule) -> date:
    """The first day of the plan after what is over, and not before the day from which something may come."""
    number = _number_near(schedule)
    while True:
        day = slot(schedule.start, schedule.plan, number)
        if day > schedule.taken and (schedule.not_before is None or day >= schedule.not_before):
            return day
        number += 1


def _number_near(schedule: Schedule) -> int:
    """A number whose day is not after the one that is looked for, and near it."""
    plan, start = schedule.plan, schedule.start
    last = max(schedule.taken, schedule.not_before or schedule.taken)
    if plan.unit == "months":
        passed = (last.year - start.year) * 12 + last.month - start.month
        return max(1, passed // plan.every)
    step = plan.every * (7 if plan.unit == "weeks" else 1)
    return max(1, (last - start).days // step)


def taken(schedule: Schedule, until: date) -> Schedule:
    """All days up to one, that day too, are over: what was missed is not made up for by several shipments at once."""
    last = schedule.taken
    day = next_due(schedule)
    while day <= until:
        last = day
        schedule = replace(schedule, taken=day)
        day = next_due(schedule)
    return replace(schedule, taken=last, not_before=None)


def changed(schedule: Schedule, plan: Plan, shipped: date, today: date) -> Schedule:
    """Another plan counts from the last shipment on, and brings nothing of the past."""
    return Schedule(shipped, plan, schedule.taken, today)


def upcoming(schedule: Schedule, count: int) -> list[date]:
    """The next days."""
    days: list[date] = []
    for _ in range(count):
        day = next_due(schedule)
        days.append(day)
        schedule = replace(schedule, taken=day, not_before=None)
    return days
