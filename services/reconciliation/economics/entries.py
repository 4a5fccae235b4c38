"""Every amount of a month at its place: partner, campaign, product, measure. All rows are sums of these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import NamedTuple

import msgspec

from services.reconciliation.economics.currencies import Rates
from services.reconciliation.economics.parts import shared, whole
from services.reconciliation.economics.pricing import Place, Scope, allocated
from services.reconciliation.economics.tallies import (
    CALLS,
    REVENUE,
    SALES,
    Tallies,
    by_campaign,
    products_of,
)
from shared.contracts.rating import Line

CANCELLED, CANCELLED_REVENUE, SOLD, PRICE, MEDIA = "cancelled", "cancelled_revenue", "revenue", "price", "media"


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    """Sales of the month that were cancelled, returned or never paid; `minor`: what they were sold for."""

    campaign: str | None
    product: str | None
    sales: int
    minor: int
    currency: str


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """What was spent on media for a campaign; `partner_id`: for one partner's calls alone."""

    campaign: str
    partner_id: str | None = None
    minor: int
    currency: str


@dataclass(frozen=True)
class PartnerMonth:
    """A partner's month. `lines`: its price, None where nobody knows it, in minor units of `currency`; `scopes`: what
    its lines rest on."""

    partner_id: str
    tallies: Tallies
    lines: Sequence[Line] | None = None
    currency: str = ""
    scopes: Mapping[Place, Scope] = field(default_factory=dict)
    cancelled: Sequence[Cancelled] = ()


class Entry(NamedTuple):
    """An amount at its place; None is one that is not known. Money is in minor units of the asked currency."""

    partner: str | None
    campaign: str | None
    product: str | None
    measure: str
    amount: int | None


class Exchange(NamedTuple):
    """Into which currency amounts are turned, by the rates of which day."""

    rates: Rates
    into: str
    day: date


def entries(months: Sequence[PartnerMonth], media: Iterable[Media], exchange: Exchange) -> list[Entry]:
    """All amounts of all partners. Money is turned into the other currency in one sum for each partner and currency;
    its parts add up to that."""
    found: list[Entry] = []
    for month in months:
        found += _counted(month)
        found += _sold(month, exchange)
        found += _cancelled(month, exchange)
        found += _priced(month, exchange)
    for one in media:
        found += _media(one, months, exchange)
    return found


def _counted(month: PartnerMonth) -> Iterator[Entry]:
    for cell, amount in month.tallies.items():
        if not cell.measure.startswith(REVENUE):
            yield Entry(month.partner_id, *cell, amount)
    for one in month.cancelled:
        yield Entry(month.partner_id, one.campaign, one.product, CANCELLED, one.sales)


def _sold(month: PartnerMonth, exchange: Exchange) -> Iterator[Entry]:
    cells = sorted(
        (cell for cell in month.tallies if cell.measure.startswith(REVENUE)),
        key=lambda cell: (cell.campaign or "", cell.product or ""),
    )
    for currency in sorted({cell.measure for cell in cells}):
        own = [cell for cell in cells if cell.measure == currency]
        amounts = _turned([month.tallies[cell] for cell in own], currency.removeprefix(REVENUE), exchange)
        for cell, amount in zip(own, amounts, strict=True):
            yield Entry(month.partner_id, cell.campaign, cell.product, SOLD, amount)


def _cancelled(month: PartnerMonth, exchange: Exchange) -> Iterator[Entry]:
    for currency in sorted({one.currency for one in month.cancelled}):
        own = [one for one in month.cancelled if one.currency == currency]
        for one, amount in zip(own, _turned([one.minor for one in own], currency, exchange), strict=True):
            yield Entry(month.partner_id, one.campaign, one.product, CANCELLED_REVENUE, amount)


def _priced(month: PartnerMonth, exchange: Exchange) -> Iterator[Entry]:
    if month.lines is None:
        # Not known for any campaign in which something was: a sum over one of them is not known either.
        for campaign in by_campaign(month.tallies, (CALLS, SALES)) or {None: 0}:
            yield from _to_products(month, campaign, PRICE, None)
        return
    back: dict[str | None, int] = {}
    for one in month.cancelled:
        back[one.campaign] = back.get(one.campaign, 0) + one.sales
    borne = allocated(month.lines, month.scopes, month.tallies, back)
    for campaign, amount in zip(borne, _turned(list(borne.values()), month.currency, exchange), strict=True):
        yield from _to_products(month, campaign, PRICE, amount)


def _media(one: Media, months: Sequence[PartnerMonth], exchange: Exchange) -> Iterator[Entry]:
    """To the partners by their calls in the campaign; where nobody had one, it is nobody's."""
    (amount,) = _turned([one.minor], one.currency, exchange)
    called = {
        month.partner_id: count
        for month in months
        if one.partner_id in (None, month.partner_id)
        and (count := by_campaign(month.tallies, (CALLS,)).get(one.campaign, 0))
    }
    if not called:
        yield Entry(one.partner_id, one.campaign, None, MEDIA, amount)
        return
    borne: Mapping[str, int | None] = dict.fromkeys(called) if amount is None else shared(amount, called)
    for month in months:
        if month.partner_id in borne:
            yield from _to_products(month, one.campaign, MEDIA, borne[month.partner_id])


def _to_products(month: PartnerMonth, campaign: str | None, measure: str, amount: int | None) -> Iterator[Entry]:
    """A campaign's cost is borne by what was sold in it, sale by sale."""
    sold = products_of(month.tallies, campaign) or {None: 1}
    borne: Mapping[str | None, int | None] = dict.fromkeys(sold) if amount is None else shared(amount, sold)
    for product, part in borne.items():
        yield Entry(month.partner_id, campaign, product, measure, part)


def _turned(amounts: Sequence[int], currency: str, exchange: Exchange) -> list[int] | list[None]:
    factor = exchange.rates.factor(currency, exchange.into, exchange.day)
    return [None] * len(amounts) if factor is None else whole([Fraction(amount) * factor for amount in amounts])
