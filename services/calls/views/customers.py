"""What has a customer to do with us: calls, orders, and callbacks that were promised, under the customer's token?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from services.calls.events.histories import PastOrdersRemembered
from services.calls.events.leads import CallbackJudged, CallbackPromised, Verdict
from shared.contracts.calls import TOPIC, CallStarted
from shared.contracts.selling import OrderCancelled, OrderPlaced, OrderReturned
from shared.kernel import Money, View

CustomerEvent = (
    CallStarted
    | OrderPlaced
    | OrderCancelled
    | OrderReturned
    | CallbackPromised
    | CallbackJudged
    | PastOrdersRemembered
)


class CallOf(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call with the customer; how it went stands with the call."""

    partner: str
    direction: str
    at: datetime
    campaign: str | None = None
    our_number: str | None = None


class OrderOf(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order of the customer. `past`: another system kept it, and it counts in no figure of ours."""

    partner: str
    at: datetime
    skus: tuple[str, ...] = ()
    amount: Money | None = None
    call: str | None = None
    past: bool = False


class CallbackOf(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A callback that the customer was promised."""

    partner: str
    lead: str
    agent: str
    due: datetime
    verdict: Verdict = "open"


class KnownCustomer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A customer's history, each by its id. `cancelled` and `returned`: when and why an order was, or goods of it last
    were; also where that is known before the order is."""

    customer_ref: str
    calls: dict[str, CallOf] = {}
    orders: dict[str, OrderOf] = {}
    cancelled: dict[str, tuple[datetime, str]] = {}
    returned: dict[str, tuple[datetime, str]] = {}
    callbacks: dict[str, CallbackOf] = {}


class Part(msgspec.Struct, frozen=True):
    """What an event puts into a customer's document, under an id of its kind."""

    kind: Literal["call", "order", "cancelled", "returned", "promised", "judged"]
    id: str
    call: CallOf | None = None
    order: OrderOf | None = None
    ended: tuple[datetime, str] | None = None
    callback: CallbackOf | None = None


def by_customer(event: CustomerEvent) -> Iterable[tuple[str, tuple[str, Part]]]:
    """One document a customer. Test calls are no history."""
    match event:
        case CallStarted(customer_ref=str(ref), counts="production"):
            call = CallOf(
                partner=event.partner,
                direction=event.direction,
                at=event.at,
                campaign=event.campaign,
                our_number=event.our_number,
            )
            return [(ref, (ref, Part("call", event.call, call=call)))]
        case OrderPlaced(customer_ref=ref):
            order = OrderOf(
                partner=event.partner,
                at=event.at,
                skus=tuple(line.sku for line in event.lines),
                amount=event.gross,
                call=event.call,
            )
            return [(ref, (ref, Part("order", event.order, order=order)))]
        case OrderCancelled(customer_ref=str(ref)):
            return [(ref, (ref, Part("cancelled", event.order, ended=(event.at, event.reason))))]
        case OrderReturned(customer_ref=str(ref)):
            return [(ref, (ref, Part("returned", event.order, ended=(event.at, event.reason))))]
        case CallbackPromised(customer_ref=ref) | CallbackJudged(customer_ref=ref):
            verdict: Verdict = event.verdict if isinstance(event, CallbackJudged) else "open"
            callback = CallbackOf(
                partner=event.partner, lead=event.lead, agent=event.agent, due=event.due, verdict=verdict
            )
            kind: Literal["promised", "judged"] = "judged" if isinstance(event, CallbackJudged) else "promised"
            return [(ref, (ref, Part(kind, event.promise, callback=callback)))]
        case PastOrdersRemembered(orders=orders):
            return [
                (
                    one.customer_ref,
                    (
                        one.customer_ref,
                        Part(
                            "order",
                            f"{event.partner}:past:{one.order}",
                            order=OrderOf(
                                partner=event.partner,
                                at=one.ordered_on,
                                skus=(one.sku,) if one.sku else (),
                                amount=one.amount,
                                past=True,
                            ),
                        ),
                    ),
                )
                for one in orders
            ]
        case _:
            return []


def fold(doc: KnownCustomer | None, routed: tuple[str, Part], sign: int) -> KnownCustomer:
    """A call that is taken back was none."""
    ref, part = routed
    doc = doc or KnownCustomer(customer_ref=ref)
    if part.call is not None:
        if sign > 0:
            doc.calls[part.id] = part.call
        else:
            doc.calls.pop(part.id, None)
    if part.order is not None:
        doc.orders[part.id] = part.order
    if part.ended is not None:
        (doc.cancelled if part.kind == "cancelled" else doc.returned)[part.id] = part.ended
    if part.callback is not None and not (part.kind == "promised" and part.id in doc.callbacks):
        doc.callbacks[part.id] = part.callback
    return doc


def merge(one: KnownCustomer, other: KnownCustomer) -> KnownCustomer:
    """Each call, order and callback lies in one partition."""
    return KnownCustomer(
        customer_ref=one.customer_ref,
        calls=one.calls | other.calls,
        orders=one.orders | other.orders,
        cancelled=one.cancelled | other.cancelled,
        returned=one.returned | other.returned,
        callbacks=one.callbacks | other.callbacks,
    )


customers: View[CustomerEvent, KnownCustomer, tuple[str, Part]] = View(
    "customers", 1, TOPIC, CustomerEvent, KnownCustomer, by_customer, fold, merge
)
