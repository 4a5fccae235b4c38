"""The sales of a month that did not stand: cancelled, returned, or never paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from services.reconciliation.economics.entries import Cancelled
from services.reconciliation.views.month_calls import MonthCall, sale_id
from shared.contracts.calls import SaleRecorded


def cancelled_sales(calls: Iterable[MonthCall], lost: Collection[str], month: str) -> list[Cancelled]:
    """The lost sales of the month (by their own day in the partner's zone), by campaign, product and currency. `lost`:
    their ids; those whose amount nobody said count for a sale of nothing."""
    counts: Counter[tuple[str | None, str | None, str]] = Counter()
    minors: Counter[tuple[str | None, str | None, str]] = Counter()
    for call in calls:
        for sale, id_ in _sales(call):
            if id_ in lost and sale.day[:7] == month:
                place = (sale.campaign, sale.sku or None, sale.amount.currency if sale.amount else "EUR")
                counts[place] += 1
                minors[place] += sale.amount.minor if sale.amount else 0
    order = sorted(counts, key=lambda place: tuple(part or "" for part in place))
    return [
        Cancelled(campaign=place[0], product=place[1], sales=counts[place], minor=minors[place], currency=place[2])
        for place in order
    ]


def _sales(call: MonthCall) -> list[tuple[SaleRecorded, str]]:
    """With the ids under which they are known: the order's number, else the place in the call."""
    sales = sorted(
        (fact for fact in call.facts if isinstance(fact, SaleRecorded)),
        key=lambda fact: (fact.at, fact.leg or "", fact.agent or ""),
    )
    return [(sale, sale_id(sale, place)) for place, sale in enumerate(sales, 1)]
