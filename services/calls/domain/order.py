"""An order: placed with the prices of its moment, paid and shipped as others say, cancelled or returned in time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any

import msgspec

from services.calls.domain.fulfilment import ARRIVED, FULFILMENT, ON_THE_WAY
from services.calls.domain.payment import PAYMENT
from services.calls.domain.pricing import part_of
from services.calls.domain.states import Step
from services.calls.events.orders import Matter, MessageNoted, OrderEvent
from shared.contracts.selling import (
    FulfilmentMoved,
    FulfilmentState,
    OrderCancelled,
    OrderLine,
    OrderPlaced,
    OrderReturned,
    PaymentMoved,
    PaymentState,
)
from shared.kernel import Command, Decider, Rejected, said

OrderId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}:[A-Za-z0-9][A-Za-z0-9._-]{0,119}$(?!\n)")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Pieces = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class PlaceOrder(Command, frozen=True, kw_only=True):
    """Order what was priced. The same order once more is no second one. 409 `order_exists` where the id is another
    order's, `nothing_ordered`."""

    order: OrderId
    currency: str
    country: str
    lines: tuple[OrderLine, ...]
    customer_ref: Id
    call: str | None = None
    agent: str | None = None
    campaign: str | None = None
    subscription: str | None = None
    cut_off: datetime | None = None
    day: str = ""
    at: datetime
    by: str


class CancelOrder(Command, frozen=True, kw_only=True):
    """Take the order back as a whole. It can be until its goods are with the customer; from when they are on the way,
    only until the order's cut-off.

    409 `unknown_order`, `delivered`, `past_cut_off`, `partly_returned`.
    """

    order: OrderId
    reason: Text
    day: str = ""
    at: datetime
    by: str


class Back(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many pieces of a line of the order, by its number."""

    line: Annotated[int, msgspec.Meta(ge=1)]
    quantity: Pieces


class ReturnLines(Command, frozen=True, kw_only=True):
    """Goods came back. `ref` is the return's id: the same once more is nothing new.

    409 `unknown_order`, `cancelled`, `not_shipped`, `past_cut_off`, `unknown_line`, `too_many`, `ref_taken`."""

    order: OrderId
    lines: Annotated[tuple[Back, ...], msgspec.Meta(min_length=1, max_length=100)]
    reason: Text
    ref: Id
    day: str = ""
    at: datetime
    by: str


class MovePayment(Command, frozen=True, kw_only=True):
    """Say where the payment stands. `message` is the provider's id of its word, by which a repeat is known; `at` is
    its time. What is over by then is kept as late. 409 `unknown_order`."""

    order: OrderId
    state: PaymentState
    provider: Id
    message: Id
    reference: str | None = None
    at: datetime


class MoveFulfilment(Command, frozen=True, kw_only=True):
    """Say where the goods are; see `MovePayment`. 409 `unknown_order`."""

    order: OrderId
    state: FulfilmentState
    provider: Id
    message: Id
    reference: str | None = None
    at: datetime


OrderCommand = PlaceOrder | CancelOrder | ReturnLines | MovePayment | MoveFulfilment


@dataclass(frozen=True)
class Order:
    """What is known of it; `placed` is None before it was. `returned`: pieces by line; `refs`: the returns there were.

    `heard` are the messages that were taken, by provider and their id.
    """

    placed: OrderPlaced | None = None
    cancelled: bool = False
    returned: Mapping[int, int] = field(default_factory=dict)
    refs: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    payment: PaymentState = "pending"
    paid_at: datetime | None = None
    fulfilment: FulfilmentState = "pending"
    moved_at: datetime | None = None
    heard: frozenset[tuple[str, str, str]] = frozenset()


def decide(command: OrderCommand, state: Order) -> list[OrderEvent]:
    """What each command leads to."""
    if isinstance(command, PlaceOrder):
        return _place(command, state.placed)
    placed = state.placed
    if placed is None:
        raise Rejected("unknown_order", f"There is no order {command.order}.")
    match command:
        case CancelOrder():
            return _cancel(command, placed, state)
        case ReturnLines():
            return _return(command, placed, state)
        case MovePayment():
            if ("payment", command.provider, command.message) in state.heard:
                return []
            step = PAYMENT.step(state.payment, command.state, command.at, state.paid_at)
            if step == "moves":
                return [said(PaymentMoved, command, partner=placed.partner, country=placed.country)]
            return [_noted(command, "payment", step, placed)]
        case MoveFulfilment():
            if ("fulfilment", command.provider, command.message) in state.heard:
                return []
            step = FULFILMENT.step(state.fulfilment, command.state, command.at, state.moved_at)
            if step == "moves":
                return [said(FulfilmentMoved, command, partner=placed.partner, country=placed.country)]
            return [_noted(command, "fulfilment", step, placed)]


def _place(command: PlaceOrder, placed: OrderPlaced | None) -> list[OrderEvent]:
    partner = command.order.partition(":")[0]
    if placed is not None:
        if asked(placed) == asked(command):
            return []
        raise Rejected("order_exists", f"{command.order} was placed with something else in it.")
    if not command.lines:
        raise Rejected("nothing_ordered", "An order has a line at least.")
    return [said(OrderPlaced, command, partner=partner)]


def asked(order: PlaceOrder | OrderPlaced) -> tuple[Any, ...]:
    """What was wanted, by whom, from which call: all but the prices of the moment."""
    lines = tuple((line.sku, line.kind, line.quantity, line.plan) for line in order.lines)
    return (order.country, order.customer_ref, order.call, order.agent, order.campaign, order.subscription, lines)


def _cancel(command: CancelOrder, placed: OrderPlaced, state: Order) -> list[OrderEvent]:
    if state.cancelled:
        return []
    if state.fulfilment in ARRIVED:
        raise Rejected("delivered", "The customer has the goods: they come back as a return.")
    if state.returned:
        raise Rejected("partly_returned", "Goods have come back already; the rest comes back as a return.")
    if state.fulfilment in ON_THE_WAY:
        _in_time(command.at, placed)
    return [said(OrderCancelled, command, **_of(placed), lines=placed.lines)]


def _return(command: ReturnLines, placed: OrderPlaced, state: Order) -> list[OrderEvent]:
    pieces: dict[int, int] = {}
    for back in command.lines:
        pieces[back.line] = pieces.get(back.line, 0) + back.quantity
    if (known := state.refs.get(command.ref)) is not None:
        if known == pieces:
            return []
        raise Rejected("ref_taken", f"The return {command.ref} was of other goods.")
    if state.cancelled:
        raise Rejected("cancelled", "The order was cancelled.")
    if state.fulfilment not in ON_THE_WAY:
        raise Rejected("not_shipped", "The goods have not left: cancel the order.")
    _in_time(command.at, placed)
    lines = {line.line: line for line in placed.lines}
    for number, quantity in pieces.items():
        if number not in lines:
            raise Rejected("unknown_line", f"The order has no line {number}.")
        left = lines[number].quantity - state.returned.get(number, 0)
        if quantity > left:
            raise Rejected("too_many", f"Of line {number}, {left} pieces are left that could come back.")
    parts = tuple(
        part_of(lines[number], quantity, state.returned.get(number, 0)) for number, quantity in sorted(pieces.items())
    )
    return [said(OrderReturned, command, **_of(placed), lines=parts)]


def _in_time(at: datetime, placed: OrderPlaced) -> None:
    if placed.cut_off is not None and at >= placed.cut_off:
        raise Rejected("past_cut_off", f"It could be taken back until {placed.cut_off.isoformat()}.")


def _of(placed: OrderPlaced) -> dict[str, Any]:
    """What later events say again of the order."""
    return {
        "partner": placed.partner,
        "currency": placed.currency,
        "country": placed.country,
        "ordered_at": placed.at,
        "call": placed.call,
        "agent": placed.agent,
        "campaign": placed.campaign,
        "subscription": placed.subscription,
        "customer_ref": placed.customer_ref,
    }


def _noted(command: MovePayment | MoveFulfilment, matter: Matter, step: Step, placed: OrderPlaced) -> MessageNoted:
    return said(MessageNoted, command, partner=placed.partner, matter=matter, late=step == "late")


def evolve(state: Order, event: OrderEvent) -> Order:
    """What an event changes."""
    match event:
        case OrderPlaced():
            return replace(state, placed=event)
        case OrderCancelled():
            return replace(state, cancelled=True)
        case OrderReturned(ref=ref, lines=lines):
            pieces = {line.line: line.quantity for line in lines}
            returned = {**state.returned}
            for number, more in pieces.items():
                returned[number] = returned.get(number, 0) + more
            return replace(state, returned=returned, refs={**state.refs, ref: pieces})
        case PaymentMoved():
            heard = state.heard | {("payment", event.provider, event.message)}
            return replace(state, payment=event.state, paid_at=event.at, heard=heard)
        case FulfilmentMoved():
            heard = state.heard | {("fulfilment", event.provider, event.message)}
            return replace(state, fulfilment=event.state, moved_at=event.at, heard=heard)
        case MessageNoted():
            return replace(state, heard=state.heard | {(event.matter, event.provider, event.message)})


def gross(lines: Iterable[OrderLine]) -> int:
    """What the customer pays for these lines, in minor units."""
    return sum(line.gross_minor for line in lines)


order = Decider("order", OrderEvent, Order(), decide, evolve)
