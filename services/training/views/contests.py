"""Which contests are there, and who takes part?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.training.events.contests import (
    ContestCancelled,
    ContestEvent,
    ContestJoined,
    ContestLeft,
    ContestOpened,
)
from shared.contracts.training import TOPIC
from shared.kernel import View


class KnownContest(msgspec.Struct, kw_only=True):
    """A contest. `agents`: who takes part, sorted; `changes` counts the events behind this."""

    partner_id: str
    contest: str
    opened: ContestOpened | None = None
    agents: list[str] = []
    cancelled: bool = False
    changes: int = 0


def by_contest(event: ContestEvent) -> Iterable[tuple[str, ContestEvent]]:
    """One document a contest."""
    return [(f"{event.partner_id}:{event.contest}", event)]


def fold(doc: KnownContest | None, event: ContestEvent, sign: int) -> KnownContest:
    """A command's events are never reversed."""
    doc = doc or KnownContest(partner_id=event.partner_id, contest=event.contest)
    doc.changes += 1
    match event:
        case ContestOpened():
            doc.opened = event
        case ContestJoined(agent=agent):
            doc.agents = sorted({*doc.agents, agent})
        case ContestLeft(agent=agent):
            doc.agents = [one for one in doc.agents if one != agent]
        case ContestCancelled():
            doc.cancelled = True
    return doc


def newer(one: KnownContest, other: KnownContest) -> KnownContest:
    """A contest's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownContest) -> dict[str, str | int | None]:
    """Found by partner, and by whether it was cancelled."""
    return {"partner": doc.partner_id, "cancelled": "yes" if doc.cancelled else "no"}


contests = View(
    "contests",
    1,
    TOPIC,
    ContestEvent,
    KnownContest,
    by_contest,
    fold,
    newer,
    indexes=("partner", "cancelled"),
    fields=indexed,
)
