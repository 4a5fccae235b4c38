"""What has to be there in each half hour, in rows that a solver can read.

People who speak several languages may answer one in a half hour and another in the next. By Hall's theorem a half hour
can be answered exactly when, for each set of languages, as many people are there who speak at least one of them as are
needed in them together. Of these sets only those matter that people hold together: a set that falls apart into two,
of which nobody speaks one of each, says nothing that its two parts do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from services.training.staffing.frame import Wanted
from services.training.staffing.keeping import Spoken, on_duty

MOST_TOGETHER = 6
"""More languages that people hold together would be sixty-four sets of them a half hour."""


class TooLarge(ValueError):
    """More than can be solved in a sensible time: fewer weeks, lengths, languages, or limits of people's own."""


@dataclass(frozen=True)
class Row:
    """At the half hour `slot`, `people` of those are needed who speak at least one of the languages `among`."""

    slot: int
    among: Spoken
    people: int


def rows_of(wanted: Wanted, spoken: Sequence[Spoken]) -> list[Row]:
    """What has to be there, beyond those who are there from the rota before. TooLarge."""
    frame = wanted.frame
    standing = on_duty(wanted, ())
    groups = frozenset(spoken) | {group for there in standing for group in there}

    @cache
    def together(languages: frozenset[str]) -> list[Spoken]:
        return _together(languages, groups)

    rows = []
    for at, need in sorted(wanted.need.items()):
        slot = frame.slot(at)
        if not 0 <= slot < frame.slots:
            continue
        for among in together(frozenset(language for language, people in need.items() if people > 0)):
            there = sum(people for group, people in standing[slot].items() if group & among)
            people = sum(need[language] for language in among) - there
            if people > 0:
                rows.append(Row(slot, among, people))
    return rows


def _together(languages: frozenset[str], groups: frozenset[Spoken]) -> list[Spoken]:
    """The sets of these languages that people hold together, in a fixed order."""
    found: list[Spoken] = []
    for part in _parts(languages, groups):
        if len(part) > MOST_TOGETHER:
            raise TooLarge(f"more than {MOST_TOGETHER} languages are spoken by the same people")
        for size in range(1, len(part) + 1):
            for chosen in combinations(sorted(part), size):
                among = frozenset(chosen)
                if len(_parts(among, groups)) == 1:
                    found.append(among)
    return found


def _parts(languages: frozenset[str], groups: frozenset[Spoken]) -> list[frozenset[str]]:
    """Languages that somebody speaks together, directly or through others, in one part each."""
    parts = [frozenset((language,)) for language in sorted(languages)]
    for group in groups:
        joined = [part for part in parts if part & group]
        if len(joined) > 1:
            parts = [part for part in parts if not part & group] + [frozenset().union(*joined)]
    return sorted(parts, key=sorted)
