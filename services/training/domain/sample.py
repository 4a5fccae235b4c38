"""A sample of calls that are to be evaluated: drawn once, and then it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.training.events.samples import MOST_DRAWN, DrawnCall, SampleDrawn, SampleEvent, SamplePlan
from shared.kernel import Command, Decider, Rejected, said
from shared.names import OfPartner

SampleId = OfPartner
LONGEST_DAYS = 92


class DrawSample(Command, frozen=True, kw_only=True):
    """Keep what a plan has drawn. The same plan once more is nothing new, also where other talks are known by now.

    409 `drawn` with another plan, `days_wrong` where it ends before it begins or takes longer than 92 days,
    `plan_empty` where the plan asks for no call, `nothing_drawn`, `too_many`.
    """

    sample: SampleId
    plan: SamplePlan
    population: int
    calls: tuple[DrawnCall, ...]
    at: datetime
    by: str


@dataclass(frozen=True)
class Sample:
    """The plan that it was drawn by; None before."""

    plan: SamplePlan | None = None


def decide(command: DrawSample, state: Sample) -> list[SampleEvent]:
    """It is drawn once."""
    plan = command.plan
    if state.plan is not None:
        if state.plan == plan:
            return []
        raise Rejected("drawn", "This sample was drawn by another plan.")
    if not 0 <= (plan.until - plan.since).days < LONGEST_DAYS:
        raise Rejected("days_wrong", f"From 1 to {LONGEST_DAYS} days.")
    if plan.random == plan.per_stratum == 0 and not any(plan.risk.values()):
        raise Rejected("plan_empty", "The plan asks for no call.")
    if not command.calls:
        raise Rejected("nothing_drawn", f"None of {command.population} talks is what the plan asks for.")
    if len(command.calls) > MOST_DRAWN:
        raise Rejected("too_many", f"{len(command.calls)} calls; a sample has {MOST_DRAWN} at most.")
    return [said(SampleDrawn, command, partner_id=command.sample.partition(":")[0])]


def evolve(state: Sample, event: SampleEvent) -> Sample:
    """What was drawn stands."""
    return Sample(event.plan)


sample = Decider("sample", SampleEvent, Sample(), decide, evolve)
