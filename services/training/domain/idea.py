"""An idea of an agent's on its way: one vote each, merged with its like, answered, shipped, and measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import msgspec

from services.training.events.ideas import (
    Answered,
    IdeaAnswered,
    IdeaEvent,
    IdeaMeasured,
    IdeaMerged,
    IdeaShipped,
    IdeaVoted,
    Share,
    VoteTakenBack,
    Watched,
)
from services.training.measuring.before_after import change
from shared.contracts.training import IdeaProposed, IdeaSubject
from shared.kernel import Command, Decider, Rejected, said

IdeaId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}:[0-9a-f]{12}$(?!\n)")]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Days = Annotated[int, msgspec.Meta(ge=7, le=90)]


class ProposeIdea(Command, frozen=True, kw_only=True):
    """Propose an improvement. The same once more is nothing new."""

    idea: IdeaId
    agent: Id
    subject: IdeaSubject
    text: Id
    at: datetime
    by: str


class VoteForIdea(Command, frozen=True, kw_only=True):
    """Want the idea too; a vote counts once. 409 `unknown_idea`, `own_idea`, `merged`, `settled` once it is shipped or
    declined."""

    idea: IdeaId
    voter: Id
    at: datetime
    by: str


class TakeVoteBack(Command, frozen=True, kw_only=True):
    """Want it no more. 409 `unknown_idea`, `no_vote`."""

    idea: IdeaId
    voter: Id
    at: datetime
    by: str


class MergeIdea(Command, frozen=True, kw_only=True):
    """Say that it is the same as another. 409 `unknown_idea`, `into_itself`, `merged` into a third, `settled`."""

    idea: IdeaId
    into: IdeaId
    at: datetime
    by: str


class AnswerIdea(Command, frozen=True, kw_only=True):
    """Tell the author what becomes of it. 409 `unknown_idea`, `merged`, `shipped`."""

    idea: IdeaId
    status: Answered
    text: Id
    at: datetime
    by: str


class ShipIdea(Command, frozen=True, kw_only=True):
    """Say that it came true. 409 `unknown_idea`, `merged`, `shipped` otherwise, `not_yet` on a day to come,
    `watched_wrong` where a step is missing, or named for sales."""

    idea: IdeaId
    on: date
    text: Id
    watched: Watched | None = None
    at: datetime
    by: str


class MeasureIdea(Command, frozen=True, kw_only=True):
    """Keep what was counted before and after it. 409 `unknown_idea`, `not_shipped`, `nothing_watched`, `too_early`
    until as many days have passed."""

    idea: IdeaId
    days: Days
    before: Share
    after: Share
    at: datetime
    by: str


IdeaCommand = ProposeIdea | VoteForIdea | TakeVoteBack | MergeIdea | AnswerIdea | ShipIdea | MeasureIdea


@dataclass(frozen=True)
class Idea:
    """An idea, who wants it, and what became of it."""

    proposed: IdeaProposed | None = None
    voters: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    merged: IdeaMerged | None = None
    answered: IdeaAnswered | None = None
    shipped: IdeaShipped | None = None
    measured: IdeaMeasured | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing more is to be wished."""
        return self.shipped is not None or (self.answered is not None and self.answered.status == "declined")


def decide(command: IdeaCommand, state: Idea) -> list[IdeaEvent]:
    """What each command leads to."""
    of = {"partner_id": command.idea.partition(":")[0]}
    if isinstance(command, ProposeIdea):
        return [said(IdeaProposed, command, **of)] if state.proposed is None else []
    if state.proposed is None:
        raise Rejected("unknown_idea", "There is no such idea.")
    match command:
        case VoteForIdea():
            return _vote(command, state, f"agent:{state.proposed.agent}", of)
        case TakeVoteBack():
            return _take_back(command, state, of)
        case MergeIdea():
            return _merge(command, state, of)
        case AnswerIdea():
            _stands(state)
            if state.shipped is not None:
                raise Rejected("shipped", "It came true.")
            known = state.answered
            if known is not None and (known.status, known.text) == (command.status, command.text):
                return []
            return [said(IdeaAnswered, command, **of)]
        case ShipIdea():
            return _ship(command, state, of)
        case MeasureIdea():
            return _measure(command, state, of)


def _vote(command: VoteForIdea, state: Idea, author: str, of: dict[str, Any]) -> list[IdeaEvent]:
    if command.voter in state.voters:
        return []
    if command.voter == author:
        raise Rejected("own_idea", "It is your own idea.")
    _stands(state)
    if state.settled:
        raise Rejected("settled", "Nothing more is to be wished of it.")
    return [said(IdeaVoted, command, **of)]


def _take_back(command: TakeVoteBack, state: Idea, of: dict[str, Any]) -> list[IdeaEvent]:
    if command.voter in state.voters:
        return [said(VoteTakenBack, command, **of)]
    if command.voter in state.gone:
        return []
    raise Rejected("no_vote", "There is no vote of yours.")


def _merge(command: MergeIdea, state: Idea, of: dict[str, Any]) -> list[IdeaEvent]:
    if state.merged is not None and state.merged.into == command.into:
        return []
    _stands(state)
    if command.into == command.idea:
        raise Rejected("into_itself", "It is the same as itself.")
    if state.settled:
        raise Rejected("settled", "It has its answer.")
    return [said(IdeaMerged, command, **of)]


def _ship(command: ShipIdea, state: Idea, of: dict[str, Any]) -> list[IdeaEvent]:
    if (known := state.shipped) is not None:
        if (known.on, known.watched) == (command.on, command.watched):
            return []
        raise Rejected("shipped", f"It came true on {known.on}.")
    _stands(state)
    if command.on > command.at.date():
        raise Rejected("not_yet", f"{command.on} is still to come.")
    watched = command.watched
    if watched is not None and (watched.measure == "sales") != (watched.step is None):
        raise Rejected("watched_wrong", "Sales have no step, and everything else has one.")
    return [said(IdeaShipped, command, **of)]


def _measure(command: MeasureIdea, state: Idea, of: dict[str, Any]) -> list[IdeaEvent]:
    if state.shipped is None:
        raise Rejected("not_shipped", "It has not come true.")
    if state.shipped.watched is None:
        raise Rejected("nothing_watched", "Nothing was named that it is to move.")
    if command.at.date() <= state.shipped.on + timedelta(days=command.days):
        raise Rejected("too_early", f"{command.days} days after {state.shipped.on} are not over.")
    known = state.measured
    if known is not None and (known.days, known.before, known.after) == (command.days, command.before, command.after):
        return []
    found = change(command.before, command.after, more_is_better=state.shipped.watched.measure == "sales")
    told = {"verdict": found.verdict, "effect": found.effect, "low": found.low, "high": found.high}
    return [said(IdeaMeasured, command, **of, **told)]


def _stands(state: Idea) -> None:
    if state.merged is not None:
        raise Rejected("merged", f"It goes on as {state.merged.into}.")


def evolve(state: Idea, event: IdeaEvent) -> Idea:
    """What happened counts."""
    match event:
        case IdeaProposed():
            return replace(state, proposed=event)
        case IdeaVoted(voter=voter):
            return replace(state, voters=state.voters | {voter}, gone=state.gone - {voter})
        case VoteTakenBack(voter=voter):
            return replace(state, voters=state.voters - {voter}, gone=state.gone | {voter})
        case IdeaMerged():
            return replace(state, merged=event)
        case IdeaAnswered():
            return replace(state, answered=event)
        case IdeaShipped():
            return replace(state, shipped=event)
        case IdeaMeasured():
            return replace(state, measured=event)


idea = Decider("idea", IdeaEvent, Idea(), decide, evolve)
