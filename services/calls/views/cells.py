"""The documents of one cell: whose figures they hold, their keys and index fields, and how events find them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from services.calls.views.measures import Cell, CountedEvent, Measure, measures
from services.calls.views.tally import Change
from shared.contracts.partners import Counts

Part = tuple[Cell, list[Change]]


class CellDocument(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Whose figures a document holds; None as in `Cell`."""

    partner: str
    campaign: str | None = None
    agent: str | None = None
    direction: str | None = None
    counts: Counts = "production"


def whose(cell: Cell) -> dict[str, Any]:
    """The fields of a document that say whose figures it holds."""
    return {
        "partner": cell.partner,
        "campaign": cell.campaign,
        "agent": cell.agent,
        "direction": cell.direction,
        "counts": cell.counts,
    }


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


def router_by(period_of: Callable[[Cell], str | int]) -> Callable[[CountedEvent], list[tuple[str, Part]]]:
    """A route to one document for each period and cell, each with one part."""

    def route(event: CountedEvent) -> list[tuple[str, Part]]:
        found = measures(event)
        if len(found) == 1:
            cell, _, _, changes = found[0]
            return [(key_of(period_of(cell), cell), (cell, changes))]
        return list(_by_key(found, period_of))

    return route


def _by_key(found: Sequence[Measure], period_of: Callable[[Cell], str | int]) -> Iterator[tuple[str, Part]]:
    """A state that lasts for hours touches many quarters but few days: each document gets one sum of its steps."""
    parts: dict[str, tuple[Cell, dict[tuple[str, str | int | None], int]]] = {}
    for cell, _, _, changes in found:
        _, sums = parts.setdefault(key_of(period_of(cell), cell), (cell, {}))
        for field, entry, amount in changes:
            sums[field, entry] = sums.get((field, entry), 0) + amount
    for key, (cell, sums) in parts.items():
        yield key, (cell, [(field, entry, amount) for (field, entry), amount in sums.items()])
