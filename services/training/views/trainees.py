"""What has an agent read, sat and attended, and what may they try again?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.training.events.certificates import (
    AttemptsGranted,
    CertificateEvent,
    ManualAcknowledged,
    PaperDrawn,
    PaperMarked,
)
from services.training.events.sessions import AgentInvited, AttendanceNoted, InvitationWithdrawn
from shared.contracts.training import TOPIC, AgentCertified, CertificationLapsed
from shared.kernel import View

InvitedEvent = AgentInvited | InvitationWithdrawn | AttendanceNoted
TraineeEvent = CertificateEvent | InvitedEvent


class SatPaper(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A paper, and its mark once it was handed in."""

    drawn: PaperDrawn
    marked: PaperMarked | None = None


class Trainee(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An agent. `read`: the versions of each course's manual that were acknowledged, oldest first; `papers` by id;
    `sessions`: those that the agent is invited to, and whether they came where somebody said."""

    partner: str
    agent: str
    read: dict[str, list[ManualAcknowledged]] = {}
    papers: dict[str, SatPaper] = {}
    sessions: dict[str, bool | None] = {}
    changes: int = 0


def by_agent(event: TraineeEvent) -> Iterable[tuple[str, TraineeEvent]]:
    """One document an agent."""
    return [(f"{event.partner_id}:{event.agent}", event)]


def fold(doc: Trainee | None, event: TraineeEvent, sign: int) -> Trainee:
    """A command's events are never reversed."""
    doc = doc or Trainee(partner=event.partner_id, agent=event.agent)
    match event:
        case AgentInvited(session=session):
            doc.sessions[session] = None
            return doc
        case InvitationWithdrawn(session=session):
            doc.sessions.pop(session, None)
            return doc
        case AttendanceNoted(session=session, present=present):
            doc.sessions[session] = present
            return doc
        case ManualAcknowledged(course=course):
            doc.read.setdefault(course, []).append(event)
        case PaperDrawn(paper=paper):
            doc.papers[paper] = SatPaper(drawn=event)
        case PaperMarked(paper=paper):
            doc.papers[paper].marked = event
        case AttemptsGranted() | AgentCertified() | CertificationLapsed():
            pass
    doc.changes += 1
    return doc


def whole(one: Trainee, other: Trainee) -> Trainee:
    """What an agent learned is in one partition; sessions lie wherever they lie, each in one."""
    newer = one if one.changes >= other.changes else other
    return Trainee(
        partner=one.partner,
        agent=one.agent,
        read=newer.read,
        papers=newer.papers,
        sessions=one.sessions | other.sessions,
        changes=newer.changes,
    )


trainees = View(
    "trainees",
    1,
    TOPIC,
    TraineeEvent,
    Trainee,
    by_agent,
    fold,
    whole,
    indexes=("partner",),
    fields=lambda doc: {"partner": doc.partner},
)
