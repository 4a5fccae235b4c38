"""Who is coached in what, and what did it bring?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from services.training.events.coaching import CoachingEvent, CoachingWithdrawn
from shared.contracts.training import TOPIC, CoachingMeasured, CoachingStarted
from shared.kernel import View

CoachingState = Literal["running", "measured", "withdrawn"]


class KnownCoaching(msgspec.Struct, kw_only=True):
    """A plan. `changes` counts the events behind this."""

    partner_id: str
    plan: str
    started: CoachingStarted | None = None
    measured: CoachingMeasured | None = None
    withdrawn: CoachingWithdrawn | None = None
    changes: int = 0

    @property
    def state(self) -> CoachingState:
        """How far it is."""
        return "withdrawn" if self.withdrawn else "measured" if self.measured else "running"


def by_plan(event: CoachingEvent) -> Iterable[tuple[str, CoachingEvent]]:
    """One document a plan."""
    return [(f"{event.partner_id}:{event.plan}", event)]


def fold(doc: KnownCoaching | None, event: CoachingEvent, sign: int) -> KnownCoaching:
    """A command's events are never reversed."""
    doc = doc or KnownCoaching(partner_id=event.partner_id, plan=event.plan)
    doc.changes += 1
    match event:
        case CoachingStarted():
            doc.started = event
        case CoachingMeasured():
            doc.measured = event
        case CoachingWithdrawn():
            doc.withdrawn = event
    return doc


def newer(one: KnownCoaching, other: KnownCoaching) -> KnownCoaching:
    """A plan's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownCoaching) -> dict[str, str | int | None]:
    """Found by partner, agent and state."""
    agent = doc.started.agent if doc.started else ""
    return {"partner": doc.partner_id, "agent": agent, "state": doc.state}


coachings = View(
    "coachings",
    1,
    TOPIC,
    CoachingEvent,
    KnownCoaching,
    by_plan,
    fold,
    newer,
    indexes=("partner", "agent", "state"),
    fields=indexed,
)
