"""How many agents a goal asks for, and how many people must be on the rota so that so many are there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from services.training.staffing.queues import Performance, Traffic, performance

MOST_AGENTS = 100_000
"""Beyond this no goal is looked for."""


@dataclass(frozen=True)
class Goal:
    """What callers are to meet; each part may be left out. `share` of all calls is answered within `within_s`;
    answered calls waited at most `answer_s` on average; at most the share `abandoned` hangs up; agents are with a call
    for at most the share `occupancy` of their time."""

    share: float | None = None
    within_s: float = 20.0
    answer_s: float | None = None
    abandoned: float | None = None
    occupancy: float | None = None

    def met(self, by: Performance) -> bool:
        """Whether nothing that is asked for is missed."""
        return (
            (self.share is None or by.within >= self.share)
            and (self.answer_s is None or by.answer_s <= self.answer_s)
            and (self.abandoned is None or by.abandoned <= self.abandoned)
            and (self.occupancy is None or by.occupancy <= self.occupancy)
        )


class OutOfReach(ValueError):
    """No number of agents meets the goal, such as every single call within no time."""


def agents_needed(traffic: Traffic, goal: Goal) -> int:
    """The least number of agents that meets the goal; none where there are no calls. OutOfReach.

    More agents never make anything of it worse, so it is found by halving: first doubling until enough, then between.
    """
    if traffic.load == 0:
        return 0
    too_few, enough = 0, max(1, math.ceil(traffic.load))
    while not _met(traffic, goal, enough):
        too_few, enough = enough, enough * 2
        if enough > MOST_AGENTS:
            raise OutOfReach(f"not with {MOST_AGENTS} agents either")
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if _met(traffic, goal, middle):
            enough = middle
        else:
            too_few = middle
    return enough


def _met(traffic: Traffic, goal: Goal, agents: int) -> bool:
    """Where everybody waits, fewer agents than work never do, whatever the goal."""
    if traffic.patience_s is None and agents <= traffic.load:
        return False
    return goal.met(performance(traffic, agents, goal.within_s))


def people_needed(agents: int, shrinkage: float) -> int:
    """People on the rota so that `agents` are there: `shrinkage` is the share of scheduled time in which somebody is
    not there for calls (breaks, training, illness), from 0 up to and without 1."""
    if not 0 <= shrinkage < 1:
        raise ValueError(f"a shrinkage of {shrinkage} leaves nobody")
    return math.ceil(round(agents / (1.0 - shrinkage), 9))  # 14 / 0.7 is 20, not a hair more
