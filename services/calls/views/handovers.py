"""The hot leads: what was asked when, who took the customer, and what came of it?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from services.calls.events.handovers import HandoverClosed, HandoverEscalated, HandoverEvent
from services.calls.views.measures import milliseconds
from shared.contracts.calls import TOPIC
from shared.contracts.selling import HandoverMissed, HandoverTaken, LeadHandedOver
from shared.kernel import View

HandoverState = Literal["open", "taken", "closed"]
NEVER = 2**62
"""Stands in the index where time brings nothing about any more."""


class KnownHandover(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A hand-over as it is."""

    handover: str
    partner: str
    asked: LeadHandedOver | None = None
    escalated_at: datetime | None = None
    missed_at: datetime | None = None
    taken: HandoverTaken | None = None
    closed: HandoverClosed | None = None
    changes: int = 0

    @property
    def state(self) -> HandoverState:
        """Where it stands: `open` until somebody takes the customer, also past the deadline."""
        return "closed" if self.closed is not None else "open" if self.taken is None else "taken"

    @property
    def next_at(self) -> datetime | None:
        """When time brings something about; None: nothing any more."""
        if self.asked is None or self.taken is not None or self.missed_at is not None:
            return None
        return self.asked.due_at if self.escalated_at is not None else self.asked.escalates_at or self.asked.due_at


def by_handover(event: HandoverEvent) -> Iterable[tuple[str, HandoverEvent]]:
    """One document a hand-over."""
    return [(event.handover, event)]


def fold(doc: KnownHandover | None, event: HandoverEvent, sign: int) -> KnownHandover:
    """A command's events are never reversed."""
    doc = doc or KnownHandover(handover=event.handover, partner=event.partner)
    doc.changes += 1
    match event:
        case LeadHandedOver():
            doc.asked = event
        case HandoverEscalated(at=at):
            doc.escalated_at = at
        case HandoverTaken():
            doc.taken = event
        case HandoverMissed(at=at):
            doc.missed_at = at
        case HandoverClosed():
            doc.closed = event
    return doc


def newer(one: KnownHandover, other: KnownHandover) -> KnownHandover:
    """A hand-over is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownHandover) -> dict[str, str | int | None]:
    """Found by whose it is, how it stands, when it was asked for, and when time brings something about."""
    asked, following = doc.asked, doc.next_at
    return {
        "partner": doc.partner,
        "agent": asked.agent if asked else "",
        "campaign": (asked.campaign if asked else None) or "",
        "state": doc.state,
        "asked": milliseconds(asked.at) if asked else 0,
        "next": milliseconds(following) if following else NEVER,
    }


handovers = View(
    "handovers",
    1,
    TOPIC,
    HandoverEvent,
    KnownHandover,
    by_handover,
    fold,
    newer,
    indexes=("partner", "agent", "campaign", "state", "asked", "next"),
    fields=indexed,
)
