"""How many of each kind of people begin which shift: what covers the need with the fewest hours, if all that is asked
of people is asked of a kind as a whole.

That is less than the rules ask, and quickly solved: where it has no answer, there is no rota; and where the shifts that
it has can be given to single people by the rules, there is none with fewer hours.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.training.staffing.frame import SLOT_MINUTES, Wanted
from services.training.staffing.rows import Row
from services.training.staffing.solver import Constraints, least
from services.training.staffing.walks import Kind

Shift = tuple[int, int, int]
"""Number of the kind, and the half hours from which and up to which it goes."""
WITHIN = 0.001
"""A rota may have a thousandth more hours than the least: the last proof would take longer than all before."""


@dataclass(frozen=True)
class Outline:
    """`begun`: shift -> people; `extra`: people needed beyond those there are, by kind; `short`: people missing, by
    row; `least`: half hours that no rota can be below."""

    begun: Mapping[Shift, int]
    extra: Mapping[int, int]
    short: Mapping[Row, int]
    least: float


def shifts_of(wanted: Wanted, kinds: Sequence[Kind]) -> list[Shift]:
    """Every shift that each kind may work: on the grid, rested, and on no day on which it is away."""
    frame, rules = wanted.frame, wanted.rules
    lengths = sorted({minutes // SLOT_MINUTES for minutes in rules.shift_minutes})
    return [
        (number, starts, starts + length)
        for number, kind in enumerate(kinds)
        for starts in frame.starts(rules.starts_every_minutes)
        for length in lengths
        if starts >= kind.free_from
        and length * SLOT_MINUTES <= kind.most_minutes
        and not (kind.away and frame.touched(starts, starts + length) & kind.away)
    ]


def outlined(
    wanted: Wanted,
    kinds: Sequence[Kind],
    rows: Sequence[Row],
    *,
    elastic: bool = False,
    extra: Collection[int] = (),
) -> Outline | None:
    """The shifts with the fewest hours; None where none cover every row.

    `elastic`: rows may be missed, and as few people as possible are missing; `extra`: kinds of whom there may be more,
    and as few more as possible are.
    """
    shifts = shifts_of(wanted, kinds)
    further = {number: len(shifts) + place for place, number in enumerate(sorted(extra))}
    missing = {row: len(shifts) + len(further) + place for place, row in enumerate(rows)} if elastic else {}
    weight = 0.0 if elastic or extra else 1.0
    costs = [weight * (ends - starts) for _, starts, ends in shifts] + [1.0] * (len(further) + len(missing))
    constraints = Constraints()
    covering(constraints, {shift: place for place, shift in enumerate(shifts)}, kinds, rows, missing)
    for number, kind in enumerate(kinds):
        own = [(place, shift) for place, shift in enumerate(shifts) if shift[0] == number]
        for terms, each in _asked_of(wanted, kind, own):
            more = [(further[number], -float(each))] if number in further else []
            constraints.add([*terms, *more], -math.inf, float(each * len(kind.agents)))
    found = least(costs, constraints, [math.inf] * len(costs), WITHIN)
    if found is None:
        return None
    values, bound = found
    return Outline(
        {shift: values[place] for place, shift in enumerate(shifts) if values[place]},
        {number: values[place] for number, place in further.items() if values[place]},
        {row: values[place] for row, place in missing.items() if values[place]},
        bound,
    )


def covering(
    constraints: Constraints,
    columns: Mapping[Shift, int],
    kinds: Sequence[Kind],
    rows: Sequence[Row],
    missing: Mapping[Row, int],
) -> None:
    """Add that each row is covered by the shifts that stand in these columns, but for what may be missing."""
    by_slot: dict[int, list[tuple[int, Shift]]] = {}
    for shift, column in columns.items():
        for slot in range(shift[1], shift[2]):
            by_slot.setdefault(slot, []).append((column, shift))
    for row in rows:
        terms = [(column, 1.0) for column, shift in by_slot.get(row.slot, ()) if kinds[shift[0]].languages & row.among]
        if row in missing:
            terms.append((missing[row], 1.0))
        constraints.add(terms, float(row.people), math.inf)


def _asked_of(
    wanted: Wanted, kind: Kind, own: Sequence[tuple[int, Shift]]
) -> Iterator[tuple[list[tuple[int, float]], int]]:
    """Sums over a kind's shifts, with what each of its people adds to what the sum may be: one shift, with the rest
    after it, at any time; so many shifts and half hours a week."""
    frame, rest = wanted.frame, -(-wanted.rules.rest_minutes // SLOT_MINUTES)
    for time in frame.starts(wanted.rules.starts_every_minutes):
        yield [(column, 1.0) for column, (_, starts, ends) in own if starts <= time < ends + rest], 1
    for week in range(wanted.weeks):
        of_week = [(column, shift) for column, shift in own if frame.week_of(shift[1]) == week]
        yield [(column, 1.0) for column, _ in of_week], 7 - wanted.rules.days_off
        yield (
            [(column, float(ends - starts)) for column, (_, starts, ends) in of_week],
            kind.most_minutes // SLOT_MINUTES,
        )
