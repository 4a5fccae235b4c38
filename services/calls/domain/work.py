"""An item of the work list: opened by what facts show, settled by what they show later, or closed by a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple

import msgspec

from services.calls.events.work import (
    Owner,
    WorkClosed,
    WorkCommented,
    WorkEvent,
    WorkKind,
    WorkOpened,
    WorkReopened,
    WorkSettled,
    WorkTaken,
)
from shared.kernel import Command, Decider, Rejected, said

WorkId = Annotated[str, msgspec.Meta(min_length=3, max_length=400)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class Rule(NamedTuple):
    """Who has to look at what a check finds, and for how long they may take."""

    owner: Owner
    within: timedelta
    text: str


RULES: Mapping[WorkKind, Rule] = {
    "no_result": Rule("partner", timedelta(hours=4), "An agent's call is over, and has no result."),
    "sale_without_order": Rule(
        "partner", timedelta(hours=2), "A call says that something was sold; no order has come."
    ),
    "order_without_call": Rule("company", timedelta(hours=8), "An order names a call or an agent; no call is known."),
    "outside_hours": Rule("company", timedelta(hours=24), "A call was made or taken outside the contract's hours."),
    "sale_uncertified": Rule(
        "partner", timedelta(hours=8), "An agent sold without a certificate that the campaign asks for."
    ),
}
"""Every check. The owner is the partner's supervisor or the company; a person takes the item from there."""


class NoteFinding(Command, frozen=True, kw_only=True):
    """What a check finds now: it `holds`, or holds no more. A person's closing stays, whatever is found."""

    work: WorkId
    kind: WorkKind
    subject: str
    holds: bool
    since: datetime
    agent: str | None = None
    campaign: str | None = None
    at: datetime


class TakeWork(Command, frozen=True, kw_only=True):
    """Say that you look at it; who says so later takes it over. 409 `not_open`, `not_yours` for what the company has to
    look at, `unknown_work`."""

    work: WorkId
    side: Owner
    at: datetime
    by: str


class CommentWork(Command, frozen=True, kw_only=True):
    """Say something about it, without customers' data. 409 `unknown_work`."""

    work: WorkId
    text: Text
    ref: str
    at: datetime
    by: str


class CloseWork(Command, frozen=True, kw_only=True):
    """Say that nothing more is to be done, and why. 409 `not_open`, `not_yours` for what the company has to look at,
    `unknown_work`."""

    work: WorkId
    reason: Text
    side: Owner
    at: datetime
    by: str


class ReopenWork(Command, frozen=True, kw_only=True):
    """Take a person's closing back, and say why. 409 `not_closed`, `not_yours` for what the company has to look at,
    `unknown_work`."""

    work: WorkId
    reason: Text
    side: Owner
    at: datetime
    by: str


WorkCommand = NoteFinding | TakeWork | CommentWork | CloseWork | ReopenWork
Standing = Literal["none", "open", "settled", "closed"]


@dataclass(frozen=True)
class Work:
    """What is known of it. `last`: the event that brought it to where it stands, by which a repeat is known."""

    opened: WorkOpened | None = None
    standing: Standing = "none"
    taken_by: str | None = None
    comments: frozenset[str] = frozenset()
    last: WorkEvent | None = None


def decide(command: WorkCommand, state: Work) -> list[WorkEvent]:
    """What each command leads to."""
    if isinstance(command, NoteFinding):
        return _found(command, state)
    opened = state.opened
    if opened is None:
        raise Rejected("unknown_work", f"There is no item {command.work}.")
    if isinstance(command, CommentWork):
        return [] if command.ref in state.comments else [said(WorkCommented, command, partner=opened.partner)]
    if opened.owner == "company" and command.side == "partner":
        raise Rejected("not_yours", "The company has to look at this one.")
    match command:
        case TakeWork():
            _open(state)
            return [] if state.taken_by == command.by else [said(WorkTaken, command, partner=opened.partner)]
        case CloseWork():
            if isinstance(state.last, WorkClosed) and (state.last.reason, state.last.by) == (
                command.reason,
                command.by,
            ):
                return []
            _open(state)
            return [said(WorkClosed, command, partner=opened.partner)]
        case ReopenWork():
            return _reopen(command, opened, state)


def _found(command: NoteFinding, state: Work) -> list[WorkEvent]:
    partner, rule = command.work.partition(":")[0], RULES[command.kind]
    due_at = command.at + rule.within
    if command.holds and state.standing == "none":
        return [said(WorkOpened, command, partner=partner, owner=rule.owner, due_at=due_at)]
    if command.holds and state.standing == "settled":
        return [WorkReopened(work=command.work, partner=partner, due_at=due_at, at=command.at)]
    if not command.holds and state.standing == "open":
        return [WorkSettled(work=command.work, partner=partner, at=command.at)]
    return []


def _reopen(command: ReopenWork, opened: WorkOpened, state: Work) -> list[WorkEvent]:
    last = state.last
    if isinstance(last, WorkReopened) and (last.reason, last.by) == (command.reason, command.by):
        return []
    if state.standing != "closed":
        raise Rejected("not_closed", "Nobody has closed it.")
    return [said(WorkReopened, command, partner=opened.partner, due_at=command.at + RULES[opened.kind].within)]


def _open(state: Work) -> None:
    if state.standing != "open":
        raise Rejected("not_open", "Nobody has to look at it any more.")


def evolve(state: Work, event: WorkEvent) -> Work:
    """What happened counts. Who looked at it before looks at it when it is opened again."""
    match event:
        case WorkOpened():
            return replace(state, opened=event, standing="open", last=event)
        case WorkReopened():
            return replace(state, standing="open", last=event)
        case WorkSettled():
            return replace(state, standing="settled", last=event)
        case WorkClosed():
            return replace(state, standing="closed", last=event)
        case WorkTaken(by=by):
            return replace(state, taken_by=by)
        case WorkCommented(ref=ref):
            return replace(state, comments=state.comments | {ref})


work = Decider("work", WorkEvent, Work(), decide, evolve)
