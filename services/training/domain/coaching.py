"""A coaching plan: who is coached in what, what it is to bring, and, once its day has come, what it brought."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from services.training.events.coaching import (
    Approach,
    CoachingEvent,
    CoachingWithdrawn,
    ProblemKind,
    WithdrawalReason,
)
from shared.contracts.training import CoachingMeasured, CoachingStarted, EffectFigures, EffectVerdict
from shared.kernel import Command, Decider, Rejected, said
from shared.names import PartnerId, Slug

PlanId = Slug
AgentId = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Percent = Annotated[str, msgspec.Meta(pattern=r"^(100(\.0+)?|[0-9]{1,2}(\.[0-9]{1,2})?)$(?!\n)")]
"""In per cent, a decimal in text."""
Figure = Annotated[str, msgspec.Meta(pattern=r"^(-?[0-9]{1,9}(\.[0-9]{1,6})?)?$(?!\n)")]
METRIC: Literal["conversion"] = "conversion"
SHORTEST, LONGEST = timedelta(days=28), timedelta(days=366)
"""How long after its beginning an effect is looked at: before, hardly anything can be seen."""
MONDAY = 0


class StartCoaching(Command, frozen=True, kw_only=True):
    """Coach an agent. `baseline` and `goal`: its conversion as it is and as it should be, in per cent. It was chosen
    by the days from `chosen_since` until before `chosen_until`; `begins`: a Monday; `measured_on`: when the effect is
    looked at.

    409 `no_monday`, `begins_too_soon` (before it was chosen), `measured_too_soon` (in less than four weeks after the
    beginning), `measured_too_late` (more than a year), `goal_no_better`, `plan_exists` with another content.
    """

    partner_id: PartnerId
    plan: PlanId
    agent: AgentId
    problem: ProblemKind
    approach: Approach
    baseline: Percent
    goal: Percent
    chosen_since: date
    chosen_until: date
    begins: date
    measured_on: date
    at: datetime
    by: str


class MeasureCoaching(Command, frozen=True, kw_only=True):
    """Keep what a coaching brought; it is measured once. 409 `unknown_plan`, `withdrawn`, `not_due` before its day."""

    partner_id: PartnerId
    plan: PlanId
    verdict: EffectVerdict
    effect: Figure = ""
    low: Figure = ""
    high: Figure = ""
    logarithm: Figure = ""
    error: Figure = ""
    evidence: str = ""
    figures: EffectFigures | None = None
    at: datetime
    by: str


class WithdrawCoaching(Command, frozen=True, kw_only=True):
    """Coach an agent no more, for this reason. 409 `unknown_plan`, `measured`."""

    partner_id: PartnerId
    plan: PlanId
    reason: WithdrawalReason
    at: datetime
    by: str


CoachingCommand = StartCoaching | MeasureCoaching | WithdrawCoaching


@dataclass(frozen=True)
class Coaching:
    """What was said of it, what came of it, and whether it was withdrawn."""

    started: CoachingStarted | None = None
    measured: CoachingMeasured | None = None
    withdrawn: CoachingWithdrawn | None = None


def decide(command: CoachingCommand, state: Coaching) -> list[CoachingEvent]:
    """A plan is started once, and then measured or withdrawn."""
    match command:
        case StartCoaching():
            return _start(command, state)
        case MeasureCoaching():
            return _measure(command, state)
        case WithdrawCoaching():
            if state.withdrawn is not None:
                return []
            if state.measured is not None:
                raise Rejected("measured", "The effect was looked at already.")
            _known(state)
            return [said(CoachingWithdrawn, command)]


def _start(command: StartCoaching, state: Coaching) -> list[CoachingEvent]:
    event = said(CoachingStarted, command, metric=METRIC)
    if state.started is not None:
        if msgspec.structs.replace(state.started, at=event.at, by=event.by) == event:
            return []
        raise Rejected("plan_exists", f"The plan {command.plan} says something else.")
    if any(day.weekday() != MONDAY for day in (command.chosen_since, command.chosen_until, command.begins)):
        raise Rejected("no_monday", "Agents are measured by whole weeks: these days are Mondays.")
    if not command.chosen_since < command.chosen_until <= command.begins:
        raise Rejected("begins_too_soon", f"The agent was chosen by days until {command.chosen_until}.")
    length = command.measured_on - command.begins
    if length < SHORTEST:
        raise Rejected(
            "measured_too_soon", f"An effect is looked at {SHORTEST.days} days after the beginning or later."
        )
    if length > LONGEST:
        raise Rejected("measured_too_late", f"An effect is looked at within {LONGEST.days} days.")
    if Decimal(command.goal) <= Decimal(command.baseline):
        raise Rejected("goal_no_better", f"The goal {command.goal} % is not above {command.baseline} %.")
    return [event]


def _measure(command: MeasureCoaching, state: Coaching) -> list[CoachingEvent]:
    if state.measured is not None:
        return []
    if state.withdrawn is not None:
        raise Rejected("withdrawn", "The agent is coached no more.")
    started = _known(state)
    if command.at.date() < started.measured_on:
        raise Rejected("not_due", f"The effect is looked at on {started.measured_on}.")
    of = {name: getattr(started, name) for name in ("agent", "metric", "problem", "approach")}
    return [said(CoachingMeasured, command, **of)]


def _known(state: Coaching) -> CoachingStarted:
    if state.started is None:
        raise Rejected("unknown_plan", "There is no such plan.")
    return state.started


def evolve(state: Coaching, event: CoachingEvent) -> Coaching:
    """What was said last of each."""
    match event:
        case CoachingStarted():
            return replace(state, started=event)
        case CoachingMeasured():
            return replace(state, measured=event)
        case CoachingWithdrawn():
            return replace(state, withdrawn=event)


coaching = Decider("coaching", CoachingEvent, Coaching(), decide, evolve)
