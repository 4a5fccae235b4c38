"""The subscriptions: what comes when, what was changed, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

import msgspec

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
    SubscriptionPaused,
    SubscriptionResumed,
)
from shared.contracts.calls import TOPIC
from shared.contracts.selling import Plan, SubscriptionCancelled, SubscriptionStarted
from shared.kernel import Money, View

Status = Literal["active", "paused", "cancelled"]
NEVER = "9999-12-31"
"""Stands in the index for a day that nobody knows."""


class Shipped(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A shipment that was ordered; `lost_minor`: of its amount, what was cancelled or came back."""

    due: date
    order: str
    sku: str
    gross: Money
    at: datetime
    lost_minor: int = 0


class KnownOffer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An offer to stay; `accepted` None: it waits for an answer."""

    offer: str
    kind: OfferKind
    text: str
    reason: str
    at: datetime
    discount_percent: str | None = None
    shipments: int = 0
    accepted: bool | None = None
    answered_at: datetime | None = None
    why: str = ""


class KnownSubscription(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A subscription as it is. `pending`: what fell due and is not ordered yet, `held` why. `changed`: what was
    changed, skipped and paused, in order. The days of the plan are counted from `counted_from` on."""

    subscription: str
    partner: str
    started: SubscriptionStarted | None = None
    status: Status = "active"
    sku: str = ""
    quantity: int = 0
    alternates: tuple[str, ...] = ()
    plan: Plan | None = None
    counted_from: date | None = None
    next_due: date | None = None
    pending: ShipmentFellDue | None = None
    held: str = ""
    shipments: list[Shipped] = []
    offers: list[KnownOffer] = []
    changed: list[PlanChanged | ProductChanged | ShipmentSkipped | SubscriptionPaused | SubscriptionResumed] = []
    cancelled: SubscriptionCancelled | None = None
    changes: int = 0


def by_subscription(event: SubscriptionEvent) -> Iterable[tuple[str, SubscriptionEvent]]:
    """One document a subscription."""
    return [(event.subscription, event)]


def fold(doc: KnownSubscription | None, event: SubscriptionEvent, sign: int) -> KnownSubscription:
    """A command's events are never reversed."""
    doc = doc or KnownSubscription(subscription=event.subscription, partner=event.partner)
    doc.changes += 1
    if not isinstance(event, SubscriptionCancelled):
        doc.next_due = event.next_due
    match event:
        case SubscriptionStarted():
            doc.started, doc.sku, doc.quantity, doc.plan = event, event.sku, event.quantity, event.plan
            doc.counted_from = event.at.date()
        case SubscriptionCancelled():
            doc.status, doc.cancelled, doc.next_due = "cancelled", event, None
            doc.pending, doc.held = None, ""
        case SaveOffered() | SaveAccepted() | SaveRefused():
            _offered(doc, event)
        case ShipmentFellDue() | ShipmentPlaced() | ShipmentHeld() | ShipmentLost():
            _shipped(doc, event)
        case _:
            _changed(doc, event)
    return doc


def _changed(
    doc: KnownSubscription,
    event: PlanChanged | ProductChanged | ShipmentSkipped | SubscriptionPaused | SubscriptionResumed,
) -> None:
    doc.changed.append(event)
    match event:
        case PlanChanged(plan=plan, counted_from=counted_from):
            doc.plan, doc.counted_from = plan, counted_from
        case ProductChanged(sku=sku, quantity=quantity, alternates=alternates):
            doc.sku, doc.quantity, doc.alternates = sku, quantity, alternates
        case SubscriptionPaused():
            doc.status, doc.pending, doc.held = "paused", None, ""
        case SubscriptionResumed():
            doc.status = "active"
        case ShipmentSkipped():
            pass


def _offered(doc: KnownSubscription, event: SaveOffered | SaveAccepted | SaveRefused) -> None:
    if isinstance(event, SaveOffered):
        names = ("offer", "kind", "text", "reason", "at", "discount_percent", "shipments")
        doc.offers.append(KnownOffer(**{name: getattr(event, name) for name in names}))
        return
    for one in doc.offers:
        if one.offer == event.offer:
            one.accepted, one.answered_at = isinstance(event, SaveAccepted), event.at
            one.why = event.reason if isinstance(event, SaveRefused) else ""


def _shipped(doc: KnownSubscription, event: ShipmentFellDue | ShipmentPlaced | ShipmentHeld | ShipmentLost) -> None:
    match event:
        case ShipmentFellDue():
            doc.pending, doc.held = event, ""
        case ShipmentPlaced(due=due, order=order, sku=sku, gross=gross, at=at):
            doc.shipments.append(Shipped(due=due, order=order, sku=sku, gross=gross, at=at))
            if doc.pending is not None and doc.pending.due == due:
                doc.pending, doc.held = None, ""
        case ShipmentHeld(cause=cause):
            doc.held = cause
        case ShipmentLost(order=order, amount=amount):
            for one in doc.shipments:
                if one.order == order:
                    one.lost_minor += amount.minor


def newer(one: KnownSubscription, other: KnownSubscription) -> KnownSubscription:
    """A subscription is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownSubscription) -> dict[str, str | int | None]:
    """Found by whose it is, how it stands, and what is to be done when."""
    return {
        "partner": doc.partner,
        "customer": doc.started.customer_ref if doc.started else "",
        "status": doc.status,
        "pending": "yes" if doc.pending is not None else "no",
        "due": doc.next_due.isoformat() if doc.next_due is not None else NEVER,
    }


subscriptions = View(
    "subscriptions",
    1,
    TOPIC,
    SubscriptionEvent,
    KnownSubscription,
    by_subscription,
    fold,
    newer,
    indexes=("partner", "customer", "status", "pending", "due"),
    fields=indexed,
)
