"""A hot lead on its way from an agent to the company's own staff, with the contract's deadline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec

from services.calls.events.handovers import HandoverClosed, HandoverEscalated, HandoverEvent, LostReason, Outcome
from shared.contracts.partners import Counts
from shared.contracts.selling import HandoverMissed, HandoverPoint, HandoverTaken, LeadHandedOver
from shared.kernel import Command, Decider, Rejected, said

HandoverId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}:.{1,300}$(?!\n)")]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Points = Annotated[tuple[HandoverPoint, ...], msgspec.Meta(max_length=10)]
MILLISECOND = timedelta(milliseconds=1)


class AskHandover(Command, frozen=True, kw_only=True):
    """Ask the company's own staff to take the customer of a call over. The same once more is nothing new. 409
    `handover_exists` where the call's customer was handed over with something else said."""

    handover: HandoverId
    call: Id
    agent: Id
    customer_ref: Id
    due_at: datetime
    escalates_at: datetime
    points: Points = ()
    note: str | None = None
    campaign: str | None = None
    counts: Counts = "production"
    at: datetime
    by: str


class TakeHandover(Command, frozen=True, kw_only=True):
    """Take the customer over: whoever says it first has them. 409 `taken` by somebody else, `unknown_handover`."""

    handover: HandoverId
    at: datetime
    by: str


class CloseHandover(Command, frozen=True, kw_only=True):
    """Say what came of it: `done`, or `lost` with a reason. Only who has taken the customer over can say it. 409
    `not_taken`, `taken` by somebody else, `closed` with another outcome, `reason_missing`, `reason_wrong` where nothing
    was lost, `unknown_handover`."""

    handover: HandoverId
    outcome: Outcome
    reason: LostReason | None = None
    at: datetime
    by: str


class PassTime(Command, frozen=True, kw_only=True):
    """It is this late now: say what time has brought about, once."""

    handover: HandoverId
    at: datetime


HandoverCommand = AskHandover | TakeHandover | CloseHandover | PassTime


@dataclass(frozen=True)
class Handover:
    """What is known of it; `asked` is None before it was. `taken_by` None: nobody has the customer yet."""

    asked: LeadHandedOver | None = None
    escalated: bool = False
    missed: bool = False
    taken_by: str | None = None
    closed: HandoverClosed | None = None


def escalation(asked_at: datetime, due_at: datetime, percent: int) -> datetime:
    """When so many per cent of the time until the deadline are gone, in whole milliseconds."""
    return asked_at + (due_at - asked_at) * percent // 100 // MILLISECOND * MILLISECOND


def decide(command: HandoverCommand, state: Handover) -> list[HandoverEvent]:
    """What each command leads to."""
    if isinstance(command, AskHandover):
        return _ask(command, state.asked)
    asked = state.asked
    if asked is None:
        raise Rejected("unknown_handover", f"There is no hand-over {command.handover}.")
    match command:
        case TakeHandover():
            return _take(command, asked, state)
        case CloseHandover():
            return _close(command, asked, state)
        case PassTime():
            return _pass(command.at, asked, state)


def _ask(command: AskHandover, asked: LeadHandedOver | None) -> list[HandoverEvent]:
    if asked is not None:
        before = (asked.agent, asked.customer_ref, asked.points, asked.note is None)
        if before == (command.agent, command.customer_ref, command.points, command.note is None):
            return []
        raise Rejected("handover_exists", "The customer of this call was handed over already.")
    return [said(LeadHandedOver, command, partner=command.handover.partition(":")[0])]


def _take(command: TakeHandover, asked: LeadHandedOver, state: Handover) -> list[HandoverEvent]:
    if state.taken_by is not None:
        _theirs(command.by, state)
        return []
    late = [] if state.missed else _missed(command.at, asked)
    taken = HandoverTaken(
        **_of(asked),
        waited_ms=max(0, (command.at - asked.at) // MILLISECOND),
        in_time=not state.missed and not late,
        at=command.at,
        by=command.by,
    )
    return [*late, taken]


def _close(command: CloseHandover, asked: LeadHandedOver, state: Handover) -> list[HandoverEvent]:
    if state.taken_by is None:
        raise Rejected("not_taken", "Nobody has taken the customer over yet.")
    _theirs(command.by, state)
    if command.outcome == "lost" and command.reason is None:
        raise Rejected("reason_missing", "Why was the customer lost?")
    if command.outcome == "done" and command.reason is not None:
        raise Rejected("reason_wrong", "There is a reason only where the customer was lost.")
    if state.closed is not None:
        if (state.closed.outcome, state.closed.reason) == (command.outcome, command.reason):
            return []
        raise Rejected("closed", f"It was closed as {state.closed.outcome}.")
    return [said(HandoverClosed, command, **_of(asked))]


def _pass(at: datetime, asked: LeadHandedOver, state: Handover) -> list[HandoverEvent]:
    """An escalation that comes after the deadline would help nobody: what is missed is told as missed alone."""
    if state.taken_by is not None or state.missed:
        return []
    if late := _missed(at, asked):
        return late
    if state.escalated or asked.escalates_at is None or at < asked.escalates_at:
        return []
    return [HandoverEscalated(**_of(asked), due_at=asked.due_at, at=at)]


def _missed(at: datetime, asked: LeadHandedOver) -> list[HandoverEvent]:
    """At the deadline itself, whenever it is noticed; who takes the customer at that very moment is in time."""
    return [HandoverMissed(**_of(asked), due_at=asked.due_at, at=asked.due_at)] if at > asked.due_at else []


def _theirs(by: str, state: Handover) -> None:
    if state.taken_by != by:
        raise Rejected("taken", f"{state.taken_by} has the customer.")


def _of(asked: LeadHandedOver) -> dict[str, Any]:
    return {name: getattr(asked, name) for name in ("handover", "partner", "call", "agent", "campaign")}


def evolve(state: Handover, event: HandoverEvent) -> Handover:
    """What happened counts."""
    match event:
        case LeadHandedOver():
            return replace(state, asked=event)
        case HandoverEscalated():
            return replace(state, escalated=True)
        case HandoverTaken(by=by):
            return replace(state, taken_by=by)
        case HandoverMissed():
            return replace(state, missed=True)
        case HandoverClosed():
            return replace(state, closed=event)


handover = Decider("handover", HandoverEvent, Handover(), decide, evolve)
