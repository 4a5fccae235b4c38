"""What is recorded of live sessions: when they are, who is invited, who was there, and what they thought of it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from shared.contracts.training import SessionHeld
from shared.kernel import Event


class SessionFact(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Of which session, and when it was said."""

    session: str
    at: datetime
    by: str


class SessionPlanned(SessionFact, frozen=True, kw_only=True, omit_defaults=True):
    """When and where it is; the whole of it, as last said.

    `time_zone`: IANA name of the zone in which its times are told; `place`: an address or a link; `contact`: the e-mail
    address of whoever organises it, a desk's rather than a person's. `sequence`: how often what invitations say has
    changed, from 0 (RFC 5545, 3.8.7.4).
    """

    course: str
    title: str
    starts_at: datetime
    time_zone: str
    minutes: int
    capacity: int
    place: str
    contact: str
    trainer: str = ""
    sequence: int = 0


class AgentInvited(SessionFact, frozen=True, kw_only=True, omit_defaults=True):
    """An agent is asked to come."""

    partner_id: str
    agent: str
    sequence: int


class InvitationWithdrawn(SessionFact, frozen=True, kw_only=True, omit_defaults=True):
    """An agent need not come."""

    partner_id: str
    agent: str
    sequence: int


class SessionCancelled(SessionFact, frozen=True, kw_only=True, omit_defaults=True):
    """It does not take place."""

    reason: str
    sequence: int


class AttendanceNoted(SessionFact, frozen=True, kw_only=True, omit_defaults=True):
    """Whether an agent was there; the last word holds."""

    partner_id: str
    agent: str
    present: bool


class RecordingLinked(SessionFact, frozen=True, kw_only=True, omit_defaults=True):
    """Where it can be seen again."""

    url: str


class FeedbackGiven(SessionFact, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody who was there thinks of it: marks from 1, the worst, to 5, by question of the form."""

    partner_id: str
    agent: str
    marks: dict[str, int] = msgspec.field(default_factory=dict)


SessionEvent = (
    SessionPlanned
    | AgentInvited
    | InvitationWithdrawn
    | SessionCancelled
    | AttendanceNoted
    | SessionHeld
    | RecordingLinked
    | FeedbackGiven
)
