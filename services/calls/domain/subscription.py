"""A subscription: goods that come again and again, changed, paused and cancelled as the customer wishes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

import msgspec

from services.calls.domain.order import OrderId
from services.calls.domain.product import Sku
from services.calls.domain.schedule import LONGEST, Schedule, changed, next_due, taken
from services.calls.events.subscriptions import (
    OfferKind,
    PlanChanged,
    ProductChanged,
    SaveAccepted,
    SaveOffered,
    SaveRefused,
    ShipmentFellDue,
    ShipmentHeld,
    ShipmentLost,
    ShipmentPlaced,
    ShipmentSkipped,
    SubscriptionEvent,
    SubscriptionFact,
    SubscriptionPaused,
    SubscriptionResumed,
)
from shared.contracts.selling import Plan, PlanUnit, SubscriptionCancelled, SubscriptionStarted
from shared.kernel import Command, Decider, Money, Rejected, said

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Percent = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,2}(\.[0-9]{1,3})?$(?!\n)")]
UNANSWERED = "cancelled"
"""Why an open offer was refused where the customer cancelled without an answer to it."""


class AskedPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan as it is asked for; see `Plan`."""

    unit: PlanUnit
    every: Annotated[int, msgspec.Meta(ge=1, le=366)]
    option: Annotated[str, msgspec.Meta(max_length=60)] = ""


class StartSubscription(Command, frozen=True, kw_only=True):
    """Send the goods of an order's line again and again."""

    subscription: OrderId
    order: OrderId
    customer_ref: Id
    sku: str
    quantity: int
    country: str
    plan: Plan
    call: str | None = None
    agent: str | None = None
    campaign: str | None = None
    at: datetime
    by: str


class ChangePlan(Command, frozen=True, kw_only=True):
    """Send in another rhythm or for another price option, counted from the last shipment on.

    409 `unknown_subscription`, `subscription_over`, `too_seldom`.
    """

    subscription: OrderId
    plan: AskedPlan
    reason: Text
    at: datetime
    by: str


class ChangeProduct(Command, frozen=True, kw_only=True):
    """Send another product, or more or fewer pieces; `alternates` are taken, in this order, where it can't be sold.

    409 `unknown_subscription`, `subscription_over`.
    """

    subscription: OrderId
    sku: Sku
    quantity: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    reason: Text
    alternates: Annotated[tuple[Sku, ...], msgspec.Meta(max_length=10)] = ()
    at: datetime
    by: str


class SkipShipment(Command, frozen=True, kw_only=True):
    """Leave out the next shipment, which is that of `due`. 409 `unknown_subscription`, `subscription_over`, `not_next`
    where another day is the next one."""

    subscription: OrderId
    due: date
    reason: Text
    at: datetime
    by: str


class PauseSubscription(Command, frozen=True, kw_only=True):
    """Send nothing until a day, or until it is resumed. 409 `unknown_subscription`, `subscription_over`,
    `pause_in_the_past`."""

    subscription: OrderId
    reason: Text
    until: date | None = None
    at: datetime
    by: str


class ResumeSubscription(Command, frozen=True, kw_only=True):
    """Go on in the old rhythm, from today on. 409 `unknown_subscription`, `subscription_over`."""

    subscription: OrderId
    at: datetime
    by: str


class OfferSave(Command, frozen=True, kw_only=True):
    """Offer something to a customer who wants to cancel. A discount (percent) is on the next `shipments`.

    409 `unknown_subscription`, `subscription_over`, `offer_open` while another waits for an answer, `offer_taken`
    where the id is another offer's, `no_discount` where a discount does not say how much on how many.
    """

    subscription: OrderId
    offer: Id
    kind: OfferKind
    text: Text
    reason: Text
    discount_percent: Percent | None = None
    shipments: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    at: datetime
    by: str


class AnswerSave(Command, frozen=True, kw_only=True):
    """Say whether the customer takes the offer, and why not.

    409 `unknown_subscription`, `unknown_offer`, `answered_otherwise`, `subscription_over`.
    """

    subscription: OrderId
    offer: Id
    accepted: bool
    reason: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    at: datetime
    by: str


class CancelSubscription(Command, frozen=True, kw_only=True):
    """Send nothing more; an offer that waits counts as refused. 409 `unknown_subscription`."""

    subscription: OrderId
    reason: Text
    at: datetime
    by: str


class MarkDue(Command, frozen=True, kw_only=True):
    """Time has come to the next shipment, if it has."""

    subscription: OrderId
    at: datetime
    by: str


class OrderShipment(Command, frozen=True, kw_only=True):
    """The shipment that fell due is to be ordered now. 409 `not_pending` where it is not wanted any more."""

    subscription: OrderId
    due: date
    at: datetime
    by: str


class NoteShipment(Command, frozen=True, kw_only=True):
    """The shipment that fell due is ordered. `order`: the id that it fell due under."""

    subscription: OrderId
    order: str
    sku: str
    gross: Money
    at: datetime
    by: str


class HoldShipment(Command, frozen=True, kw_only=True):
    """The shipment that fell due can't be ordered now."""

    subscription: OrderId
    due: date
    cause: str
    at: datetime
    by: str


class LoseShipment(Command, frozen=True, kw_only=True):
    """A shipment's order was cancelled, or goods of it came back."""

    subscription: OrderId
    order: str
    amount: Money
    ref: str = ""
    at: datetime
    by: str


SubscriptionCommand = (
    StartSubscription | ChangePlan | ChangeProduct | SkipShipment | PauseSubscription | ResumeSubscription | OfferSave
    | AnswerSave | CancelSubscription | MarkDue | OrderShipment | NoteShipment | HoldShipment | LoseShipment
)  # fmt: skip


@dataclass(frozen=True)
class Goods:
    """What is sent: a product, how many, and what stands in for it."""

    sku: str
    quantity: int
    alternates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subscription:
    """What is known of it; `started` is None before it was. `shipped`: the day of the last shipment; `skipped`: days
    that were left out. `pending`: what fell due and is not ordered yet, until a pause or the end. `fell`: the day of
    each shipment that ever fell due, by its order; `placed`: the orders that were. `discount`: percent,
    for how many shipments still, and by which offer."""

    started: SubscriptionStarted | None = None
    schedule: Schedule | None = None
    goods: Goods = Goods("", 0)
    shipped: date = date.min
    paused: SubscriptionPaused | None = None
    over: bool = False
    pending: ShipmentFellDue | None = None
    held: str = ""
    fell: Mapping[str, date] = field(default_factory=dict)
    placed: frozenset[str] = frozenset()
    skipped: frozenset[date] = frozenset()
    lost: frozenset[tuple[str, str]] = frozenset()
    offers: Mapping[str, SaveOffered] = field(default_factory=dict)
    answers: Mapping[str, bool] = field(default_factory=dict)
    discount: tuple[str, int, str] | None = None

    @property
    def open_offer(self) -> str | None:
        """The offer that waits for an answer."""
        return next((offer for offer in self.offers if offer not in self.answers), None)


def decide(command: SubscriptionCommand, state: Subscription) -> list[SubscriptionEvent]:
    """What each command leads to."""
    if isinstance(command, StartSubscription):
        return _start(command, state)
    started, schedule = state.started, state.schedule
    if started is None or schedule is None:
        raise Rejected("unknown_subscription", f"There is no subscription {command.subscription}.")
    match command:
        case MarkDue():
            return _mark_due(command, state, schedule)
        case OrderShipment(due=due):
            if state.pending is None or state.pending.due != due:
                raise Rejected("not_pending", f"The shipment of {due} is not wanted any more.")
            return []
        case NoteShipment(order=order):
            if order not in state.fell:
                raise Rejected("unknown_shipment", f"No shipment fell due as {order}.")
            if order in state.placed:
                return []
            return [_said(ShipmentPlaced, command, state, due=state.fell[order], number=len(state.placed) + 2)]
        case HoldShipment(due=due, cause=cause):
            if state.pending is None or state.pending.due != due or state.held == cause:
                return []
            return [_said(ShipmentHeld, command, state)]
        case LoseShipment(order=order, ref=ref):
            return [] if (order, ref) in state.lost else [_said(ShipmentLost, command, state)]
        case CancelSubscription():
            return [] if state.over else _cancel(command, state, started)
        case AnswerSave():
            return _answer(command, state)
        case ChangePlan() | ChangeProduct() | SkipShipment() | PauseSubscription() | ResumeSubscription() | OfferSave():
            if state.over:
                raise Rejected("subscription_over", "It was cancelled.")
            return _changed(command, state, schedule)


def _start(command: StartSubscription, state: Subscription) -> list[SubscriptionEvent]:
    if state.started is not None:
        return []
    day = command.at.date()
    due = next_due(Schedule(day, command.plan, day))
    partner = command.subscription.partition(":")[0]
    return [said(SubscriptionStarted, command, partner=partner, next_due=due)]


Change = ChangePlan | ChangeProduct | SkipShipment | PauseSubscription | ResumeSubscription | OfferSave


def _changed(command: Change, state: Subscription, schedule: Schedule) -> list[SubscriptionEvent]:
    match command:
        case ChangePlan(plan=asked):
            if asked.every > LONGEST[asked.unit]:
                raise Rejected("too_seldom", f"At most every {LONGEST[asked.unit]} {asked.unit}.")
            plan = Plan(unit=asked.unit, every=asked.every, option=asked.option)
            if plan == schedule.plan:
                return []
            return [_said(PlanChanged, command, state, plan=plan, counted_from=state.shipped)]
        case ChangeProduct(sku=sku, quantity=quantity, alternates=alternates):
            same = state.goods == Goods(sku, quantity, alternates)
            return [] if same else [_said(ProductChanged, command, state)]
        case SkipShipment(due=due):
            if due in state.skipped:
                return []
            if (expected := _due(state)) != due:
                raise Rejected("not_next", f"The next shipment is that of {expected or 'no day yet'}.")
            return [_said(ShipmentSkipped, command, state)]
        case PauseSubscription(until=until):
            if state.paused is not None and state.paused.until == until:
                return []
            if until is not None and until <= command.at.date():
                raise Rejected("pause_in_the_past", f"{until} is not ahead.")
            return [_said(SubscriptionPaused, command, state)]
        case ResumeSubscription():
            return [_said(SubscriptionResumed, command, state)] if state.paused else []
        case OfferSave():
            return _offer(command, state)


def _offer(command: OfferSave, state: Subscription) -> list[SubscriptionEvent]:
    if (known := state.offers.get(command.offer)) is not None:
        if (known.kind, known.text, known.discount_percent, known.shipments) == (
            command.kind, command.text, command.discount_percent, command.shipments,
        ):  # fmt: skip
            return []
        raise Rejected("offer_taken", f"The offer {command.offer} was another one.")
    if state.open_offer is not None:
        raise Rejected("offer_open", f"The offer {state.open_offer} waits for an answer.")
    says = bool(command.discount_percent), bool(command.shipments)
    if says != (command.kind == "discount",) * 2:
        raise Rejected("no_discount", "A discount says how many percent on how many shipments; nothing else does.")
    return [_said(SaveOffered, command, state)]


def _answer(command: AnswerSave, state: Subscription) -> list[SubscriptionEvent]:
    if command.offer not in state.offers:
        raise Rejected("unknown_offer", f"There was no offer {command.offer}.")
    if (known := state.answers.get(command.offer)) is not None:
        if known is command.accepted:
            return []
        raise Rejected("answered_otherwise", "The customer gave the other answer.")
    return [_said(SaveAccepted, command, state) if command.accepted else _said(SaveRefused, command, state)]


def _cancel(command: CancelSubscription, state: Subscription, started: SubscriptionStarted) -> list[SubscriptionEvent]:
    events: list[SubscriptionEvent] = []
    if (offer := state.open_offer) is not None:
        events.append(_said(SaveRefused, command, state, offer=offer, reason=UNANSWERED))
    over = said(
        SubscriptionCancelled,
        command,
        partner=started.partner,
        shipments=len(state.placed) + 1,
        call=started.call,
        agent=started.agent,
        campaign=started.campaign,
    )
    return [*events, over]


def _mark_due(command: MarkDue, state: Subscription, schedule: Schedule) -> list[SubscriptionEvent]:
    """One shipment at a time; what was missed while nobody looked is over with it."""
    due, today = _due(state), command.at.date()
    if state.over or state.pending is not None or due is None or due > today:
        return []
    events: list[SubscriptionEvent] = []
    if state.paused is not None:
        events.append(said(SubscriptionResumed, command, partner=_partner(state), next_due=due))
    percent, _, offer = state.discount or (None, 0, "")
    fell = _said(
        ShipmentFellDue,
        command,
        evolved(state, events),
        due=due,
        through=taken(schedule, today).taken,
        order=f"{command.subscription}.{due:%Y%m%d}",
        sku=state.goods.sku,
        quantity=state.goods.quantity,
        alternates=state.goods.alternates,
        option=schedule.plan.option,
        discount_percent=percent,
        rule=f"save:{offer}" if percent else None,
    )
    return [*events, fell]


F = TypeVar("F", bound=SubscriptionFact)


def _said(kind: type[F], command: SubscriptionCommand, state: Subscription, **more: Any) -> F:
    """The event, with the day of the shipment that is next after it."""
    event = said(kind, command, partner=_partner(state), next_due=None, **more)
    return msgspec.structs.replace(event, next_due=_due(evolve(state, event)))  # type: ignore[arg-type]


def evolved(state: Subscription, events: Iterable[SubscriptionEvent]) -> Subscription:
    """The state after these events."""
    for event in events:
        state = evolve(state, event)
    return state


def _partner(state: Subscription) -> str:
    return state.started.partner if state.started is not None else ""


def _due(state: Subscription) -> date | None:
    """The day of the next shipment; None while nobody knows."""
    if state.over or state.schedule is None or (state.paused is not None and state.paused.until is None):
        return None
    return next_due(state.schedule)


def _paused(state: Subscription, event: SubscriptionPaused) -> Subscription:
    schedule = state.schedule
    if schedule is not None and event.until is not None:
        schedule = replace(schedule, not_before=event.until)
    return replace(state, paused=event, schedule=schedule, pending=None)


def _resumed(state: Subscription, today: date) -> Subscription:
    schedule = state.schedule and replace(state.schedule, not_before=today)
    return replace(state, paused=None, schedule=schedule)


def evolve(state: Subscription, event: SubscriptionEvent) -> Subscription:
    """What an event changes."""
    schedule = state.schedule
    match event:
        case SubscriptionStarted(at=at, sku=sku, quantity=quantity, plan=plan):
            day = at.date()
            first = Schedule(day, plan, day) if plan is not None else None
            return replace(state, started=event, schedule=first, goods=Goods(sku, quantity), shipped=day)
        case PlanChanged(plan=plan, counted_from=counted_from, at=at):
            until = state.paused.until if state.paused is not None else None
            new = schedule and changed(schedule, plan, counted_from, max(at.date(), until or at.date()))
            return replace(state, schedule=new)
        case ProductChanged(sku=sku, quantity=quantity, alternates=alternates):
            return replace(state, goods=Goods(sku, quantity, alternates))
        case ShipmentSkipped(due=due):
            return replace(state, schedule=schedule and replace(schedule, taken=due), skipped=state.skipped | {due})
        case SubscriptionPaused():
            return _paused(state, event)
        case SubscriptionResumed(at=at):
            # A pause that ends by itself ends with its shipment, and the day of that is not passed over.
            return _resumed(state, min(at.date(), event.next_due or at.date()))
        case SaveOffered(offer=offer):
            return replace(state, offers={**state.offers, offer: event})
        case SaveAccepted(offer=offer):
            taken_up = state.offers[offer]
            discount = state.discount
            if taken_up.discount_percent is not None:
                discount = (taken_up.discount_percent, taken_up.shipments, offer)
            return replace(state, answers={**state.answers, offer: True}, discount=discount)
        case SaveRefused(offer=offer):
            return replace(state, answers={**state.answers, offer: False})
        case ShipmentFellDue(due=due, through=through, order=order):
            after = schedule and replace(schedule, taken=through, not_before=None)
            fell, left = {**state.fell, order: due}, _used(state.discount)
            return replace(state, schedule=after, pending=event, held="", shipped=through, fell=fell, discount=left)
        case ShipmentPlaced(due=due, order=order):
            pending = None if state.pending is not None and state.pending.due == due else state.pending
            return replace(state, pending=pending, held="", placed=state.placed | {order})
        case ShipmentHeld(cause=cause):
            return replace(state, held=cause)
        case ShipmentLost(order=order, ref=ref):
            return replace(state, lost=state.lost | {(order, ref)})
        case SubscriptionCancelled():
            return replace(state, over=True, pending=None)


def _used(discount: tuple[str, int, str] | None) -> tuple[str, int, str] | None:
    if discount is None or discount[1] <= 1:
        return None
    return (discount[0], discount[1] - 1, discount[2])


subscription = Decider("subscription", SubscriptionEvent, Subscription(), decide, evolve)
