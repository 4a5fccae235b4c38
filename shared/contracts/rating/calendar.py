"""Days and times in the contract's zone: which version holds, which surcharge applies, which days a month has."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.contracts.rating.usage import Version
from shared.contracts.terms.pricing import Surcharge
from shared.contracts.terms.sheet import TermSheet, WorkingHours
from shared.contracts.terms.values import exact

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NONE = Decimal()


def days_of(month: str) -> tuple[date, date]:
    """The first and the last day of a month such as `2026-03`. ValueError when it is none."""
    first = date.fromisoformat(f"{month}-01")
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def days_between(first: date, last: date) -> list[date]:
    """Every day, both included; none where the last is before the first."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def months_later(month: str, by: int) -> str:
    """So many months after a month such as `2026-03`; before it, where `by` is negative."""
    year, of_year = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 + by, 12)
    return f"{year:04}-{of_year + 1:02}"


def held_on(versions: Sequence[Version], day: date) -> Version | None:
    """The version that held on a day. `versions` are in the order of their days."""
    for version in reversed(versions):
        if version.starts <= day:
            return version if version.ends is None or day <= version.ends else None
    return None


def held_at(versions: Sequence[Version], at: datetime) -> Version | None:
    """The version that held at a moment, each in its own zone."""
    for version in reversed(versions):
        day = local(version.terms, at).date()
        if version.starts <= day:
            return version if version.ends is None or day <= version.ends else None
    return None


def opens_on(schedule: WorkingHours, day: date) -> bool:
    """Whether there is service on a day by the contract's calendar: always, or not on holidays."""
    if schedule.always:
        return True
    return WEEKDAYS[day.weekday()] in {one.name for one in schedule.hours} and day not in schedule.holidays


def days_held(version: Version, versions: Sequence[Version], first: date, last: date) -> int:
    """How many of these days are the version's."""
    later = [other.starts for other in versions if other.starts > version.starts]
    begin = max(first, version.starts)
    end = min([last, *([version.ends] if version.ends else []), *(date.fromordinal(d.toordinal() - 1) for d in later)])
    return max(0, end.toordinal() - begin.toordinal() + 1)


def local(terms: TermSheet, at: datetime) -> datetime:
    """The moment in the contract's zone."""
    return at.astimezone(_zone(terms.schedule.time_zone))


def surcharge_at(terms: TermSheet, component: str, at: datetime) -> Decimal:
    """Per cent on top of a component's rate at a moment; the highest where several apply."""
    rules = terms.pricing.surcharges
    if not rules:
        return _NONE
    there = local(terms, at)
    time = f"{there.hour:02}:{there.minute:02}"
    weekday, holiday = WEEKDAYS[there.weekday()], there.date() in terms.schedule.holidays
    applying = [
        exact(rule.percent)
        for rule in rules
        if (not rule.components or component in rule.components)
        and ((rule.holidays and holiday) or _within(rule, weekday, time))
    ]
    return max(applying, default=_NONE)


def _within(rule: Surcharge, weekday: str, time: str) -> bool:
    """A time over midnight belongs to the day on which it stands: `sat` 22:00 to 06:00 is twice a part of Saturday."""
    if weekday not in (rule.days or (() if rule.holidays else WEEKDAYS)):
        return False
    if rule.starts < rule.ends:
        return rule.starts <= time < rule.ends
    return time >= rule.starts or time < rule.ends


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
