"""Who holds, or held, the certificate of a course, and until when?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.training import TOPIC, AgentCertified, CertificationLapsed
from shared.kernel import View

CertifiedEvent = AgentCertified | CertificationLapsed


class KnownCertificate(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An agent's in a course: as last given, and how it lapsed if it did. `history`: all of it, oldest first."""

    partner: str
    agent: str
    course: str
    certified: AgentCertified | None = None
    lapsed: CertificationLapsed | None = None
    history: list[CertifiedEvent] = []


def by_agent_and_course(event: CertifiedEvent) -> Iterable[tuple[str, CertifiedEvent]]:
    """One document for an agent's certificate of a course."""
    return [(f"{event.partner_id}:{event.agent}:{event.course}", event)]


def fold(doc: KnownCertificate | None, event: CertifiedEvent, sign: int) -> KnownCertificate:
    """A command's events are never reversed."""
    doc = doc or KnownCertificate(partner=event.partner_id, agent=event.agent, course=event.course)
    doc.history.append(event)
    match event:
        case AgentCertified():
            doc.certified, doc.lapsed = event, None
        case CertificationLapsed():
            doc.lapsed = event
    return doc


def newer(one: KnownCertificate, other: KnownCertificate) -> KnownCertificate:
    """An agent's are in one partition: there is one shard, but for a moment of a move."""
    return one if len(one.history) >= len(other.history) else other


def indexed(doc: KnownCertificate) -> dict[str, str | int | None]:
    """Found by whose it is, of what, whether it is held, until when (day, as a number), and the manual's version."""
    held = doc.certified if doc.lapsed is None else None
    return {
        "partner": doc.partner,
        "course": doc.course,
        "certificate": doc.certified.certificate if doc.certified else None,
        "held": 1 if held else 0,
        "expires": held.valid_until.toordinal() if held else None,
        "major": held.major if held else None,
    }


certificates = View(
    "certificates",
    1,
    TOPIC,
    CertifiedEvent,
    KnownCertificate,
    by_agent_and_course,
    fold,
    newer,
    indexes=("partner", "course", "certificate", "held", "expires", "major"),
    fields=indexed,
)
