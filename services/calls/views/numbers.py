"""For which campaign does a customer call who calls this number?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.calls.events.campaigns import NumberAssigned, NumberEvent
from shared.contracts.calls import TOPIC
from shared.kernel import View


class KnownNumber(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A number, by which it is found in one look. `assigned`: what holds now; `history`: all that was said, oldest
    first."""

    number: str
    assigned: NumberAssigned | None = None
    history: list[NumberEvent] = []


def by_number(event: NumberEvent) -> Iterable[tuple[str, NumberEvent]]:
    """One document a number."""
    return [(event.number, event)]


def fold(doc: KnownNumber | None, event: NumberEvent, sign: int) -> KnownNumber:
    """A command's events are never reversed."""
    doc = doc or KnownNumber(number=event.number)
    doc.assigned = event if isinstance(event, NumberAssigned) else None
    doc.history.append(event)
    return doc


def newer(one: KnownNumber, other: KnownNumber) -> KnownNumber:
    """A number is in one partition: there is one shard, but for a moment of a move."""
    return one if len(one.history) >= len(other.history) else other


def indexed(doc: KnownNumber) -> dict[str, str | int | None]:
    """Found by campaign and by medium; what was released is found under none."""
    held = doc.assigned
    return {"campaign": held.campaign if held else "", "media": held.media if held else "", "number": doc.number}


numbers = View(
    "numbers",
    1,
    TOPIC,
    NumberEvent,
    KnownNumber,
    by_number,
    fold,
    newer,
    indexes=("campaign", "media", "number"),
    fields=indexed,
)
