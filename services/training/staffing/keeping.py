"""Whether shifts keep the rules, and what they leave uncovered: looked at shift by shift, whoever made the rota."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

import msgspec

from services.training.events.rotas import RotaPerson, RotaShift
from services.training.staffing.frame import Wanted, languages_of

Spoken = frozenset[str]
"""The languages that somebody speaks."""
RuleName = Literal["shift_lengths", "starts", "rest", "week", "days_off", "away", "people"]


@dataclass(frozen=True)
class Breach:
    """A rule that the shifts of somebody do not keep, in words."""

    rule: RuleName
    agent: str
    says: str


@dataclass(frozen=True)
class Gap:
    """A half hour in which so many `people` with a language are missing."""

    at: datetime
    language: str
    people: int


def breaches(wanted: Wanted, shifts: Sequence[RotaShift]) -> list[Breach]:
    """Every rule that is not kept, in the order of people and time."""
    found: list[Breach] = []
    known = {person.agent: person for person in wanted.people}
    standing = _by_agent(wanted.standing)
    for agent, own in sorted(_by_agent(shifts).items()):
        if agent not in known:
            found.append(Breach("people", agent, f"{agent} is not one of the people of the rota"))
            continue
        found += _of_each(wanted, known[agent], own)
        found += _of_rest(wanted, sorted([*standing.get(agent, []), *own]))
        found += _of_weeks(wanted, known[agent], own)
    return found


def _by_agent(shifts: Iterable[RotaShift]) -> dict[str, list[RotaShift]]:
    found: dict[str, list[RotaShift]] = {}
    for shift in sorted(shifts):
        found.setdefault(shift.agent, []).append(shift)
    return found


def _of_each(wanted: Wanted, person: RotaPerson, own: Sequence[RotaShift]) -> Iterable[Breach]:
    frame, allowed = wanted.frame, set(wanted.rules.shift_minutes)
    grid = {frame.at(slot) for slot in frame.starts(wanted.rules.starts_every_minutes)}
    for shift in own:
        if _minutes(shift) not in allowed:
            yield Breach("shift_lengths", person.agent, f"{_minutes(shift)} minutes from {shift.starts:%d %b %H:%M}")
        if shift.starts not in grid:
            yield Breach("starts", person.agent, f"{shift.starts:%d %b %H:%M} UTC is not on the grid")
        touched = frame.touched(frame.slot(shift.starts), -(-(shift.ends - frame.begins) // timedelta(minutes=30)))
        for day in sorted(touched & set(person.away)):
            yield Breach("away", person.agent, f"{person.agent} is away on {day}")


def _of_rest(wanted: Wanted, own: Sequence[RotaShift]) -> Iterable[Breach]:
    for before, after in pairwise(own):
        rest = after.starts - before.ends
        if rest < timedelta(minutes=wanted.rules.rest_minutes) or rest < timedelta():
            hours = rest / timedelta(hours=1)
            yield Breach("rest", after.agent, f"{hours:g} hours of rest before {after.starts:%d %b %H:%M} UTC")


def _of_weeks(wanted: Wanted, person: RotaPerson, own: Sequence[RotaShift]) -> Iterable[Breach]:
    frame = wanted.frame
    minutes: Counter[int] = Counter()
    number: Counter[int] = Counter()
    for shift in own:
        week = frame.week_of(min(frame.slots - 1, max(0, frame.slot(shift.starts))))
        minutes[week] += _minutes(shift)
        number[week] += 1
    most = most_minutes(wanted, person)
    for week in sorted(minutes):
        if minutes[week] > most:
            yield Breach(
                "week", person.agent, f"{minutes[week] / 60:g} hours in week {week + 1}, {most / 60:g} at most"
            )
        if number[week] > 7 - wanted.rules.days_off:
            yield Breach("days_off", person.agent, f"{number[week]} shifts in week {week + 1}")


def most_minutes(wanted: Wanted, person: RotaPerson) -> int:
    """What they may work in a week: their own limit or that of the rules, whichever is lower."""
    own = person.most_minutes_week
    return wanted.rules.most_minutes_week if own is None else min(own, wanted.rules.most_minutes_week)


def _minutes(shift: RotaShift) -> int:
    return (shift.ends - shift.starts) // timedelta(minutes=1)


def gaps(wanted: Wanted, shifts: Iterable[RotaShift]) -> list[Gap]:
    """What is not covered, half hour by half hour. Who speaks several languages answers one of them at a time."""
    frame = wanted.frame
    there = on_duty(wanted, shifts)
    found = []
    for at, languages in sorted(wanted.need.items()):
        slot = frame.slot(at)
        if 0 <= slot < frame.slots:
            missing = unanswered(there[slot], languages)
            found += [Gap(at, language, people) for language, people in sorted(missing.items())]
    return found


def on_duty(wanted: Wanted, shifts: Iterable[RotaShift]) -> list[Counter[Spoken]]:
    """How many people who speak the same languages are there in each half hour of the frame."""
    frame, spoken = wanted.frame, languages_of(wanted.people)
    there: list[Counter[Spoken]] = [Counter() for _ in range(frame.slots)]
    for shift in [*wanted.standing, *shifts]:
        for slot in range(max(0, frame.slot(shift.starts)), min(frame.slots, frame.slot(shift.ends))):
            there[slot][spoken.get(shift.agent, frozenset())] += 1
    return there


def unanswered(there: Mapping[Spoken, int], need: Mapping[str, int]) -> dict[str, int]:
    """Places of each language that stay empty when as many as possible are filled, each person filling one that they
    speak: a matching by augmenting paths, over groups of people with the same languages."""
    left = dict(there)
    given: Counter[tuple[Spoken, str]] = Counter()
    groups = sorted(there, key=lambda group: (len(group), sorted(group)))

    def seat(language: str, tried: set[Spoken]) -> bool:
        for group in groups:
            if language not in group or group in tried:
                continue
            tried.add(group)
            if left[group]:
                left[group] -= 1
                given[group, language] += 1
                return True
            for other in sorted(group - {language}):
                if given[group, other] and seat(other, tried):
                    given[group, other] -= 1
                    given[group, language] += 1
                    return True
        return False

    empty = {language: sum(not seat(language, set()) for _ in range(need[language])) for language in sorted(need)}
    return {language: people for language, people in empty.items() if people}


def exchanged(
    shifts: Iterable[RotaShift], shift: RotaShift, to: str, back: RotaShift | None = None
) -> tuple[RotaShift, ...]:
    """The shifts when one is somebody else's, and one of theirs in exchange where there is one."""
    moved = {shift: to} | ({back: shift.agent} if back else {})
    return tuple(sorted(msgspec.structs.replace(one, agent=moved[one]) if one in moved else one for one in shifts))
