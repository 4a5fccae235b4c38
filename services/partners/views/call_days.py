"""How many calls did a partner have on a day, and how did they go? A ramp is held against it; it has no test calls."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.calls import TOPIC, CallAnswered, CallEnded, CallStarted
from shared.contracts.partners import RampFigures
from shared.kernel import View

DayFact = CallStarted | CallAnswered | CallEnded
IMPOSSIBLE = frozenset({"missing_start", "negative_duration"})
"""Flags of a call that can't have been as it was told."""


class CallDay(msgspec.Struct, kw_only=True):
    """A day of a partner's calls, by their start, in the zone of its source; counted as `RampFigures` says."""

    partner: str = ""
    day: str = ""
    calls: int = 0
    offered: int = 0
    answered: int = 0
    dialed: int = 0
    reached: int = 0
    ended: int = 0
    flawed: int = 0


COUNTERS = ("calls", "offered", "answered", "dialed", "reached", "ended", "flawed")


class Steps(msgspec.Struct, frozen=True):
    """What a fact adds to its day, by counter."""

    partner: str
    day: str
    counters: tuple[str, ...]


def by_day(event: DayFact) -> Iterable[tuple[str, Steps]]:
    """The day of the call's start; nothing for what no counter counts."""
    if event.counts != "production":
        return
    match event:
        case CallStarted(offered=offered, dialed=dialed):
            counters = ("calls", *(("offered",) if offered else ()), *(("dialed",) if dialed else ()))
        case CallAnswered(first=True, offered=offered, dialed=dialed):
            counters = (*(("answered",) if offered else ()), *(("reached",) if dialed else ()))
        case CallEnded(scope="call", flags=flags):
            counters = ("ended", *(("flawed",) if IMPOSSIBLE & set(flags) else ()))
        case _:
            return
    if counters:
        yield f"{event.partner}:{event.day}", Steps(event.partner, event.day, counters)


def fold(doc: CallDay | None, part: Steps, sign: int) -> CallDay:
    """A reversal takes away what was added."""
    doc = doc or CallDay(partner=part.partner, day=part.day)
    for counter in part.counters:
        setattr(doc, counter, getattr(doc, counter) + sign)
    return doc


def add(one: CallDay, other: CallDay) -> CallDay:
    """Of several partitions, the sums."""
    sums = {counter: getattr(one, counter) + getattr(other, counter) for counter in COUNTERS}
    return msgspec.structs.replace(one, **sums)


def figures_of(days: Iterable[CallDay], since: str, until: str) -> RampFigures:
    """The sums of the days from `since` until `until`, both with them."""
    found = [day for day in days if since <= day.day <= until and day.calls]
    sums = {counter: sum(getattr(day, counter) for day in found) for counter in COUNTERS}
    return RampFigures(since=since, until=until, days=len(found), **sums)


def indexed(doc: CallDay) -> dict[str, str | int | None]:
    """Found by partner, in the order of days."""
    return {"partner": doc.partner, "day": doc.day}


call_days = View("call_days", 1, TOPIC, DayFact, CallDay, by_day, fold, add, indexes=("partner", "day"), fields=indexed)
