"""How partners, campaigns and agents perform: tallies by quarter of an hour and by day."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from services.calls.views.cells import CellDocument, Part, identity_fields, router_by, whose
from services.calls.views.measures import Cell, CountedEvent
from services.calls.views.tally import Tally
from shared.contracts.calls import TOPIC
from shared.kernel import View


class Performance(CellDocument, kw_only=True, omit_defaults=True):
    """The sums of one cell over a period."""

    tally: Tally = msgspec.field(default_factory=Tally)


class QuarterPerformance(Performance, kw_only=True, omit_defaults=True):
    """Of the quarter of an hour that begins at `interval` (ms since the epoch)."""

    interval: int


class DayPerformance(Performance, kw_only=True, omit_defaults=True):
    """Of a day in the partner's zone."""

    day: str


M = TypeVar("M", bound=Performance)


def merge(one: M, other: M) -> M:
    """Two shards of one document, added up."""
    one.tally.add(other.tally)
    return one


def _folder(new: Callable[[Cell], M]) -> Callable[[M | None, Part, int], M]:
    def fold(doc: M | None, part: Part, sign: int) -> M:
        cell, changes = part
        doc = doc or new(cell)
        apply = doc.tally.apply
        for field, entry, amount in changes:
            apply(field, entry, sign * amount)
        return doc

    return fold


performance: View[CountedEvent, QuarterPerformance, Part] = View(
    "performance",
    version=2,
    topic=TOPIC,
    events=CountedEvent,
    doc=QuarterPerformance,
    route=router_by(lambda cell: cell.interval),
    fold=_folder(lambda cell: QuarterPerformance(interval=cell.interval, **whose(cell))),
    merge=merge,
    indexes=("partner", "campaign", "agent", "counts", "interval"),
    fields=lambda doc: identity_fields(doc) | {"interval": doc.interval},
)

performance_day: View[CountedEvent, DayPerformance, Part] = View(
    "performance_day",
    version=2,
    topic=TOPIC,
    events=CountedEvent,
    doc=DayPerformance,
    route=router_by(lambda cell: cell.day),
    fold=_folder(lambda cell: DayPerformance(day=cell.day, **whose(cell))),
    merge=merge,
    indexes=("partner", "campaign", "agent", "counts", "day"),
    fields=lambda doc: identity_fields(doc) | {"day": doc.day},
)
