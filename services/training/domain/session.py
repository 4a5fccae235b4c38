"""A live session: planned, moved or cancelled, with as many agents as have a place; who was there, and how it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from services.training.domain.course import AgentId, Id, Text, Title
from services.training.events.sessions import (
    AgentInvited,
    AttendanceNoted,
    FeedbackGiven,
    InvitationWithdrawn,
    RecordingLinked,
    SessionCancelled,
    SessionEvent,
    SessionPlanned,
)
from shared.contracts.training import SessionHeld
from shared.kernel import Command, Decider, Rejected, said
from shared.masking import masked
from shared.names import PartnerId

Minutes = Annotated[int, msgspec.Meta(ge=5, le=720)]
Mark = Annotated[int, msgspec.Meta(ge=1, le=5)]
Link = Annotated[str, msgspec.Meta(pattern=r"^https://[^\s<>\"]{3,1000}$(?!\n)")]
EMail = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{3,250}$(?!\n)")]
FORM: Mapping[str, str] = {
    "understood": "I understood what it was about.",
    "useful": "It helps me in my calls.",
    "pace": "The pace was right.",
    "questions": "My questions were answered.",
}
"""The feedback form; each is answered by a mark from 1, not at all, to 5, wholly."""
Who = tuple[str, str]
"""Partner and agent."""


class PlanSession(Command, frozen=True, kw_only=True):
    """Say when and where the session is; a new one is made by it, and one that is known is moved, which its invitations
    then say. `starts_at`: with its offset; `time_zone`: in which it is told.

    409 `session_cancelled`, `session_held`, `no_time_zone` for a time without an offset or a zone that is none,
    `capacity_too_small` for those who are invited, `in_the_past`, `other_course`.
    """

    session: Id
    course: Id
    title: Title
    starts_at: datetime
    time_zone: Annotated[str, msgspec.Meta(max_length=60)]
    minutes: Minutes
    capacity: Annotated[int, msgspec.Meta(ge=1, le=5000)]
    place: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    contact: EMail
    trainer: Annotated[str, msgspec.Meta(max_length=200)] = ""
    at: datetime
    by: str


class InviteAgent(Command, frozen=True, kw_only=True):
    """Ask an agent to come. 409 `unknown_session`, `session_full`, `session_cancelled`, `session_held`."""

    session: Id
    partner_id: PartnerId
    agent: AgentId
    at: datetime
    by: str


class WithdrawInvitation(Command, frozen=True, kw_only=True):
    """Ask an agent no more; the place is free again. 409 `unknown_session`, `not_invited`, `session_cancelled`,
    `session_held`."""

    session: Id
    partner_id: PartnerId
    agent: AgentId
    at: datetime
    by: str


class CancelSession(Command, frozen=True, kw_only=True):
    """Let it not take place. 409 `unknown_session`, `session_held`."""

    session: Id
    reason: Text
    at: datetime
    by: str


class NoteAttendance(Command, frozen=True, kw_only=True):
    """Say whether an invited agent was there; the last word holds. 409 `unknown_session`, `not_invited`, `not_begun`,
    `session_cancelled`."""

    session: Id
    partner_id: PartnerId
    agent: AgentId
    present: bool
    at: datetime
    by: str


class HoldSession(Command, frozen=True, kw_only=True):
    """Say that it took place, and for how many minutes. 409 `unknown_session`, `not_begun`, `session_cancelled`."""

    session: Id
    minutes: Minutes
    at: datetime
    by: str


class LinkRecording(Command, frozen=True, kw_only=True):
    """Say where it can be seen again (https). 409 `unknown_session`, `not_begun`, `session_cancelled`."""

    session: Id
    url: Link
    at: datetime
    by: str


class GiveFeedback(Command, frozen=True, kw_only=True):
    """Say how it was: a mark from 1 to 5 for each question of the form; said again, the last word holds. 409
    `unknown_session`, `not_there` for who was not, `form_not_filled`, `session_cancelled`."""

    session: Id
    partner_id: PartnerId
    agent: AgentId
    marks: dict[str, Mark]
    at: datetime
    by: str


SessionCommand = (
    PlanSession
    | InviteAgent
    | WithdrawInvitation
    | CancelSession
    | NoteAttendance
    | HoldSession
    | LinkRecording
    | GiveFeedback
)


@dataclass(frozen=True)
class Session:
    """What is known of it. `sequence`: how often what invitations say has changed."""

    planned: SessionPlanned | None = None
    sequence: int = 0
    invited: frozenset[Who] = frozenset()
    withdrawn: frozenset[Who] = frozenset()
    present: Mapping[Who, bool] = field(default_factory=dict)
    cancelled: bool = False
    held: bool = False
    recording: str = ""
    marks: Mapping[Who, Mapping[str, int]] = field(default_factory=dict)


def decide(command: SessionCommand, state: Session) -> list[SessionEvent]:
    """What each command leads to."""
    if isinstance(command, PlanSession):
        return _plan(command, state)
    planned = state.planned
    if planned is None:
        raise Rejected("unknown_session", f"There is no session {command.session}.")
    if isinstance(command, CancelSession):
        if state.cancelled:
            return []
        _not_held(state)
        return [said(SessionCancelled, command, reason=masked(command.reason), sequence=state.sequence + 1)]
    if state.cancelled:
        raise Rejected("session_cancelled", f"{command.session} does not take place.")
    match command:
        case InviteAgent():
            return _invite(command, planned, state)
        case WithdrawInvitation(partner_id=partner, agent=agent):
            if (partner, agent) in state.withdrawn:
                return []
            _invited((partner, agent), state)
            _not_held(state)
            return [said(InvitationWithdrawn, command, sequence=state.sequence + 1)]
        case NoteAttendance(partner_id=partner, agent=agent, present=present):
            _invited((partner, agent), state)
            _begun(command.at, planned)
            return [] if state.present.get((partner, agent)) is present else [said(AttendanceNoted, command)]
        case HoldSession():
            _begun(command.at, planned)
            return [] if state.held else [_held(command, planned, state)]
        case LinkRecording(url=url):
            _begun(command.at, planned)
            return [] if state.recording == url else [said(RecordingLinked, command)]
        case GiveFeedback():
            return _feedback(command, state)


def _plan(command: PlanSession, state: Session) -> list[SessionEvent]:
    event = said(SessionPlanned, command, sequence=state.sequence)
    known = state.planned
    if known is not None and msgspec.structs.replace(known, at=event.at, by=event.by, sequence=state.sequence) == event:
        return []
    if state.cancelled:
        raise Rejected("session_cancelled", f"{command.session} does not take place.")
    _not_held(state)
    if command.starts_at.tzinfo is None or not _is_zone(command.time_zone):
        raise Rejected("no_time_zone", "A session has a time with its offset, and a time zone by its IANA name.")
    if command.starts_at <= command.at:
        raise Rejected("in_the_past", "It would have begun already.")
    if known is not None and known.course != command.course:
        raise Rejected("other_course", f"It is a session of {known.course}; plan another one.")
    if command.capacity < len(state.invited):
        raise Rejected("capacity_too_small", f"{len(state.invited)} agents are invited.")
    return [msgspec.structs.replace(event, sequence=state.sequence + 1 if known is not None else 0)]


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such zone, or no name of one
        return False
    return True


def _invite(command: InviteAgent, planned: SessionPlanned, state: Session) -> list[SessionEvent]:
    who = (command.partner_id, command.agent)
    if who in state.invited:
        return []
    _not_held(state)
    if len(state.invited) >= planned.capacity:
        raise Rejected("session_full", f"All {planned.capacity} places are taken.")
    # Who was asked no more has a cancellation of the last sequence, which only a higher one takes back.
    again = 1 if who in state.withdrawn else 0
    return [said(AgentInvited, command, sequence=state.sequence + again)]


def _held(command: HoldSession, planned: SessionPlanned, state: Session) -> SessionHeld:
    attended = sum(1 for who in state.invited if state.present.get(who))
    return said(
        SessionHeld,
        command,
        course=planned.course,
        started_at=planned.starts_at,
        invited=len(state.invited),
        attended=attended,
    )


def _feedback(command: GiveFeedback, state: Session) -> list[SessionEvent]:
    who = (command.partner_id, command.agent)
    if not state.present.get(who):
        raise Rejected("not_there", "Only who was there can say how it was.")
    if command.marks.keys() != FORM.keys():
        raise Rejected("form_not_filled", f"The form asks for {', '.join(FORM)}.")
    return [] if state.marks.get(who) == command.marks else [said(FeedbackGiven, command)]


def _invited(who: Who, state: Session) -> None:
    if who not in state.invited:
        raise Rejected("not_invited", f"{who[1]} of {who[0]} is not invited.")


def _not_held(state: Session) -> None:
    if state.held:
        raise Rejected("session_held", "It has taken place.")


def _begun(at: datetime, planned: SessionPlanned) -> None:
    if at < planned.starts_at:
        raise Rejected("not_begun", "It has not begun yet.")


def evolve(state: Session, event: SessionEvent) -> Session:
    """What each event changes."""
    match event:
        case SessionPlanned(sequence=sequence):
            return replace(state, planned=event, sequence=sequence)
        case AgentInvited(partner_id=partner, agent=agent, sequence=sequence):
            who = (partner, agent)
            left = state.withdrawn - {who}
            return replace(state, invited=state.invited | {who}, withdrawn=left, sequence=sequence)
        case InvitationWithdrawn(partner_id=partner, agent=agent, sequence=sequence):
            who = (partner, agent)
            gone = {one: present for one, present in state.present.items() if one != who}
            return replace(
                state,
                invited=state.invited - {who},
                withdrawn=state.withdrawn | {who},
                present=gone,
                sequence=sequence,
            )
        case SessionCancelled(sequence=sequence):
            return replace(state, cancelled=True, sequence=sequence)
        case AttendanceNoted(partner_id=partner, agent=agent, present=present):
            return replace(state, present={**state.present, (partner, agent): present})
        case SessionHeld():
            return replace(state, held=True)
        case RecordingLinked(url=url):
            return replace(state, recording=url)
        case FeedbackGiven(partner_id=partner, agent=agent, marks=marks):
            return replace(state, marks={**state.marks, (partner, agent): marks})


session: Decider[SessionCommand, SessionEvent, Session] = Decider("session", SessionEvent, Session(), decide, evolve)
