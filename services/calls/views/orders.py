"""The orders: what was ordered at which prices, what became of it, and how it came there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from services.calls.events.orders import MessageNoted, OrderEvent
from shared.contracts.calls import TOPIC
from shared.contracts.selling import (
    FulfilmentMoved,
    FulfilmentState,
    OrderCancelled,
    OrderPlaced,
    OrderReturned,
    PaymentMoved,
    PaymentState,
)
from shared.kernel import View

State = Literal["placed", "cancelled", "partly_returned", "returned"]


class KnownOrder(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An order. `history` holds every event after the first, in order; `returned_minor` what came back for, with tax.

    A document without `placed` is that of an order whose beginning has not come yet.
    """

    order: str
    partner: str
    placed: OrderPlaced | None = None
    state: State = "placed"
    payment: PaymentState = "pending"
    fulfilment: FulfilmentState = "pending"
    gross_minor: int = 0
    returned_minor: int = 0
    history: list[OrderCancelled | OrderReturned | PaymentMoved | FulfilmentMoved | MessageNoted] = []
    changes: int = 0

    @property
    def day(self) -> str:
        """Of the order, in the partner's zone where it is known, else in UTC."""
        return "" if self.placed is None else day_of(self.placed)


def day_of(event: OrderPlaced | OrderCancelled | OrderReturned) -> str:
    """The day that the event counts on: as it says, else the date of its time in UTC."""
    return event.day or utc_day(event.at)


def utc_day(at: datetime) -> str:
    """The date of a time that is in UTC."""
    return at.date().isoformat()


def by_order(event: OrderEvent) -> Iterable[tuple[str, OrderEvent]]:
    """One document an order."""
    return [(event.order, event)]


def fold(doc: KnownOrder | None, event: OrderEvent, sign: int) -> KnownOrder:
    """A command's events are never reversed."""
    doc = doc or KnownOrder(order=event.order, partner=event.partner)
    doc.changes += 1
    match event:
        case OrderPlaced():
            doc.placed = event
            doc.gross_minor = event.gross.minor
            return doc
        case OrderCancelled():
            doc.state = "cancelled"
        case OrderReturned(lines=lines):
            doc.returned_minor += sum(line.gross_minor for line in lines)
            doc.state = "returned" if _all_back(doc, event) else "partly_returned"
        case PaymentMoved(state=payment):
            doc.payment = payment
        case FulfilmentMoved(state=fulfilment):
            doc.fulfilment = fulfilment
        case MessageNoted():
            pass
    doc.history.append(event)
    return doc


def _all_back(doc: KnownOrder, last: OrderReturned) -> bool:
    returns = [event for event in doc.history if isinstance(event, OrderReturned)]
    back = sum(line.quantity for event in (*returns, last) for line in event.lines)
    return doc.placed is not None and back == sum(line.quantity for line in doc.placed.lines)


def newer(one: KnownOrder, other: KnownOrder) -> KnownOrder:
    """An order is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownOrder) -> dict[str, str | int | None]:
    """Found by whatever somebody knows of it."""
    placed = doc.placed
    return {
        "partner": doc.partner,
        "call": (placed.call if placed else None) or "",
        "agent": (placed.agent if placed else None) or "",
        "campaign": (placed.campaign if placed else None) or "",
        "customer": placed.customer_ref if placed else "",
        "subscription": (placed.subscription if placed else None) or "",
        "state": doc.state,
        "payment": doc.payment,
        "fulfilment": doc.fulfilment,
        "day": doc.day,
    }


orders = View(
    "orders",
    1,
    TOPIC,
    OrderEvent,
    KnownOrder,
    by_order,
    fold,
    newer,
    indexes=(
        "partner", "call", "agent", "campaign", "customer", "subscription", "state", "payment", "fulfilment", "day",
    ),
    fields=indexed,
)  # fmt: skip
