"""How is a partner staffed?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.training.events.staffing import StaffingEvent, StaffingSet
from shared.contracts.training import TOPIC
from shared.kernel import View


class KnownStaffing(msgspec.Struct, kw_only=True):
    """What was said last; `changes` counts how often something was."""

    partner_id: str
    staffing: StaffingSet
    changes: int = 0


def by_partner(event: StaffingEvent) -> Iterable[tuple[str, StaffingEvent]]:
    """One document a partner."""
    return [(event.partner_id, event)]


def fold(doc: KnownStaffing | None, event: StaffingEvent, sign: int) -> KnownStaffing:
    """A command's events are never reversed."""
    changes = doc.changes if doc else 0
    return KnownStaffing(partner_id=event.partner_id, staffing=event, changes=changes + 1)


def newer(one: KnownStaffing, other: KnownStaffing) -> KnownStaffing:
    """A partner is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownStaffing) -> dict[str, str | int | None]:
    """Found by partner."""
    return {"partner": doc.partner_id}


known_staffing = View(
    "staffing",
    1,
    TOPIC,
    StaffingEvent,
    KnownStaffing,
    by_partner,
    fold,
    newer,
    indexes=("partner",),
    fields=indexed,
)
