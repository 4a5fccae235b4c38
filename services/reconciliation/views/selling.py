"""How much did a partner talk and sell on a day, by campaign and product? Unit economics are made of these sums."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.calls import TOPIC, CallAnswered, CallDispositioned, CallEnded, CallStarted, SaleRecorded
from shared.contracts.codes import disposition
from shared.kernel import View

SellingFact = CallStarted | CallAnswered | CallEnded | CallDispositioned | SaleRecorded
NO_PRODUCT = ""
"""Of sales whose product nobody named."""


class Sold(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Sales as the telephony reported them; `revenue` in minor units by currency, `unpriced`: without an amount."""

    sales: int = 0
    unpriced: int = 0
    revenue: dict[str, int] = {}


class Selling(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A partner's day in the partner's zone, in one campaign.

    `answered`: by a human, each call once; `contacts`: results that say that the one who decides was spoken to, so a
    call that two agents end with such a result counts twice. Times are those of agents' parts of calls. A sale counts
    on its own day, like a result; `products` by SKU.
    """

    partner: str
    day: str
    campaign: str | None = None
    calls: int = 0
    answered: int = 0
    contacts: int = 0
    talk_ms: int = 0
    hold_ms: int = 0
    wrap_ms: int = 0
    products: dict[str, Sold] = {}


COUNTERS = ("calls", "answered", "contacts", "talk_ms", "hold_ms", "wrap_ms")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What a fact adds to its day: to counters, or a sale."""

    partner: str
    day: str
    campaign: str | None
    adds: dict[str, int] = {}
    sale: SaleRecorded | None = None


def by_day_and_campaign(event: SellingFact) -> Iterable[tuple[str, Step]]:
    """Nothing for what no counter counts, nor for test calls."""
    adds = {name: amount for name, amount in _adds(event).items() if amount}
    sale = event if isinstance(event, SaleRecorded) else None
    if event.counts != "production" or not (adds or sale):
        return
    key = f"{event.partner}:{event.day}" + ("" if event.campaign is None else f":{event.campaign}")
    yield key, Step(partner=event.partner, day=event.day, campaign=event.campaign, adds=adds, sale=sale)


def _adds(event: SellingFact) -> dict[str, int]:
    match event:
        case CallStarted():
            return {"calls": 1}
        case CallAnswered(first=True):
            return {"answered": 1}
        case CallEnded(scope="leg", talk_ms=talk_ms, hold_ms=hold_ms):
            return {"talk_ms": talk_ms or 0, "hold_ms": hold_ms or 0}
        case CallDispositioned(canonical=canonical, wrap_ms=wrap_ms):
            spoken_to = "customer_contact" in disposition(canonical).flags
            return {"contacts": int(spoken_to), "wrap_ms": wrap_ms or 0}
        case _:
            return {}


def fold(doc: Selling | None, part: Step, sign: int) -> Selling:
    """Added, or taken back."""
    doc = doc or Selling(partner=part.partner, day=part.day, campaign=part.campaign)
    for counter, amount in part.adds.items():
        setattr(doc, counter, getattr(doc, counter) + sign * amount)
    if part.sale is not None:
        paid = part.sale.amount
        sold = Sold(
            sales=sign,
            unpriced=sign if paid is None else 0,
            revenue={} if paid is None else {paid.currency: sign * paid.minor},
        )
        doc.products = _together(doc.products, {part.sale.sku or NO_PRODUCT: sold})
    return doc


def add(one: Selling, other: Selling) -> Selling:
    """Of several partitions, the sums."""
    sums = {counter: getattr(one, counter) + getattr(other, counter) for counter in COUNTERS}
    return msgspec.structs.replace(one, **sums, products=_together(one.products, other.products))


def _together(one: dict[str, Sold], other: dict[str, Sold]) -> dict[str, Sold]:
    """One content has one form, so that two ways to the same sums give the same document."""
    sums = {sku: _sum(one.get(sku, Sold()), other.get(sku, Sold())) for sku in sorted(one.keys() | other.keys())}
    return {sku: sold for sku, sold in sums.items() if sold != Sold()}


def _sum(one: Sold, other: Sold) -> Sold:
    currencies = sorted(one.revenue.keys() | other.revenue.keys())
    revenue = {each: one.revenue.get(each, 0) + other.revenue.get(each, 0) for each in currencies}
    return Sold(
        sales=one.sales + other.sales,
        unpriced=one.unpriced + other.unpriced,
        revenue={currency: minor for currency, minor in revenue.items() if minor},
    )


def indexed(doc: Selling) -> dict[str, str | int | None]:
    """Found by partner, in the order of days."""
    return {"partner": doc.partner, "day": doc.day}


selling = View(
    "selling",
    1,
    TOPIC,
    SellingFact,
    Selling,
    by_day_and_campaign,
    fold,
    add,
    indexes=("partner", "day"),
    fields=indexed,
)
