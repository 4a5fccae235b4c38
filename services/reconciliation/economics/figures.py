"""Figures of unit economics: sums, and ratios that say what they are divided by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

import msgspec

from services.reconciliation.economics.entries import (
    CANCELLED,
    CANCELLED_REVENUE,
    MEDIA,
    PRICE,
    SOLD,
    Entry,
)
from services.reconciliation.economics.tallies import ANSWERED, CALLS, CONTACTS, SALES, UNPRICED

By = Literal["partner", "campaign", "product"]
CENT = Decimal("0.01")

FORMULAS = {
    "calls": "calls that began",
    "answered": "calls that a human took",
    "contacts": "results that say that the one who decides was spoken to",
    "sales": "sales that the telephony reported",
    "unpriced": "of these, sales whose amount it did not say",
    "net_sales": "sales - cancelled",
    "net_revenue": "revenue - cancelled_revenue",
    "price": "the month's price by the contract, without tax",
    "cost": "price + media",
    "margin": "net_revenue - cost",
    "margin_percent": "100 x margin / net_revenue",
    "cost_per_call": "cost / calls",
    "cost_per_contact": "cost / contacts",
    "cost_per_net_sale": "cost / net_sales",
}
"""What each figure is."""


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """`value`: a decimal text with two digits behind the point, of minor units or of per cent; None where there is
    nothing to divide by or the dividend is not known. `n`: what it is divided by."""

    value: str | None
    n: int | None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Of one row. Money is in minor units; None is what is not known. Of a product, calls and contacts are not: a call
    in which nothing was sold is of no product."""

    calls: int | None
    answered: int | None
    contacts: int | None
    sales: int | None
    unpriced: int | None
    cancelled: int | None
    net_sales: int | None
    revenue: int | None
    cancelled_revenue: int | None
    net_revenue: int | None
    price: int | None
    media: int | None
    cost: int | None
    margin: int | None
    margin_percent: Ratio
    cost_per_call: Ratio
    cost_per_contact: Ratio
    cost_per_net_sale: Ratio


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: the partner, campaign or product; None: of none."""

    name: str | None
    figures: Figures


def rows(found: Sequence[Entry], by: By) -> list[Row]:
    """A row for each partner, campaign or product, by name; those of none come last. They add up to `figures`."""
    places: dict[str | None, list[Entry]] = {}
    for entry in found:
        places.setdefault(getattr(entry, by), []).append(entry)
    names = sorted(places, key=lambda name: (name is None, name or ""))
    return [Row(name=name, figures=figures(places[name], told=by != "product")) for name in names]


def figures(found: Iterable[Entry], told: bool = True) -> Figures:
    """The sums; what is not known makes its sum unknown. `told`: whether calls can be told apart by the rows."""
    sums: dict[str, int | None] = {}
    for entry in found:
        sums[entry.measure] = _plus(sums.get(entry.measure, 0), entry.amount)

    def of(measure: str) -> int | None:
        return sums.get(measure, 0)

    calls, answered, contacts = ((of(each) if told else None) for each in (CALLS, ANSWERED, CONTACTS))
    net_sales = _minus(of(SALES), of(CANCELLED))
    net_revenue = _minus(of(SOLD), of(CANCELLED_REVENUE))
    cost = _plus(of(PRICE), of(MEDIA))
    margin = _minus(net_revenue, cost)
    return Figures(
        calls=calls,
        answered=answered,
        contacts=contacts,
        sales=of(SALES),
        unpriced=of(UNPRICED),
        cancelled=of(CANCELLED),
        net_sales=net_sales,
        revenue=of(SOLD),
        cancelled_revenue=of(CANCELLED_REVENUE),
        net_revenue=net_revenue,
        price=of(PRICE),
        media=of(MEDIA),
        cost=cost,
        margin=margin,
        margin_percent=ratio(margin, net_revenue, 100),
        cost_per_call=ratio(cost, calls),
        cost_per_contact=ratio(cost, contacts),
        cost_per_net_sale=ratio(cost, net_sales),
    )


def ratio(amount: int | None, n: int | None, times: int = 1) -> Ratio:
    """`times` x amount / n. Less than nothing is nothing to divide by either."""
    if amount is None or n is None or n <= 0:
        return Ratio(value=None, n=n)
    return Ratio(value=str((Decimal(times * amount) / n).quantize(CENT, ROUND_HALF_UP)), n=n)


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _minus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one - other
