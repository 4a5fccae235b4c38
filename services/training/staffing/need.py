"""From calls to people: how long they take and how long callers wait for an answer, as measured; whom that asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from services.training.staffing.forecast import HALF_HOUR, Expected
from services.training.staffing.goals import Goal, agents_needed, people_needed
from services.training.staffing.queues import Traffic

HALF_HOUR_S = HALF_HOUR.total_seconds()
Against = Literal["expected", "high"]


@dataclass(frozen=True)
class Work:
    """What a call asks of agents, and what is promised to callers. `against`: agents for the calls that are expected,
    or for as many as come in one half hour of twenty; `least`: people who are there also where no call is."""

    handle_s: float
    patience_s: float | None
    goal: Goal
    shrinkage: float
    against: Against = "expected"
    least: int = 0


@dataclass(frozen=True)
class Needed:
    """Of a half hour: the calls it was worked out for, agents who take them, people on the rota so that those are
    there."""

    at: datetime
    calls: float
    agents: int
    people: int


def needed(expected: Sequence[Expected], work: Work) -> list[Needed]:
    """Half hour by half hour. OutOfReach."""

    @cache
    def agents(calls: float) -> int:
        return agents_needed(Traffic(calls / HALF_HOUR_S, work.handle_s, work.patience_s), work.goal)

    found = []
    for one in expected:
        # A twentieth of a call asks for nobody else, and equal numbers are worked out once.
        calls = round(one.calls, 1) if work.against == "expected" else float(one.high)
        people = max(work.least, people_needed(agents(calls), work.shrinkage))
        found.append(Needed(one.at, calls, agents(calls), people))
    return found


def patience_s(waited_s: float, abandoned: int) -> float | None:
    """Mean patience by what callers waited in all, those who were answered too, and how many hung up: the estimate of
    greatest likelihood where patience is exponential and answers cut it off (Mandelbaum and Zeltyn, section 5). None
    where nobody did: it can't be said."""
    return waited_s / abandoned if abandoned and waited_s > 0 else None
