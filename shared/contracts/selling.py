"""Public events of selling: orders and what becomes of them, repeat shipments, and customers handed to the company.

They go to the topic of the calls service, beside the facts of telephony, so that one view can hold both. `call` is our
id of the call, `agent` the vendor's id of the agent, as in those facts; `customer_ref` is the vault's token.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from shared.contracts.partners import Counts
from shared.kernel import Money, PublicEvent

LineKind = Literal["main", "upsell", "cross_sell", "continuity"]
PaymentState = Literal["pending", "authorised", "paid", "failed", "refunded", "charged_back"]
FulfilmentState = Literal["pending", "accepted", "packed", "shipped", "delivered", "returned", "lost"]


PlanUnit = Literal["days", "weeks", "months"]


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How often goods come again: every so many days, weeks or months. `option`: the price option that holds then."""

    unit: PlanUnit
    every: int
    option: str = ""


class OrderLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of an order as it was priced; amounts in minor units of the order's currency.

    `unit_net_minor` is the price of a piece from `price_list` before the discount; `net_minor` is that of the whole
    line after it, `tax_minor` the tax on it at `tax_rate` (percent, a decimal in text). `rule` names what gave the
    discount. `line` is its number in the order, from 1. With a `plan` the goods come again and again.
    """

    line: int
    sku: str
    kind: LineKind
    quantity: int
    unit_net_minor: int
    net_minor: int
    tax_minor: int
    tax_rate: str
    price_list: str
    discount_minor: int = 0
    rule: str | None = None
    plan: Plan | None = None

    @property
    def gross_minor(self) -> int:
        """What the customer pays for the line."""
        return self.net_minor + self.tax_minor


class OrderPlaced(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A customer has ordered. Prices are those of this moment and stay. `cut_off`: until then it may be returned.

    `call` is None for an order that no call brought, such as a repeat shipment, which names its `subscription`.
    `day` is the date of `at` in the partner's zone, as in the facts of calls; empty where nobody said it.
    """

    order: str
    partner: str
    currency: str
    country: str
    lines: tuple[OrderLine, ...]
    customer_ref: str
    at: datetime
    by: str
    call: str | None = None
    agent: str | None = None
    campaign: str | None = None
    subscription: str | None = None
    cut_off: datetime | None = None
    day: str = ""

    @property
    def gross(self) -> Money:
        """What the customer pays for all lines."""
        return Money(sum(line.gross_minor for line in self.lines), self.currency)


class OrderTakenBack(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """What both ways say in which an order, or a part of it, is taken back. What a view needs of the order is said
    again. `day`: of `at`, in the partner's zone."""

    order: str
    partner: str
    currency: str
    lines: tuple[OrderLine, ...]
    ordered_at: datetime
    reason: str
    at: datetime
    by: str
    call: str | None = None
    agent: str | None = None
    campaign: str | None = None
    subscription: str | None = None
    customer_ref: str | None = None
    day: str = ""
    country: str = ""


class OrderCancelled(OrderTakenBack, frozen=True, kw_only=True, omit_defaults=True):
    """The order is taken back as a whole, before it was delivered."""


class OrderReturned(OrderTakenBack, frozen=True, kw_only=True, omit_defaults=True):
    """Goods came back: `lines` are the parts of the order's lines that did, with their parts of the amounts. `ref` is
    the return's own id."""

    ref: str = ""


class PaymentMoved(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The payment of an order is in another state, as its provider says. `message`: the provider's id of its word."""

    order: str
    partner: str
    state: PaymentState
    provider: str
    at: datetime
    reference: str | None = None
    message: str = ""
    country: str = ""


class FulfilmentMoved(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The goods of an order are in another state, as whoever ships them says. `message`: their id of their word."""

    order: str
    partner: str
    state: FulfilmentState
    provider: str
    at: datetime
    reference: str | None = None
    message: str = ""
    country: str = ""


class SubscriptionStarted(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A customer gets the goods again and again, from an order on. `next_due`: the day of the next shipment."""

    subscription: str
    order: str
    partner: str
    customer_ref: str
    sku: str
    at: datetime
    by: str
    call: str | None = None
    agent: str | None = None
    campaign: str | None = None
    quantity: int = 1
    country: str = ""
    plan: Plan | None = None
    next_due: date | None = None


class SubscriptionCancelled(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """No shipment follows. `shipments`: how many there were, with the first."""

    subscription: str
    partner: str
    reason: str
    shipments: int
    at: datetime
    by: str
    call: str | None = None
    agent: str | None = None
    campaign: str | None = None


HandoverPoint = Literal[
    "ready_to_buy", "wants_callback", "asks_price", "asks_terms", "compares_offers", "large_order", "existing_customer",
    "needs_expert", "complaint_risk", "other_language",
]  # fmt: skip
"""What matters about a customer who is handed over. More than that is text, which lies in the vault."""


class HandoverFact(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """What every fact of a hot lead says: whose call it was, at which partner, for which campaign."""

    handover: str
    partner: str
    call: str
    agent: str
    at: datetime
    campaign: str | None = None


class LeadHandedOver(HandoverFact, frozen=True, kw_only=True, omit_defaults=True):
    """An agent asks the company's own staff to take a customer over now; they must until `due_at`.

    `points` are the key points of the talk; `note` is the name under which the agent's own words lie in the vault.
    `escalates_at`: from then on it is urgent. `counts`: as the call does.
    """

    customer_ref: str
    due_at: datetime
    points: tuple[HandoverPoint, ...] = ()
    note: str | None = None
    escalates_at: datetime | None = None
    counts: Counts = "production"
    by: str = ""


class HandoverTaken(HandoverFact, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody has taken the customer over, `waited_ms` after it was asked; `in_time`: nobody had said by then that the
    contract's deadline was missed."""

    waited_ms: int
    in_time: bool
    by: str


class HandoverMissed(HandoverFact, frozen=True, kw_only=True, omit_defaults=True):
    """The deadline has passed and nobody had taken the customer over."""

    due_at: datetime


class MediaBought(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """So much was paid for a medium on a day for a campaign; `partner`: for the calls of that one alone.

    There is one amount for each day, medium, campaign and partner: this one takes the place of `before`, which is None
    where nothing was told of it.
    """

    month: str
    day: date
    media: str
    campaign: str
    amount: Money
    at: datetime
    by: str
    partner: str | None = None
    before: Money | None = None


class SurveyAnswered(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """What a customer answered to an input of a script: the choice's id or a number. `sealed`: free text, which lies in
    the vault and not here. `step`: its number in the call; the later of two answers to a field is the one that was
    meant."""

    call: str
    partner: str
    script: str
    version: int
    step: int
    node: str
    field: str
    at: datetime
    by: str
    choice: str | None = None
    number: int | None = None
    sealed: bool = False


PublicSellingEvent = (
    OrderPlaced
    | OrderCancelled
    | OrderReturned
    | PaymentMoved
    | FulfilmentMoved
    | SubscriptionStarted
    | SubscriptionCancelled
    | LeadHandedOver
    | HandoverTaken
    | HandoverMissed
    | MediaBought
    | SurveyAnswered
)
