"""Which certificates did an agent hold, from when until when?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

import msgspec

from shared.contracts.training import TOPIC, AgentCertified, CertificationLapsed
from shared.kernel import View

CertifiedEvent = AgentCertified | CertificationLapsed


class Span(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A certificate was held by a course's assessment: from `since` on, until `valid_until` begins (UTC) or, before
    that, `ended`."""

    course: str
    certificate: str
    since: datetime
    valid_until: date
    ended: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it held at a moment."""
        return (
            self.since <= at
            and at.astimezone(UTC).date() < self.valid_until
            and (self.ended is None or at < self.ended)
        )


class Certified(msgspec.Struct, kw_only=True):
    """An agent's, oldest first."""

    partner: str
    agent: str
    spans: list[Span] = []


def lacking(certified: Certified | None, asked: Sequence[str], at: datetime) -> tuple[str, ...]:
    """Those of the certificates that an agent did not hold at a moment."""
    held = {span.certificate for span in certified.spans if span.holds(at)} if certified is not None else set()
    return tuple(name for name in asked if name not in held)


def by_agent(event: CertifiedEvent) -> Iterable[tuple[str, CertifiedEvent]]:
    """One document an agent."""
    return [(f"{event.partner_id}:{event.agent}", event)]


def fold(doc: Certified | None, event: CertifiedEvent, sign: int) -> Certified:
    """A command's events are never reversed."""
    doc = doc or Certified(partner=event.partner_id, agent=event.agent)
    match event:
        case AgentCertified():
            doc.spans.append(
                Span(
                    course=event.course,
                    certificate=event.certificate,
                    since=event.at,
                    valid_until=event.valid_until,
                )
            )
        case CertificationLapsed(course=course, at=at):
            for span in doc.spans:
                if span.course == course and span.ended is None:
                    span.ended = at
    return doc


def fuller(one: Certified, other: Certified) -> Certified:
    """An agent's are in one partition: there is one shard, but for a moment of a move."""
    return one if len(one.spans) >= len(other.spans) else other


certified = View("certified", 1, TOPIC, CertifiedEvent, Certified, by_agent, fold, fuller)
