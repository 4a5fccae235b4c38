"""What is in each rota, and does it hold?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from services.training.events.rotas import RotaDrafted, RotaEvent, RotaPublished, RotaShift, ShiftSwapped
from services.training.staffing.keeping import exchanged
from shared.contracts.training import TOPIC
from shared.kernel import View


class KnownRota(msgspec.Struct, kw_only=True):
    """A rota. `shifts`: as they are now; `swaps`: what was changed, oldest first; `changes` counts the events behind
    this."""

    partner_id: str
    rota: str
    drafted: RotaDrafted | None = None
    published_at: datetime | None = None
    shifts: list[RotaShift] = []
    swaps: list[ShiftSwapped] = []
    changes: int = 0


def by_rota(event: RotaEvent) -> Iterable[tuple[str, RotaEvent]]:
    """One document a rota."""
    return [(f"{event.partner_id}:{event.rota}", event)]


def fold(doc: KnownRota | None, event: RotaEvent, sign: int) -> KnownRota:
    """A command's events are never reversed."""
    doc = doc or KnownRota(partner_id=event.partner_id, rota=event.rota)
    doc.changes += 1
    match event:
        case RotaDrafted():
            doc.drafted, doc.shifts, doc.swaps = event, list(event.shifts), []
        case RotaPublished():
            doc.published_at = event.at
        case ShiftSwapped(shift=shift, to=to, back=back):
            doc.shifts = list(exchanged(doc.shifts, shift, to, back))
            doc.swaps.append(event)
    return doc


def newer(one: KnownRota, other: KnownRota) -> KnownRota:
    """A rota is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownRota) -> dict[str, str | int | None]:
    """Found by partner."""
    return {"partner": doc.partner_id}


rotas = View("rotas", 1, TOPIC, RotaEvent, KnownRota, by_rota, fold, newer, indexes=("partner",), fields=indexed)
