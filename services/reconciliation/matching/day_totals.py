"""The second level of the self-audit: the facts of a month added up by day, beside what the dashboards show.

The rules are those of the facts themselves, not those of whoever shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from services.reconciliation.views.month_calls import Fact
from shared.contracts.calls import CallAnswered, CallEnded, CallStarted, SaleRecorded

KPIS = ("offered", "answered", "handled", "abandoned", "dials", "contacts", "talk", "sales_reported", "revenue")
"""The figures that are compared, by the names that they have on the dashboards. Talk is in milliseconds, revenue in
minor units of each currency."""

Totals = dict[tuple[str, str], int]
"""By day and measure; what is 0 is not there."""


class ShownElsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """A day's total that the dashboards show otherwise than our facts add up to. `measure`: one of KPIS, revenue with
    its currency (`revenue EUR`)."""

    day: str
    measure: str
    replayed: int
    shown: int


def added(totals: Totals, facts: Iterable[Fact]) -> None:
    """Add facts to totals, each on its own day."""
    for fact in facts:
        for measure, amount in _counted(fact):
            key = fact.day, measure
            totals[key] = totals.get(key, 0) + amount


def _counted(fact: Fact) -> Iterator[tuple[str, int]]:
    match fact:
        case CallStarted():
            yield "offered", int(fact.offered)
            yield "dials", int(fact.dialed)
        case CallAnswered(first=True):
            yield "contacts", 1
            yield "answered", int(fact.offered)
        case CallEnded(scope="leg"):
            yield "handled", 1
            yield "talk", fact.talk_ms or 0
        case CallEnded(outcome="abandoned", offered=True):
            yield "abandoned", 1
        case SaleRecorded():
            yield "sales_reported", 1
            if fact.amount is not None:
                yield f"revenue {fact.amount.currency}", fact.amount.minor
        case _:
            pass


def shown_totals(rows: Iterable[Mapping[str, Any]]) -> Totals:
    """The totals in rows of the performance by day. Raises KeyError or TypeError where they are none."""
    found: Totals = {}
    for row in rows:
        for kpi in KPIS:
            numerator = row["figures"][kpi]["numerator"]
            parts = {f"{kpi} {name}": n for name, n in numerator.items()} if kpi == "revenue" else {kpi: numerator}
            for measure, amount in parts.items():
                found[row["day"], measure] = found.get((row["day"], measure), 0) + amount
    return found


def differences(replayed: Totals, shown: Totals, month: str) -> list[ShownElsewhere]:
    """All days of the month and measures in which they differ, in order."""
    keys = sorted(key for key in replayed.keys() | shown.keys() if key[0].startswith(f"{month}-"))
    found = [
        ShownElsewhere(
            day=day, measure=measure, replayed=replayed.get((day, measure), 0), shown=shown.get((day, measure), 0)
        )
        for day, measure in keys
    ]
    return [one for one in found if one.replayed != one.shown]
