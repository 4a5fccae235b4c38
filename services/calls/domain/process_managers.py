"""What follows from orders: subscriptions begin with them, end with them, and hear what became of their shipments."""

from __future__ import annotations

from services.calls.domain.subscription import (
    CancelSubscription,
    LoseShipment,
    NoteShipment,
    StartSubscription,
    subscription,
)
from shared.contracts.calls import TOPIC
from shared.contracts.selling import OrderCancelled, OrderLine, OrderPlaced, OrderReturned
from shared.kernel import Money, ProcessManager, Recorded, Send

FollowedOrder = OrderPlaced | OrderCancelled | OrderReturned
ORDER_CANCELLED = "order_cancelled"


def subscription_of(order: str, line: OrderLine) -> str:
    """The id of the subscription that begins with a line of an order."""
    return f"{order}-{line.line}"


def handle(recorded: Recorded[FollowedOrder]) -> list[Send]:
    """A line with a plan begins a subscription, which is over when that order is cancelled. What a shipment's order
    loses is told to its subscription."""
    event = recorded.event
    planned = [line for line in event.lines if line.plan is not None]
    match event:
        case OrderPlaced():
            return [_started(event, line) for line in planned]
        case OrderCancelled(subscription=None):
            return [_ended(event, line) for line in planned]
        case OrderCancelled(subscription=str(of)) | OrderReturned(subscription=str(of)):
            return [_lost(event, of)]
        case _:
            return []


def _started(event: OrderPlaced, line: OrderLine) -> Send:
    ident = subscription_of(event.order, line)
    if line.plan is None:
        raise ValueError("a line without a plan begins nothing")
    command = StartSubscription(
        subscription=ident,
        order=event.order,
        customer_ref=event.customer_ref,
        sku=line.sku,
        quantity=line.quantity,
        country=event.country,
        plan=line.plan,
        call=event.call,
        agent=event.agent,
        campaign=event.campaign,
        at=event.at,
        by=event.by,
    )
    return Send(subscription, ident, command)


def _ended(event: OrderCancelled, line: OrderLine) -> Send:
    ident = subscription_of(event.order, line)
    command = CancelSubscription(subscription=ident, reason=ORDER_CANCELLED, at=event.at, by=event.by)
    return Send(subscription, ident, command)


def _lost(event: OrderCancelled | OrderReturned, ident: str) -> Send:
    amount = Money(sum(line.gross_minor for line in event.lines), event.currency)
    ref = event.ref if isinstance(event, OrderReturned) else ""
    command = LoseShipment(subscription=ident, order=event.order, amount=amount, ref=ref, at=event.at, by=event.by)
    return Send(subscription, ident, command)


def note(recorded: Recorded[OrderPlaced]) -> list[Send]:
    """A shipment's order is noted by its subscription, also one that was paused or cancelled while it was placed."""
    event = recorded.event
    if event.subscription is None:
        return []
    command = NoteShipment(
        subscription=event.subscription,
        order=event.order,
        sku=event.lines[0].sku,
        gross=event.gross,
        at=event.at,
        by=event.by,
    )
    return [Send(subscription, event.subscription, command)]


follow_orders = ProcessManager("follow_orders", TOPIC, FollowedOrder, handle)
note_shipments = ProcessManager("note_shipments", TOPIC, OrderPlaced, note)
MANAGERS = (follow_orders, note_shipments)
