"""How partners, campaigns and agents perform: tallies by quarter of an hour, by day and by month."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from services.calls.views.measures import Cell, Measure, measures
from services.calls.views.tally import Change, Tally
from shared.contracts.calls import TOPIC, PublicCallEvent
from shared.contracts.partners import Counts
from shared.kernel import View


class CellDocument(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Whose figures a document holds; None as in `Cell`."""

    partner: str
    campaign: str | None = None
    agent: str | None = None
    direction: str | None = None
    counts: Counts = "production"


class Performance(CellDocument, kw_only=True, omit_defaults=True):
    """The sums of one cell over a period."""

    tally: Tally = msgspec.field(default_factory=Tally)


class QuarterPerformance(Performance, kw_only=True, omit_defaults=True):
    """Of the quarter of an hour that begins at `interval` (ms since the epoch)."""

    interval: int


class DayPerformance(Performance, kw_only=True, omit_defaults=True):
    """Of a day in the partner's zone."""

    day: str


class MonthPerformance(Performance, kw_only=True, omit_defaults=True):
    """Of a month in the partner's zone (`2026-03`): the sum of its days, so that long periods are read quickly."""

    month: str


Part = tuple[Cell, list[Change]]
M = TypeVar("M", bound=Performance)


def key_of(period: str | int, cell: Cell) -> str:
    """The key of a document: the period and whose figures it holds."""
    _, _, partner, campaign, agent, direction, counts = cell
    return f"{period}|{quoted(partner)}|{quoted(campaign)}|{quoted(agent)}|{direction or ''}|{counts}"


def quoted(name: str | None) -> str:
    """A name that may stand between the bars of a key."""
    if name is None:
        return ""
    return name.replace("%", "%25").replace("|", "%7C") if "|" in name or "%" in name else name


def identity_fields(doc: CellDocument) -> dict[str, str | int | None]:
    """The values of the indexes that say whose figures a document holds; the rows of none are found under `""`."""
    return {"partner": doc.partner, "campaign": doc.campaign or "", "agent": doc.agent or "", "counts": doc.counts}


def merge(one: M, other: M) -> M:
    """Two shards of one document, added up."""
    one.tally.add(other.tally)
    return one


def _router(period_of: Callable[[Cell], str | int]) -> Callable[[PublicCallEvent], list[tuple[str, Part]]]:
    def route(event: PublicCallEvent) -> list[tuple[str, Part]]:
        found = measures(event)
        if len(found) == 1:
            cell, _, _, changes = found[0]
            return [(key_of(period_of(cell), cell), (cell, changes))]
        return list(_by_key(found, period_of))

    return route


def _by_key(found: list[Measure], period_of: Callable[[Cell], str | int]) -> Iterator[tuple[str, Part]]:
    """A state that lasts for hours touches many quarters but few days: each document gets one sum of its steps."""
    parts: dict[str, tuple[Cell, dict[tuple[str, str | int | None], int]]] = {}
    for cell, _, _, changes in found:
        _, sums = parts.setdefault(key_of(period_of(cell), cell), (cell, {}))
        for field, entry, amount in changes:
            sums[field, entry] = sums.get((field, entry), 0) + amount
    for key, (cell, sums) in parts.items():
        yield key, (cell, [(field, entry, amount) for (field, entry), amount in sums.items()])


def _folder(new: Callable[[Cell], M]) -> Callable[[M | None, Part, int], M]:
    def fold(doc: M | None, part: Part, sign: int) -> M:
        cell, changes = part
        doc = doc or new(cell)
        apply = doc.tally.apply
        for field, entry, amount in changes:
            apply(field, entry, sign * amount)
        return doc

    return fold


def _whose(cell: Cell) -> dict[str, Any]:
    return {
        "partner": cell.partner,
        "campaign": cell.campaign,
        "agent": cell.agent,
        "direction": cell.direction,
        "counts": cell.counts,
    }


performance: View[PublicCallEvent, QuarterPerformance, Part] = View(
    "performance",
    version=1,
    topic=TOPIC,
    events=PublicCallEvent,
    doc=QuarterPerformance,
    route=_router(lambda cell: cell.interval),
    fold=_folder(lambda cell: QuarterPerformance(interval=cell.interval, **_whose(cell))),
    merge=merge,
    indexes=("partner", "campaign", "agent", "counts", "interval"),
    fields=lambda doc: identity_fields(doc) | {"interval": doc.interval},
)

performance_day: View[PublicCallEvent, DayPerformance, Part] = View(
    "performance_day",
    version=1,
    topic=TOPIC,
    events=PublicCallEvent,
    doc=DayPerformance,
    route=_router(lambda cell: cell.day),
    fold=_folder(lambda cell: DayPerformance(day=cell.day, **_whose(cell))),
    merge=merge,
    indexes=("partner", "campaign", "agent", "counts", "day"),
    fields=lambda doc: identity_fields(doc) | {"day": doc.day},
)

performance_month: View[PublicCallEvent, MonthPerformance, Part] = View(
    "performance_month",
    version=1,
    topic=TOPIC,
    events=PublicCallEvent,
    doc=MonthPerformance,
    route=_router(lambda cell: cell.day[:7]),
    fold=_folder(lambda cell: MonthPerformance(month=cell.day[:7], **_whose(cell))),
    merge=merge,
    indexes=("partner", "campaign", "agent", "counts", "month"),
    fields=lambda doc: identity_fields(doc) | {"month": doc.month},
)
