"""What happens to a subscription beside its beginning and end. `next_due`: the day of the shipment after it, if any."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from shared.contracts.selling import Plan, SubscriptionCancelled, SubscriptionStarted
from shared.kernel import Event, Money

OfferKind = Literal["discount", "pause", "interval", "product", "other"]


class SubscriptionFact(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Of which subscription, when and by whom."""

    subscription: str
    partner: str
    at: datetime
    by: str
    next_due: date | None = None


class PlanChanged(SubscriptionFact, frozen=True, kw_only=True, omit_defaults=True):
    """The goods come in another rhythm or for another price option, counted from the last shipment on."""

    plan: Plan
    counted_from: date
    reason: str


class ProductChanged(SubscriptionFact, frozen=True, kw_only=True, omit_defaults=True):
    """From now on the customer gets this. `alternates` are taken, in this order, where it can't be sold."""

    sku: str
    quantity: int
    reason: str
    alternates: tuple[str, ...] = ()


class ShipmentSkipped(SubscriptionFact, frozen=True, kw_only=True, omit_defaults=True):
    """The customer does not want the shipment of this day."""

    due: date
    reason: str


class SubscriptionPaused(SubscriptionFact, frozen=True, kw_only=True, omit_defaults=True):
    """Nothing comes, until a day or until somebody says so."""

    reason: str
    until: date | None = None


class SubscriptionResumed(SubscriptionFact, frozen=True, kw_only=True, omit_defaults=True):
    """It goes on, in its rhythm."""


class SaveOffered(SubscriptionFact, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who wants to cancel is offered something to stay. A discount (percent, a decimal in text) is on the next
    `shipments`."""

    offer: str
    kind: OfferKind
    text: str
    reason: str
    discount_percent: str | None = None
    shipments: int = 0


class SaveAccepted(SubscriptionFact, frozen=True, kw_only=True, omit_defaults=True):
    """The customer stays for it."""

    offer: str


class SaveRefused(SubscriptionFact, frozen=True, kw_only=True, omit_defaults=True):
    """The customer does not want it."""

    offer: str
    reason: str


class ShipmentFellDue(SubscriptionFact, frozen=True, kw_only=True, omit_defaults=True):
    """A shipment is to be ordered as `order`. Days up to `through` are over with it."""

    due: date
    through: date
    order: str
    sku: str
    quantity: int
    option: str = ""
    alternates: tuple[str, ...] = ()
    discount_percent: str | None = None
    rule: str | None = None


class ShipmentPlaced(SubscriptionFact, frozen=True, kw_only=True, omit_defaults=True):
    """The shipment of a day is ordered; `number`: from 2, as the first came with the order."""

    due: date
    order: str
    sku: str
    gross: Money
    number: int


class ShipmentHeld(SubscriptionFact, frozen=True, kw_only=True, omit_defaults=True):
    """The shipment can't be ordered, for the reason whose code is `cause`; it is tried again."""

    due: date
    cause: str


class ShipmentLost(SubscriptionFact, frozen=True, kw_only=True, omit_defaults=True):
    """A shipment's order was cancelled, or goods of it came back, for so much. `ref`: the return's id."""

    order: str
    amount: Money
    ref: str = ""


SubscriptionEvent = (
    SubscriptionStarted
    | SubscriptionCancelled
    | PlanChanged
    | ProductChanged
    | ShipmentSkipped
    | SubscriptionPaused
    | SubscriptionResumed
    | SaveOffered
    | SaveAccepted
    | SaveRefused
    | ShipmentFellDue
    | ShipmentPlaced
    | ShipmentHeld
    | ShipmentLost
)
