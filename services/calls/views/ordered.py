"""How much was ordered when, of which product? Goals and figures of media are made of these sums.

Orders count at their own time and net: what is cancelled or returned is taken from the quarter of an hour in which it
was ordered. Repeat shipments are no sale of anybody's, and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from shared.contracts.calls import TOPIC
from shared.contracts.selling import OrderCancelled, OrderLine, OrderPlaced, OrderReturned
from shared.kernel import View

OrderFact = OrderPlaced | OrderCancelled | OrderReturned
WHOLE = ""
"""In place of an SKU: the order as a whole."""
QUARTER_S = 15 * 60


class Sum(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Orders (of a product: those that have it), pieces, and net amounts in minor units by currency."""

    orders: int = 0
    pieces: int = 0
    net: dict[str, int] = {}


class Ordered(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A partner's day (UTC) in one campaign. `quarters`: number of the quarter of an hour -> SKU -> sums."""

    partner: str
    day: str
    campaign: str | None = None
    quarters: dict[str, dict[str, Sum]] = {}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What a fact adds to its quarter of an hour."""

    partner: str
    campaign: str | None
    at: datetime
    adds: dict[str, Sum]


def by_day(event: OrderFact) -> Iterable[tuple[str, Step]]:
    """Nothing for a repeat shipment."""
    if event.subscription is not None:
        return
    at = event.at if isinstance(event, OrderPlaced) else event.ordered_at
    orders = {OrderPlaced: 1, OrderCancelled: -1, OrderReturned: 0}[type(event)]
    sign = 1 if isinstance(event, OrderPlaced) else -1
    step = Step(
        partner=event.partner,
        campaign=event.campaign,
        at=at,
        adds=_adds(event.lines, event.currency, orders, sign),
    )
    day = at.astimezone(UTC).date().isoformat()
    yield f"{event.partner}:{day}" + ("" if event.campaign is None else f":{event.campaign}"), step


def _adds(lines: Iterable[OrderLine], currency: str, orders: int, sign: int) -> dict[str, Sum]:
    found: dict[str, Sum] = {}
    for line in lines:
        for name in (WHOLE, line.sku):
            one = Sum(pieces=sign * line.quantity, net={currency: sign * line.net_minor})
            found[name] = together(found.get(name, Sum()), one)
    return {name: msgspec.structs.replace(one, orders=orders) for name, one in found.items()}


def fold(doc: Ordered | None, part: Step, sign: int) -> Ordered:
    """Added, or taken back."""
    moment = part.at.astimezone(UTC)
    doc = doc or Ordered(partner=part.partner, day=moment.date().isoformat(), campaign=part.campaign)
    quarter = f"{(moment.hour * 60 + moment.minute) // 15:02}"
    doc.quarters = _quarters(doc.quarters, {quarter: {sku: _times(one, sign) for sku, one in part.adds.items()}})
    return doc


def add(one: Ordered, other: Ordered) -> Ordered:
    """Of several partitions, the sums."""
    return msgspec.structs.replace(one, quarters=_quarters(one.quarters, other.quarters))


def _quarters(one: dict[str, dict[str, Sum]], other: dict[str, dict[str, Sum]]) -> dict[str, dict[str, Sum]]:
    """One content has one form, so that two ways to the same sums give the same document."""
    found: dict[str, dict[str, Sum]] = {}
    for quarter in sorted(one.keys() | other.keys()):
        left, right = one.get(quarter, {}), other.get(quarter, {})
        sums = {
            sku: together(left.get(sku, Sum()), right.get(sku, Sum())) for sku in sorted(left.keys() | right.keys())
        }
        if kept := {sku: each for sku, each in sums.items() if each != Sum()}:
            found[quarter] = kept
    return found


def together(one: Sum, other: Sum) -> Sum:
    """Two sums added up."""
    nets = {each: one.net.get(each, 0) + other.net.get(each, 0) for each in sorted(one.net.keys() | other.net.keys())}
    return Sum(
        orders=one.orders + other.orders,
        pieces=one.pieces + other.pieces,
        net={currency: minor for currency, minor in nets.items() if minor},
    )


def _times(one: Sum, sign: int) -> Sum:
    nets = {currency: sign * minor for currency, minor in one.net.items()}
    return Sum(orders=sign * one.orders, pieces=sign * one.pieces, net=nets)


def between(docs: Iterable[Ordered], low: datetime, high: datetime, sku: str = WHOLE) -> Sum:
    """What was ordered from `low` until before `high`, of one product or in all. Both are starts of quarters of an
    hour, as midnight is in every zone."""
    found = Sum()
    for doc in docs:
        midnight = datetime.fromisoformat(doc.day).replace(tzinfo=UTC).timestamp()
        for quarter, sums in doc.quarters.items():
            if sku in sums and low.timestamp() <= midnight + int(quarter) * QUARTER_S < high.timestamp():
                found = together(found, sums[sku])
    return found


def indexed(doc: Ordered) -> dict[str, str | int | None]:
    """Found by partner and campaign, in the order of days."""
    return {"partner": doc.partner, "campaign": doc.campaign or "", "day": doc.day}


ordered = View(
    "ordered",
    1,
    TOPIC,
    OrderFact,
    Ordered,
    by_day,
    fold,
    add,
    indexes=("partner", "campaign", "day"),
    fields=indexed,
)
