"""A rota that covers every half hour by the rules with the fewest hours; or what exactly makes that impossible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import combinations
from typing import get_args

import msgspec

from services.training.events.rotas import RotaPerson, RotaRules, RotaShift
from services.training.staffing.filling import Flows, filled, whole
from services.training.staffing.frame import SLOT_MINUTES, Wanted
from services.training.staffing.keeping import Gap, RuleName, gaps
from services.training.staffing.outline import outlined
from services.training.staffing.rows import rows_of
from services.training.staffing.solver import Undecided
from services.training.staffing.walks import Kind, Network, kinds, network, walked

SHORT_AND_LONG = (240, 720)
"""Where other lengths are tried: shifts of four and of twelve hours too."""
TRIES = 3
"""How often further people are tried."""
LOOSENED: tuple[RuleName, ...] = tuple(name for name in get_args(RuleName) if name != "people")
"""Every rule that may be the reason, but for how many people there are."""


@dataclass(frozen=True)
class Planned:
    """Shifts that cover every half hour. `minutes`: their sum; `least_minutes`: what no rota can be below."""

    shifts: tuple[RotaShift, ...]
    minutes: int
    least_minutes: int


@dataclass(frozen=True)
class Impossible:
    """No shifts do. `gaps`: what is missing where as little as possible is, and `shifts` those that leave no more open;
    `without`: the smallest sets of rules without which there is a rota, each of them enough by itself; `more`: by
    language, further people of that language alone with whom there is one by all rules, no fewer than hours and rests
    ask for; none where nobody could work by them."""

    shifts: tuple[RotaShift, ...]
    gaps: tuple[Gap, ...]
    without: tuple[tuple[RuleName, ...], ...]
    more: Mapping[str, int]


def plan(wanted: Wanted) -> Planned | Impossible:
    """The rota. The same wish gives the same one. TooLarge, Undecided."""
    planned = _planned(wanted)
    if planned is not None:
        return planned
    shifts = _nearest(wanted)
    return Impossible(shifts, tuple(gaps(wanted, shifts)), tuple(_without(wanted)), _more(wanted))


def _planned(wanted: Wanted) -> Planned | None:
    """First the outline: if it can be filled, nothing better is left to be found; else all at once."""
    people = kinds(wanted)
    rows = rows_of(wanted, [kind.languages for kind in people])
    outline = outlined(wanted, people, rows)
    if outline is None:
        return None
    networks = [network(wanted, kind) for kind in people]
    flows, least = filled(networks, outline.begun, {}), outline.least
    if flows is None:
        found = whole(networks, rows)
        if found is None:
            return None
        flows, least = found.flows, found.least or least
    shifts = _shifts(wanted, networks, flows)
    minutes = sum((shift.ends - shift.starts) // timedelta(minutes=1) for shift in shifts)
    return Planned(shifts, minutes, min(minutes, round(least * SLOT_MINUTES)))


def _nearest(wanted: Wanted) -> tuple[RotaShift, ...]:
    """Shifts by the rules that leave as little open as possible."""
    people = kinds(wanted)
    rows = rows_of(wanted, [kind.languages for kind in people])
    networks = [network(wanted, kind) for kind in people]
    outline = outlined(wanted, people, rows, elastic=True)
    flows = filled(networks, outline.begun, {}) if outline is not None else None
    if flows is None:
        found = whole(networks, rows, elastic=True)
        flows = found.flows if found is not None else [[0] * len(one.steps) for one in networks]
    return _shifts(wanted, networks, flows)


def _without(wanted: Wanted) -> Iterator[tuple[RuleName, ...]]:
    """Rules one by one, then two by two, until some are enough; none where all of them together are not."""
    if not _possible(_loose(wanted, LOOSENED)):
        return
    for size in range(1, len(LOOSENED) + 1):
        enough = [names for names in combinations(LOOSENED, size) if _helps(wanted, names)]
        if enough:
            yield from enough
            return


def _helps(wanted: Wanted, names: Sequence[RuleName]) -> bool:
    loose = _loose(wanted, names)
    return loose != wanted and _possible(loose)


def _loose(wanted: Wanted, names: Sequence[RuleName]) -> Wanted:
    for name in names:
        wanted = loosened(wanted, name)
    return wanted


def _possible(wanted: Wanted) -> bool:
    """Whether there is a rota for certain."""
    try:
        return _planned(wanted) is not None
    except Undecided:
        return False


def loosened(wanted: Wanted, name: RuleName) -> Wanted:
    """The same wish without a rule."""
    rules = wanted.rules
    match name:
        case "shift_lengths":
            lengths = tuple(sorted({*rules.shift_minutes, *SHORT_AND_LONG}))
            return replace(wanted, rules=_ruled(rules, shift_minutes=lengths))
        case "starts":
            return replace(wanted, rules=_ruled(rules, starts_every_minutes=SLOT_MINUTES))
        case "rest":
            return replace(wanted, rules=_ruled(rules, rest_minutes=0))
        case "week":
            people = tuple(msgspec.structs.replace(person, most_minutes_week=None) for person in wanted.people)
            return replace(wanted, people=people, rules=_ruled(rules, most_minutes_week=7 * 24 * 60))
        case "days_off":
            return replace(wanted, rules=_ruled(rules, days_off=0))
        case "away":
            return replace(wanted, people=tuple(msgspec.structs.replace(person, away=()) for person in wanted.people))
        case "people":
            return wanted


def _ruled(rules: RotaRules, **other: object) -> RotaRules:
    return msgspec.structs.replace(rules, **other)


def _more(wanted: Wanted) -> dict[str, int]:
    """Further people who are rested and never away, one kind a language. As many as hours and rests ask for are tried
    first; where single weeks do not work out with them, one more of each."""
    people = kinds(wanted)
    languages = sorted({language for need in wanted.need.values() for language, count in need.items() if count > 0})
    new = [Kind(frozenset((one,)), wanted.rules.most_minutes_week, frozenset(), 0, ()) for one in languages]
    together = [*people, *new]
    rows = rows_of(wanted, [kind.languages for kind in together])
    outline = outlined(wanted, together, rows, extra=range(len(people), len(together)))
    if outline is None:
        return {}
    extra = {languages[number - len(people)]: count for number, count in sorted(outline.extra.items())}
    for further in range(TRIES):
        wished = {language: count + further for language, count in extra.items()}
        if _possible(with_more(wanted, wished)):
            return wished
    return {}


def with_more(wanted: Wanted, more: Mapping[str, int]) -> Wanted:
    """The same wish with further people, of one language each."""
    new = [
        RotaPerson(agent=f"further {language} {number + 1}", languages=(language,))
        for language, count in sorted(more.items())
        for number in range(count)
    ]
    return replace(wanted, people=(*wanted.people, *new))


def _shifts(wanted: Wanted, networks: Sequence[Network], flows: Flows) -> tuple[RotaShift, ...]:
    """The flows as shifts of single people, in the order of time."""
    frame = wanted.frame
    return tuple(
        sorted(
            RotaShift(agent=agent, starts=frame.at(starts), ends=frame.at(ends))
            for one, flow in zip(networks, flows, strict=True)
            for agent, starts, ends in walked(one, flow)
        )
    )
