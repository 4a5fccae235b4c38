"""What a rota is made for: its half hours and weeks, who works in it, what it has to cover, and by which rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from services.training.events.rotas import RotaPerson, RotaRules, RotaShift
from services.training.staffing.forecast import HALF_HOUR, half_hours
from shared.contracts.rating import days_between

SLOT_MINUTES = 30
Need = Mapping[datetime, Mapping[str, int]]
"""Start of a half hour, in UTC -> language -> people."""


@dataclass(frozen=True)
class Wanted:
    """A rota of so many whole `weeks` from the day `first` on, in `zone`. `standing`: shifts of the rota before that
    reach into this one, or whose rest does."""

    first: date
    weeks: int
    zone: str
    people: tuple[RotaPerson, ...]
    rules: RotaRules
    need: Need
    standing: tuple[RotaShift, ...] = ()

    @property
    def last(self) -> date:
        """Its last day."""
        return self.first + timedelta(weeks=self.weeks, days=-1)

    @cached_property
    def frame(self) -> Frame:
        """Its half hours."""
        return framed(self.first, self.last, self.zone)


@dataclass(frozen=True)
class Frame:
    """Half hours in a row, numbered from 0 at `begins`. `days`: each with its first half hour and the one after its
    last; `day_of`: number of the day of each half hour."""

    begins: datetime
    days: tuple[tuple[date, int, int], ...]
    day_of: tuple[int, ...]

    @property
    def slots(self) -> int:
        """How many half hours."""
        return len(self.day_of)

    def at(self, slot: int) -> datetime:
        """When a half hour begins."""
        return self.begins + slot * HALF_HOUR

    def slot(self, at: datetime) -> int:
        """The number of the half hour in which a moment is; outside the frame too."""
        return (at - self.begins) // HALF_HOUR

    def week_of(self, slot: int) -> int:
        """The number of its week; the one after the last beyond the end."""
        return self.day_of[slot] // 7 if slot < self.slots else len(self.days) // 7

    def touched(self, starts: int, ends: int) -> frozenset[date]:
        """The days of the frame on which somebody works who is there from a half hour up to and without another."""
        return frozenset(day for day, begins, over in self.days if begins < ends and starts < over)

    def starts(self, every_minutes: int) -> list[int]:
        """Where a shift may begin: every so many minutes from each midnight on."""
        step = every_minutes // SLOT_MINUTES
        return [slot for _, begins, over in self.days for slot in range(begins, over, step)]


def framed(first: date, last: date, zone: str) -> Frame:
    """The half hours of these days."""
    days: list[tuple[date, int, int]] = []
    day_of: list[int] = []
    begins = next(half_hours(first, zone))[0]
    for number, day in enumerate(days_between(first, last)):
        length = sum(1 for _ in half_hours(day, zone))
        days.append((day, len(day_of), len(day_of) + length))
        day_of += [number] * length
    return Frame(begins, tuple(days), tuple(day_of))


def languages_of(people: Sequence[RotaPerson]) -> dict[str, frozenset[str]]:
    """What each speaks."""
    return {person.agent: frozenset(person.languages) for person in people}
