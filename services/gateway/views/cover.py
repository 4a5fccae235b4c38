"""Need against cover: how many people a rota needs in each half hour, and how many it has there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from services.gateway.views.chart import HEIGHT, WIDTH, scale
from services.gateway.views.words import _, number, plural

HALF_HOUR = timedelta(minutes=30)
Span = tuple[datetime, datetime]


class HalfHour(msgspec.Struct, frozen=True):
    """By the wall clock of the rota. `need` and `there`: people of all languages together."""

    at: datetime
    need: int
    there: int


class Drawn(msgspec.Struct, frozen=True):
    """Two lines on one scale, what they show in words, and the same as numbers: by time of day, one cell a day, None
    where a day has no such half hour."""

    top: int
    need: str
    there: str
    summary: str
    days: tuple[date, ...]
    rows: tuple[tuple[str, tuple[HalfHour | None, ...]], ...]


def cover(first: date, weeks: int, zone: str, need: Mapping[str, Sequence[int]], shifts: Sequence[Span]) -> Drawn:
    """`need`: by language, people in each half hour from the first midnight on."""
    known = ZoneInfo(zone)
    begins = datetime.combine(first, time(), known).astimezone(ZoneInfo("UTC"))
    ends = datetime.combine(first + timedelta(weeks=weeks), time(), known).astimezone(ZoneInfo("UTC"))
    slots = [begins + HALF_HOUR * slot for slot in range((ends - begins) // HALF_HOUR)]
    change = [0] * (len(slots) + 1)
    for starts, over in shifts:
        low, high = (max(0, min(len(slots), (at - begins) // HALF_HOUR)) for at in (starts, over))
        change[low] += 1
        change[high] -= 1
    halves, there = [], 0
    for slot, at in enumerate(slots):
        there += change[slot]
        wanted = sum(people[slot] for people in need.values() if slot < len(people))
        halves.append(HalfHour(at.astimezone(known), wanted, there))
    return _drawn(halves)


def _drawn(halves: Sequence[HalfHour]) -> Drawn:
    top = scale(max((max(one.need, one.there) for one in halves), default=0))
    days = tuple(sorted({one.at.date() for one in halves}))
    # Where the clock is put back, an hour comes twice: the later of the two stands in the table.
    by_time = {(f"{one.at:%H:%M}", one.at.date()): one for one in halves}
    rows = tuple(
        (clock, tuple(by_time.get((clock, day)) for day in days)) for clock in sorted({clock for clock, _ in by_time})
    )
    return Drawn(
        top,
        _path([one.need for one in halves], top),
        _path([one.there for one in halves], top),
        _summary(halves),
        days,
        rows,
    )


def _path(values: Sequence[int], top: int) -> str:
    """Steps: what holds for a half hour holds for all of it."""
    if not values:
        return ""
    height = [f"{HEIGHT - value * HEIGHT / top:.4g}" for value in values]
    width = WIDTH / len(values)
    steps = [f"M0,{height[0]}"]
    steps += [f"H{width * (slot + 1):.5g}V{after}" for slot, (_, after) in enumerate(pairwise(height))]
    return "".join([*steps, f"H{WIDTH}"])


def _summary(halves: Sequence[HalfHour]) -> str:
    short = sum(one.there < one.need for one in halves)
    told = _("Needed at once: %(need)s at most; there at once: %(there)s at most.") % {
        "need": number(max((one.need for one in halves), default=0)),
        "there": number(max((one.there for one in halves), default=0)),
    }
    fewer = plural("%(n)s half hour has fewer than are needed.", "%(n)s half hours have fewer than are needed.", short)
    return f"{told} {fewer}"
