"""Which calls did a partner have in a month, by their facts, and what is shown of each?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from shared.contracts.calls import (
    TOPIC,
    CallAnswered,
    CallDispositioned,
    CallEnded,
    CallStarted,
    SaleRecorded,
)
from shared.contracts.codes import DISPOSITIONS
from shared.kernel import View

Fact = CallStarted | CallAnswered | CallEnded | CallDispositioned | SaleRecorded


class MonthCall(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A call of production: its facts that hold, in no order that means anything.

    `owed`: facts that were taken back before they came. Facts of a call lie in several partitions, and a sum of shards
    must not depend on which of them was read first.
    """

    call: str = ""
    partner: str = ""
    facts: list[Fact] = []
    owed: list[Fact] = []

    @property
    def started(self) -> CallStarted | None:
        """The one fact that every call has; None while it has not come."""
        starts = [fact for fact in self.facts if isinstance(fact, CallStarted)]
        return min(starts, key=_place) if len(starts) > 1 else next(iter(starts), None)

    @property
    def began(self) -> datetime:
        """The start, or the first that is known of it. The document has a fact."""
        started = self.started
        return started.at if started is not None else min(fact.at for fact in self.facts)

    def in_order(self) -> list[Fact]:
        """The facts by time; those of one moment in an order that depends on nothing but themselves."""
        return sorted(self.facts, key=_place)


class ShownSale(msgspec.Struct, frozen=True, kw_only=True):
    """A sale as it is shown. `amount_minor` is None where the telephony does not say for how much."""

    sale: str
    sku: str | None
    amount_minor: int | None
    currency: str | None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of a call. `ref` is the platform's own id of it, `talk_ms` 0 where nobody talked."""

    call: str
    ref: str
    campaign: str | None
    direction: str
    began: datetime
    customer_ref: str | None
    agent: str | None
    talk_ms: int
    disposition: str | None
    sales: tuple[ShownSale, ...]


def by_call(event: Fact) -> Iterable[tuple[str, Fact]]:
    """One document a call; test calls are in nobody's month."""
    if event.counts == "production":
        yield event.call, event


def fold(doc: MonthCall | None, event: Fact, sign: int) -> MonthCall:
    """A fact is there until it is taken back, in whatever order both come."""
    doc = doc or MonthCall(call=event.call, partner=event.partner)
    mine, others = (doc.facts, doc.owed) if sign > 0 else (doc.owed, doc.facts)
    if event in others:
        others.remove(event)
    else:
        mine.append(event)
    return doc


def add(one: MonthCall, other: MonthCall) -> MonthCall:
    """Facts of a call lie in the partitions of its agents; what one shard owes the other may have."""
    merged = MonthCall(call=one.call, partner=one.partner, facts=[*one.facts, *other.facts])
    for fact in (*one.owed, *other.owed):
        fold(merged, fact, -1)
    return merged


def indexed(doc: MonthCall) -> dict[str, str | int | None]:
    """Found by partner in the order of time (ms): a shard that holds the call's beginning or end under `began`, one
    that holds only what was told of it elsewhere, perhaps weeks later, under `late`. What is empty is not found."""
    if not doc.facts:
        return {"partner": None, "began": None, "late": None}
    at = int(doc.began.timestamp() * 1000)
    near = any(_is_near(fact) for fact in doc.facts)
    return {"partner": doc.facts[0].partner, "began": at if near else None, "late": None if near else at}


def _is_near(fact: Fact) -> bool:
    """Whether a fact is never told long after the call: its beginning, an answer, the end of the whole."""
    return isinstance(fact, CallStarted | CallAnswered) or (isinstance(fact, CallEnded) and fact.scope == "call")


def _place(fact: Fact) -> tuple[datetime, str, str, str, bytes]:
    return fact.at, type(fact).__name__, fact.leg or "", fact.agent or "", msgspec.json.encode(fact)


def shown(doc: MonthCall) -> Shown:
    """The statistic of a call: its last result counts, its talk is that of all legs, its agent the first who answered.

    The document has a fact.
    """
    facts = doc.in_order()
    started = doc.started
    first = started or facts[0]
    answered = [fact for fact in facts if isinstance(fact, CallAnswered) and fact.answered_by != "machine"]
    over = next((fact for fact in facts if isinstance(fact, CallEnded) and fact.scope == "call"), None)
    legs = [fact for fact in facts if isinstance(fact, CallEnded) and fact.scope == "leg"]
    talk = over.talk_ms if over is not None and over.talk_ms is not None else sum(leg.talk_ms or 0 for leg in legs)
    results = [fact for fact in facts if isinstance(fact, CallDispositioned)]
    sales = [fact for fact in facts if isinstance(fact, SaleRecorded)]
    return Shown(
        call=doc.call,
        ref=doc.call.removeprefix(f"{first.source}:"),
        campaign=first.campaign,
        direction=first.direction,
        began=doc.began,
        customer_ref=started.customer_ref if started is not None else None,
        agent=next((fact.agent for fact in answered if fact.agent), first.agent),
        talk_ms=talk,
        disposition=outcome_of(results[-1].canonical) if results else None,
        sales=tuple(
            ShownSale(
                sale=sale_id(sale, place),
                sku=sale.sku,
                amount_minor=sale.amount.minor if sale.amount else None,
                currency=sale.amount.currency if sale.amount else None,
            )
            for place, sale in enumerate(sales, 1)
        ),
    )


def sale_id(sale: SaleRecorded, place: int) -> str:
    """The order's number, else the call's with the sale's place in it."""
    return sale.order_ref or f"{sale.call}#{place}"


def outcome_of(canonical: str) -> str | None:
    """One of our dispositions as the outcome that reports know; None for what no report tells apart."""
    known = DISPOSITIONS.get(canonical)
    if known is None:
        return None
    return _OF_CODE.get(canonical) or _OF_GROUP.get(known.group)


_OF_GROUP = {
    "sale": "sale",
    "refusal": "refused",
    "legal": "refused",
    "open": "callback",
    "service": "info",
    "not_reached": "no_answer",
    "lost": "no_answer",
    "bad_data": "wrong_number",
}
_OF_CODE = {"information_given": "info", "hot_handover": "info"}

month_calls = View(
    "month_calls", 1, TOPIC, Fact, MonthCall, by_call, fold, add, indexes=("partner", "began", "late"), fields=indexed
)
