"""Which sessions are there, who is invited, who came, and what did they think of it?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

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
from shared.contracts.training import TOPIC, SessionHeld
from shared.kernel import View

SessionState = Literal["planned", "cancelled", "held"]


class Invitation(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An agent's. `said_at`: when it was made or withdrawn; `withdrawn`: the agent need not come; `present` None:
    nobody said."""

    partner: str
    agent: str
    sequence: int
    said_at: datetime
    withdrawn: bool = False
    present: bool | None = None
    marks: dict[str, int] = {}


class KnownSession(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A session, with its invitations by `<partner>:<agent>`.."""

    session: str
    planned: SessionPlanned | None = None
    state: SessionState = "planned"
    sequence: int = 0
    invitations: dict[str, Invitation] = {}
    held: SessionHeld | None = None
    cancelled: SessionCancelled | None = None
    recording: str = ""
    changes: int = 0

    @property
    def invited(self) -> list[Invitation]:
        """Those who are to come."""
        return [one for one in self.invitations.values() if not one.withdrawn]


def by_session(event: SessionEvent) -> Iterable[tuple[str, SessionEvent]]:
    """One document a session."""
    return [(event.session, event)]


def fold(doc: KnownSession | None, event: SessionEvent, sign: int) -> KnownSession:
    """A command's events are never reversed."""
    doc = doc or KnownSession(session=event.session)
    doc.changes += 1
    match event:
        case SessionPlanned(sequence=sequence):
            doc.planned, doc.sequence = event, sequence
        case AgentInvited(partner_id=partner, agent=agent, sequence=sequence):
            one = Invitation(partner=partner, agent=agent, sequence=sequence, said_at=event.at)
            doc.invitations[f"{partner}:{agent}"] = one
            doc.sequence = sequence
        case InvitationWithdrawn(sequence=sequence):
            one = _of(doc, event)
            one.withdrawn, one.sequence, one.said_at, one.present = True, sequence, event.at, None
            doc.sequence = sequence
        case SessionCancelled(sequence=sequence):
            doc.state, doc.cancelled, doc.sequence = "cancelled", event, sequence
        case AttendanceNoted(present=present):
            _of(doc, event).present = present
        case SessionHeld():
            doc.state, doc.held = "held", event
        case RecordingLinked(url=url):
            doc.recording = url
        case FeedbackGiven(marks=marks):
            _of(doc, event).marks = marks
    return doc


def _of(doc: KnownSession, event: InvitationWithdrawn | AttendanceNoted | FeedbackGiven) -> Invitation:
    return doc.invitations[f"{event.partner_id}:{event.agent}"]


def newer(one: KnownSession, other: KnownSession) -> KnownSession:
    """A session is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownSession) -> dict[str, str | int | None]:
    """Found by course, state and start (seconds)."""
    planned = doc.planned
    return {
        "course": planned.course if planned else None,
        "state": doc.state,
        "starts": int(planned.starts_at.timestamp()) if planned else None,
    }


sessions = View(
    "sessions",
    1,
    TOPIC,
    SessionEvent,
    KnownSession,
    by_session,
    fold,
    newer,
    indexes=("course", "state", "starts"),
    fields=indexed,
)
