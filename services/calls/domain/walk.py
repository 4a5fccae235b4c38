"""The steps that a call takes in its scripts: each counted once, and all of one script in one version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

import msgspec

from services.calls.events.scripts import Name, ScriptStepTaken, WalkEvent
from shared.contracts.selling import SurveyAnswered
from shared.kernel import Command, Decider, Rejected

Number = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of a call. `step` is the panel's own number of it, so that a repeat is known. `field` names what an
    input asks for, with the customer's answer to it; `sealed`: it was free text, and lies in the vault."""

    step: Number
    script: Name
    version: Number
    node: Name
    at: datetime
    answer: str = ""
    field: str | None = None
    choice: str | None = None
    number: int | None = None
    sealed: bool = False


class TakeSteps(Command, frozen=True, kw_only=True):
    """Record the steps of a call. Those that are known are passed over. 409 `step_differs` where a number was given
    to another step, `another_version` where the call began the script in another version."""

    call: str
    partner: str
    steps: tuple[Step, ...]
    agent: str | None = None
    at: datetime
    by: str


@dataclass(frozen=True)
class Walk:
    """What a call has done: where it was by number of step, and the version of each script that it follows."""

    taken: Mapping[int, tuple[str, str, str]]
    versions: Mapping[str, int]


def decide(command: TakeSteps, state: Walk) -> list[WalkEvent]:
    """The steps that are new, in the order of their numbers."""
    taken, versions = dict(state.taken), dict(state.versions)
    events: list[WalkEvent] = []
    for one in sorted(command.steps, key=lambda step: step.step):
        place = (one.script, one.node, one.answer)
        if taken.setdefault(one.step, place) != place:
            raise Rejected("step_differs", f"Step {one.step} of the call was another one.")
        if versions.setdefault(one.script, one.version) != one.version:
            begun = versions[one.script]
            raise Rejected("another_version", f"The call follows version {begun} of {one.script}.")
        if one.step not in state.taken and not any(event.step == one.step for event in events):
            events += _told(command, one)
    return events


def _told(command: TakeSteps, one: Step) -> list[WalkEvent]:
    at = min(one.at, command.at)  # a panel's clock may be ahead of ours
    reached = ScriptStepTaken(
        call=command.call,
        partner=command.partner,
        script=one.script,
        version=one.version,
        step=one.step,
        node=one.node,
        answer=one.answer,
        at=at,
        by=command.by,
        agent=command.agent,
    )
    if one.field is None:
        return [reached]
    answered = SurveyAnswered(
        call=command.call,
        partner=command.partner,
        script=one.script,
        version=one.version,
        step=one.step,
        node=one.node,
        field=one.field,
        choice=one.choice,
        number=one.number,
        sealed=one.sealed,
        at=at,
        by=command.by,
    )
    return [reached, answered]


def evolve(state: Walk, event: WalkEvent) -> Walk:
    """What each event changes."""
    match event:
        case ScriptStepTaken():
            return replace(
                state,
                taken={**state.taken, event.step: (event.script, event.node, event.answer)},
                versions={**state.versions, event.script: event.version},
            )
        case SurveyAnswered():
            return state


walk: Decider[TakeSteps, WalkEvent, Walk] = Decider(
    name="walk", events=WalkEvent, initial=Walk({}, {}), decide=decide, evolve=evolve
)
