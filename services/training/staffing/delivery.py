"""What a partner committed to have there against who was: half hour by half hour, language by language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.training.events.capacity import CapacityCommitted
from services.training.staffing.adherence import Stay, worked
from services.training.staffing.forecast import HALF_HOUR, half_hours
from services.training.staffing.keeping import Spoken, unanswered
from shared.contracts.rating.calendar import WEEKDAYS

MOST_OF_IT_S = HALF_HOUR.total_seconds() / 2
"""Who is there for at least half of a half hour counts as there."""


@dataclass(frozen=True)
class Delivered:
    """Of a half hour and a language: people `committed`; `speaking`: people there who speak it; `short`: places that
    stay empty when each of those there fills one of a language that they speak."""

    at: datetime
    language: str
    committed: int
    speaking: int
    short: int


def committed_on(said: Sequence[CapacityCommitted], day: date, minute: int) -> dict[str, int]:
    """People by language at a time of the wall clock, by what held on the day; `said` in the order of days."""
    holding = [one for one in said if one.starts <= day]
    if not holding:
        return {}
    clock = f"{minute // 60:02}:{minute % 60:02}"
    found: Counter[str] = Counter()
    for one in holding[-1].committed:
        if WEEKDAYS[day.weekday()] in one.days and one.opens <= clock < one.closes:
            found[one.language] += one.people
    return dict(found)


def delivered(
    said: Sequence[CapacityCommitted],
    days: Iterable[date],
    zone: str,
    stays: Mapping[str, Sequence[Stay]],
    spoken: Mapping[str, Spoken],
) -> list[Delivered]:
    """Every half hour of these days in which something was committed. `stays` of each agent, in UTC; `spoken`: the
    languages of each, none where nobody said."""
    found = []
    for day in days:
        for at, minute in half_hours(day, zone):
            asked = committed_on(said, day, minute)
            if not asked:
                continue
            there: Counter[Spoken] = Counter(
                spoken.get(agent, frozenset())
                for agent, own in stays.items()
                if worked(own, at, at + HALF_HOUR) >= MOST_OF_IT_S
            )
            short = unanswered(there, asked)
            for language in sorted(asked):
                speaking = sum(people for group, people in there.items() if language in group)
                found.append(Delivered(at, language, asked[language], speaking, short.get(language, 0)))
    return found
