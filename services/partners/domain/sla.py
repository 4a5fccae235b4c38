"""How long a ticket waited for the side that has to act: clocks that stop while it waits for the other side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.partners.events.support import Calendar, Priority, Promise, Side

HOUR = 3600
NONE = timedelta()


class Policy(NamedTuple):
    """What is promised for tickets of a priority, in hours of its calendar, and what the priority is for."""

    first_response_hours: int
    resolution_hours: int
    text: str

    def promise(self) -> Promise:
        """As a ticket holds it, in seconds."""
        return Promise(first_response_s=self.first_response_hours * HOUR, resolution_s=self.resolution_hours * HOUR)


POLICY: Mapping[Priority, Policy] = {
    "urgent": Policy(1, 8, "No calls can be made or taken, or customers' data are at risk."),
    "high": Policy(4, 24, "Part of the work stands still."),
    "normal": Policy(8, 72, "Work goes on, but with trouble."),
    "low": Policy(24, 240, "A question or a wish."),
}
"""The promise by priority. A ticket keeps the one under which it was opened or last given its priority."""


class Turn(NamedTuple):
    """From `at` on the ticket waits for `side`; None: it is resolved and waits for nobody."""

    side: Side | None
    at: datetime


class Clock(NamedTuple):
    """Time since the beginning: how much of it the clock ran, and how much it stood."""

    running: timedelta
    stopped: timedelta


def measured(turns: Sequence[Turn], side: Side, until: datetime, calendar: Calendar | None) -> Clock:
    """The clock of `side` from the first turn until then: it runs while the ticket waits for that side.

    A turn that says it began before the one before it, as two clocks may have it, began with that one.
    """
    running = stopped = NONE
    for turn, end in _spans(turns, until):
        lasted = open_time(turn.at, end, calendar)
        if turn.side == side:
            running += lasted
        else:
            stopped += lasted
    return Clock(running, stopped)


def due(turns: Sequence[Turn], side: Side, seconds: int, calendar: Calendar | None) -> datetime | None:
    """When the clock of `side` reaches so many seconds if nothing changes; None while it stands short of that."""
    left = timedelta(seconds=seconds)
    ordered = list(_in_order(turns))
    for index, turn in enumerate(ordered):
        if turn.side != side:
            continue
        lasted = open_time(turn.at, ordered[index + 1].at, calendar) if index + 1 < len(ordered) else left
        if lasted >= left:
            return _after(turn.at, left, calendar)
        left -= lasted
    return None


def open_time(since: datetime, until: datetime, calendar: Calendar | None) -> timedelta:
    """The time between two moments that the calendar calls open; all of it without one. Never negative."""
    if calendar is None:
        return max(until - since, NONE)
    parts = (min(end, until) - max(start, since) for start, end in _openings(calendar, since, until))
    return sum((part for part in parts if part > NONE), NONE)


def _after(since: datetime, lasting: timedelta, calendar: Calendar | None) -> datetime | None:
    """The moment at which so much open time has gone by; None past the last year that has a number."""
    try:
        if calendar is None:
            return since + lasting
        left = lasting
        for start, end in _openings(calendar, since, datetime.max.replace(tzinfo=UTC)):
            begin = max(start, since)
            if end - begin >= left:
                return begin + left
            left -= max(end - begin, NONE)
    except OverflowError:
        pass
    return None


def _openings(calendar: Calendar, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The openings of every local day that the range touches, in UTC, in order and without overlap.

    Where a clock is put forward, an opening that ends in the hour that is left out reaches into the one after it.
    """
    zone = ZoneInfo(calendar.time_zone)
    day, last = since.astimezone(zone).date(), _day_of(until, zone)
    before: datetime | None = None
    while day <= last:
        for opening in sorted(calendar.open, key=lambda o: o.from_minute):
            if opening.weekday == day.weekday():
                start, end = _moment(day, opening.from_minute, zone), _moment(day, opening.to_minute, zone)
                yield start if before is None else max(start, before), end
                before = end if before is None else max(before, end)
        day += timedelta(days=1)


def _day_of(moment: datetime, zone: ZoneInfo) -> date:
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return date.max - timedelta(days=1)


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """A local time in UTC; minute 1440 is the midnight after."""
    whole, rest = divmod(minute, 1440)
    local = datetime.combine(day + timedelta(days=whole), time(rest // 60, rest % 60), zone)
    return local.astimezone(UTC)


def _in_order(turns: Iterable[Turn]) -> Iterator[Turn]:
    last: datetime | None = None
    for turn in turns:
        last = turn.at if last is None else max(last, turn.at)
        yield Turn(turn.side, last)


def _spans(turns: Sequence[Turn], until: datetime) -> Iterator[tuple[Turn, datetime]]:
    ordered = [turn for turn in _in_order(turns) if turn.at <= until]
    if ordered:
        yield from ((turn, following.at) for turn, following in pairwise(ordered))
        yield ordered[-1], until
