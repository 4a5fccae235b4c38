"""What did each partner commit to?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.training.events.capacity import CapacityCommitted, CapacityEvent
from shared.contracts.training import TOPIC
from shared.kernel import View


class KnownCapacity(msgspec.Struct, kw_only=True):
    """What was said, in the order of the days from which it holds; `changes` counts the events behind this."""

    partner_id: str
    said: list[CapacityCommitted] = []
    changes: int = 0


def by_partner(event: CapacityEvent) -> Iterable[tuple[str, CapacityEvent]]:
    """One document a partner."""
    return [(event.partner_id, event)]


def fold(doc: KnownCapacity | None, event: CapacityEvent, sign: int) -> KnownCapacity:
    """A command's events are never reversed."""
    doc = doc or KnownCapacity(partner_id=event.partner_id)
    doc.changes += 1
    others = [one for one in doc.said if one.starts != event.starts]
    doc.said = sorted([*others, event], key=lambda one: one.starts)
    return doc


def newer(one: KnownCapacity, other: KnownCapacity) -> KnownCapacity:
    """A partner is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownCapacity) -> dict[str, str | int | None]:
    """Found by partner."""
    return {"partner": doc.partner_id}


known_capacity = View(
    "capacity",
    1,
    TOPIC,
    CapacityEvent,
    KnownCapacity,
    by_partner,
    fold,
    newer,
    indexes=("partner",),
    fields=indexed,
)
