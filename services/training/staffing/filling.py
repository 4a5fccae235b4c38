"""Shifts for single people: flows through the networks of their walks, for an outline or for the need itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.training.staffing.outline import WITHIN, Shift, covering
from services.training.staffing.rows import Row, TooLarge
from services.training.staffing.solver import Constraints, least
from services.training.staffing.walks import Network

MOST_STEPS = 400_000
Flows = list[list[int]]
"""By network, how many people take each of its steps."""


@dataclass(frozen=True)
class Filled:
    """`flows`; `short`: people missing, by row; `least`: half hours that no rota can be below, where it is known."""

    flows: Flows
    short: Mapping[Row, int]
    least: float | None


def filled(networks: Sequence[Network], begun: Mapping[Shift, int], extra: Mapping[int, int]) -> Flows | None:
    """These shifts and no others, spread evenly over the people; None where the rules do not let them. `extra`: people
    beyond those of a kind. TooLarge, Undecided."""
    layout = _Layout(networks)
    constraints = layout.walking(extra)
    for number, starts, ends in layout.begun:
        column = layout.begun[number, starts, ends]
        constraints.add([(column, 1.0)], *[float(begun.get((number, starts, ends), 0))] * 2)
    costs = layout.costs(0.0, 1.0)
    found = least(costs, constraints, [math.inf] * len(costs), 0.01)
    return None if found is None else layout.flows(found[0])


def whole(networks: Sequence[Network], rows: Sequence[Row], *, elastic: bool = False) -> Filled | None:
    """The fewest hours that cover every row by the rules, worked out at once; None where nothing does. `elastic`: rows
    may be missed, and as few people as possible are missing. TooLarge, Undecided."""
    layout = _Layout(networks)
    costs = layout.costs(0.0 if elastic else 1.0, 0.0)
    missing = {row: len(costs) + place for place, row in enumerate(rows)} if elastic else {}
    costs += [1.0] * len(missing)
    constraints = layout.walking({})
    covering(constraints, layout.begun, [one.kind for one in networks], rows, missing)
    found = least(costs, constraints, [math.inf] * len(costs), WITHIN)
    if found is None:
        return None
    values, bound = found
    short = {row: values[column] for row, column in missing.items() if values[column]}
    return Filled(layout.flows(values), short, None if elastic else bound)


class _Layout:
    """Where everything stands among the columns: steps network by network, then how many begin each shift."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self.networks = networks
        self.first = [0]
        for one in networks:
            self.first.append(self.first[-1] + len(one.steps))
        if self.first[-1] > MOST_STEPS:
            raise TooLarge(f"{self.first[-1]} steps, {MOST_STEPS} at most")
        self.begun: dict[Shift, int] = {}
        for number, one in enumerate(networks):
            for step in one.steps:
                if step.ends > step.starts:
                    self.begun.setdefault((number, step.starts, step.ends), self.first[-1] + len(self.begun))

    def costs(self, hours: float, evenness: float) -> list[float]:
        """Of each column: its half hours, and the shifts that whoever begins it has had in the week already. The sum of
        those is least where everybody has as many."""
        steps = [step for one in self.networks for step in one.steps]
        return [
            (hours * (step.ends - step.starts) + evenness * step.worked) if step.ends > step.starts else 0.0
            for step in steps
        ] + [0.0] * len(self.begun)

    def walking(self, extra: Mapping[int, int]) -> Constraints:
        """Who comes to a point leaves it, and whoever begins a shift walks through it."""
        constraints = Constraints()
        begin: dict[int, list[tuple[int, float]]] = {column: [(column, -1.0)] for column in self.begun.values()}
        for number, one in enumerate(self.networks):
            points: list[list[tuple[int, float]]] = [[] for _ in range(one.points)]
            for column, step in enumerate(one.steps, self.first[number]):
                points[step.tail].append((column, 1.0))
                points[step.head].append((column, -1.0))
                if step.ends > step.starts:
                    begin[self.begun[number, step.starts, step.ends]].append((column, 1.0))
            people = float(len(one.kind.agents) + extra.get(number, 0))
            for place, terms in enumerate(points[:-1]):
                constraints.add(terms, *[people if place == 0 else 0.0] * 2)
        for terms in begin.values():
            constraints.add(terms, 0.0, 0.0)
        return constraints

    def flows(self, values: Sequence[int]) -> Flows:
        """The steps' values, network by network."""
        return [list(values[first:last]) for first, last in zip(self.first, self.first[1:], strict=False)]
