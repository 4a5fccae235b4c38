"""The sums of a partner, by campaign, product and measure: the form in which economics adds, splits and foretells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from services.reconciliation.views.selling import COUNTERS, NO_PRODUCT, Selling

CALLS, ANSWERED, CONTACTS, TALK, HOLD, WRAP = COUNTERS
SALES, UNPRICED, REVENUE = "sales", "unpriced", "revenue:"
"""Revenue is a measure for each currency, `revenue:EUR`, in its minor units."""


class Cell(NamedTuple):
    """Where an amount stands. A call is of no product: what was sold in it is told by its sales alone."""

    campaign: str | None
    product: str | None
    measure: str


Tallies = Mapping[Cell, int]


def by_partner_and_day(docs: Iterable[Selling]) -> dict[str, dict[date, Counter[Cell]]]:
    """The sums of each partner's days."""
    found: dict[str, dict[date, Counter[Cell]]] = {}
    for doc in docs:
        day = found.setdefault(doc.partner, {}).setdefault(date.fromisoformat(doc.day), Counter())
        for cell, amount in _cells(doc):
            if amount:
                day[cell] += amount
    return found


def added(days: Iterable[Tallies]) -> Tallies:
    """The sums of several days."""
    total: Counter[Cell] = Counter()
    for day in days:
        for cell, amount in day.items():
            total[cell] += amount
    return total


def by_campaign(tallies: Tallies, measures: Iterable[str]) -> dict[str | None, int]:
    """What these measures come to in each campaign, campaigns in order of their names."""
    wanted = frozenset(measures)
    found: Counter[str | None] = Counter()
    for cell, amount in tallies.items():
        if cell.measure in wanted:
            found[cell.campaign] += amount
    return {name: found[name] for name in sorted(found, key=lambda name: name or "") if found[name] > 0}


def products_of(tallies: Tallies, campaign: str | None) -> dict[str | None, int]:
    """How many sales of each product there were in a campaign, products in order."""
    found = {
        cell.product: amount
        for cell, amount in tallies.items()
        if cell.campaign == campaign and cell.measure == SALES and amount > 0
    }
    return {name: found[name] for name in sorted(found, key=lambda name: name or "")}


def _cells(doc: Selling) -> Iterator[tuple[Cell, int]]:
    for measure in COUNTERS:
        yield Cell(doc.campaign, None, measure), getattr(doc, measure)
    for sku, sold in doc.products.items():
        product = None if sku == NO_PRODUCT else sku
        yield Cell(doc.campaign, product, SALES), sold.sales
        yield Cell(doc.campaign, product, UNPRICED), sold.unpriced
        for currency, minor in sold.revenue.items():
            yield Cell(doc.campaign, product, REVENUE + currency), minor
