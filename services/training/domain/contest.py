"""A contest: opened for whole weeks, and joined by agents of their own will, before anybody can see how it goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec

from services.training.domain.coaching import MONDAY, AgentId
from services.training.events.contests import (
    ContestCancelled,
    ContestEvent,
    ContestJoined,
    ContestLeft,
    ContestOpened,
)
from shared.kernel import Command, Decider, Rejected, said
from shared.names import PartnerId, Slug

ContestId = Slug
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Above = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,2})?$(?!\n)")]
LONGEST = timedelta(weeks=13)
JOINED_WITHIN = timedelta(weeks=1)
"""Until so long after the beginning somebody may join: later, one would know already how one does."""


class OpenContest(Command, frozen=True, kw_only=True):
    """Open a contest from `starts` until before `ends`, both Mondays. `goal`: so many per cent above what an agent
    usually sells; `campaign`: calls of this one alone count.

    409 `no_monday`, `ends_before`, `too_long` (more than 13 weeks), `starts_before` today, `contest_exists` with
    another content, `cancelled`.
    """

    partner_id: PartnerId
    contest: ContestId
    name: Title
    starts: date
    ends: date
    goal: Above
    campaign: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    at: datetime
    by: str


class JoinContest(Command, frozen=True, kw_only=True):
    """Take part, as the agent who asks. 409 `unknown_contest`, `cancelled`, `begun` more than a week ago."""

    partner_id: PartnerId
    contest: ContestId
    agent: AgentId
    at: datetime
    by: str


class LeaveContest(Command, frozen=True, kw_only=True):
    """Take part no more, as the agent who asks: it is shown no more. Who does not take part has left already.
    409 `unknown_contest`."""

    partner_id: PartnerId
    contest: ContestId
    agent: AgentId
    at: datetime
    by: str


class CancelContest(Command, frozen=True, kw_only=True):
    """Let there be no contest. 409 `unknown_contest`, `over` once it has ended."""

    partner_id: PartnerId
    contest: ContestId
    at: datetime
    by: str


ContestCommand = OpenContest | JoinContest | LeaveContest | CancelContest


@dataclass(frozen=True)
class Contest:
    """What was opened, who takes part, and whether it was cancelled."""

    opened: ContestOpened | None = None
    agents: frozenset[str] = frozenset()
    cancelled: bool = False


def decide(command: ContestCommand, state: Contest) -> list[ContestEvent]:
    """What each command leads to."""
    match command:
        case OpenContest():
            return _open(command, state)
        case JoinContest(agent=agent):
            opened = _known(state)
            if agent in state.agents:
                return []
            if state.cancelled:
                raise Rejected("cancelled", "The contest was cancelled.")
            if command.at.date() >= opened.starts + JOINED_WITHIN:
                raise Rejected("begun", f"It began on {opened.starts}; one joins within a week.")
            return [said(ContestJoined, command)]
        case LeaveContest(agent=agent):
            _known(state)
            return [said(ContestLeft, command)] if agent in state.agents else []
        case CancelContest():
            opened = _known(state)
            if state.cancelled:
                return []
            if command.at.date() >= opened.ends:
                raise Rejected("over", f"It ended before {opened.ends}.")
            return [said(ContestCancelled, command)]


def _open(command: OpenContest, state: Contest) -> list[ContestEvent]:
    event = said(ContestOpened, command)
    if state.cancelled:
        raise Rejected("cancelled", f"{command.contest} was cancelled; open another one.")
    if state.opened is not None:
        if msgspec.structs.replace(state.opened, at=event.at, by=event.by) == event:
            return []
        raise Rejected("contest_exists", f"The contest {command.contest} says something else.")
    if command.starts.weekday() != MONDAY or command.ends.weekday() != MONDAY:
        raise Rejected("no_monday", "A contest is of whole weeks: these days are Mondays.")
    if command.ends <= command.starts:
        raise Rejected("ends_before", "It would be over before it begins.")
    if command.ends - command.starts > LONGEST:
        raise Rejected("too_long", f"A contest is over within {LONGEST.days // 7} weeks.")
    if command.starts < command.at.date():
        raise Rejected("starts_before", "It would have begun already, and some would know how they do.")
    return [event]


def _known(state: Contest) -> ContestOpened:
    if state.opened is None:
        raise Rejected("unknown_contest", "There is no such contest.")
    return state.opened


def evolve(state: Contest, event: ContestEvent) -> Contest:
    """Who takes part is who said so last."""
    match event:
        case ContestOpened():
            return replace(state, opened=event)
        case ContestJoined(agent=agent):
            return replace(state, agents=state.agents | {agent})
        case ContestLeft(agent=agent):
            return replace(state, agents=state.agents - {agent})
        case ContestCancelled():
            return replace(state, cancelled=True)


contest = Decider("contest", ContestEvent, Contest(), decide, evolve)
