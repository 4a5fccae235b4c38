"""Which hot leads did a partner hand over, and were they taken over in time? A contract may pay by their share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from shared.contracts.calls import TOPIC
from shared.contracts.selling import HandoverMissed, HandoverTaken, LeadHandedOver
from shared.kernel import View

HandoverFact = LeadHandedOver | HandoverTaken | HandoverMissed


class MonthHandover(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A hand-over of production or of a test; `in_time` None: its deadline has not decided yet."""

    handover: str
    partner: str
    asked_at: datetime | None = None
    in_time: bool | None = None
    is_test: bool = False


def by_handover(event: HandoverFact) -> Iterable[tuple[str, HandoverFact]]:
    """One document a hand-over."""
    return [(event.handover, event)]


def fold(doc: MonthHandover | None, event: HandoverFact, sign: int) -> MonthHandover:
    """A command's events are never reversed. What was missed stays missed: who takes it afterwards is not in time."""
    doc = doc or MonthHandover(handover=event.handover, partner=event.partner)
    match event:
        case LeadHandedOver():
            doc.asked_at, doc.is_test = event.at, event.counts == "test"
        case HandoverTaken():
            doc.in_time = event.in_time
        case HandoverMissed():
            doc.in_time = False
    return doc


def whole(one: MonthHandover, other: MonthHandover) -> MonthHandover:
    """A hand-over is in one partition: there is one shard, but for a moment of a move."""
    return one if one.in_time is not None or other.asked_at is None else other


def indexed(doc: MonthHandover) -> dict[str, str | int | None]:
    """Found by partner, in the order in which they were asked for."""
    return {"partner": doc.partner, "asked": round(doc.asked_at.timestamp() * 1000) if doc.asked_at else None}


month_handovers = View(
    "month_handovers",
    1,
    TOPIC,
    HandoverFact,
    MonthHandover,
    by_handover,
    fold,
    whole,
    indexes=("partner", "asked"),
    fields=indexed,
)
