"""Rules of selling as data: who may buy, what is offered next, discounts, and when a country may be dialled."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from shared.contracts.calls import Direction
from shared.contracts.selling import LineKind
from shared.kernel import Event

COMPANY = "company"
"""The scope of the rules that hold in every campaign."""


class When(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A condition on a call; all that is said must hold, and an empty one always does.

    `bought_any`, `bought_none`: SKUs that the customer ever bought; `basket_any`, `basket_none`: those in the order.
    `orders_at_least`, `orders_at_most`: how many orders the customer has.
    """

    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    directions: tuple[Direction, ...] = ()
    bought_any: tuple[str, ...] = ()
    bought_none: tuple[str, ...] = ()
    basket_any: tuple[str, ...] = ()
    basket_none: tuple[str, ...] = ()
    orders_at_least: int = 0
    orders_at_most: int | None = None


class EligibilityRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What must hold for an order, or for one with any of `skus` in it. `reason`: what the agent is told if not."""

    name: str
    requires: When
    reason: str
    skus: tuple[str, ...] = ()


class OfferRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A product to offer. `after`: next to which products, any if empty; its place among the rules is its turn.

    `discount_percent`: a decimal in text; without it the discounts of the rules hold for it like for any product.
    """

    name: str
    sku: str
    kind: LineKind
    after: tuple[str, ...] = ()
    when: When = When()
    quantity: int = 1
    option: str = ""
    discount_percent: str | None = None


class DiscountRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A discount of so many percent (a decimal in text), on `skus` or on all; the first that fits is given."""

    name: str
    percent: str
    skus: tuple[str, ...] = ()
    when: When = When()


class DialHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours of these days (ISO: 1 is Monday), from `starts` until before `ends`, by the clock of who is called."""

    days: tuple[int, ...]
    starts: str
    ends: str


class DialRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """When customers of a country may be called. `closed`: days on which they may not.

    `do_not_call`: those who asked not to be called are not. `abandoned_percent`: above this share (a decimal in text)
    of dialled calls that a human answered and no agent took, no more are dialled.
    """

    country: str
    hours: tuple[DialHours, ...]
    closed: tuple[date, ...] = ()
    do_not_call: bool = True
    abandoned_percent: str | None = None


class Ruleset(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """All rules of the company or of a campaign."""

    eligibility: tuple[EligibilityRule, ...] = ()
    offers: tuple[OfferRule, ...] = ()
    discounts: tuple[DiscountRule, ...] = ()
    dialling: tuple[DialRule, ...] = ()


class RulesPublished(Event, frozen=True, kw_only=True):
    """These rules hold from now on for `scope`, a campaign or `company`. `version`: from 1; those before stay what they
    were for what was decided by them."""

    scope: str
    version: int
    rules: Ruleset
    reason: str
    at: datetime
    by: str

    @property
    def label(self) -> str:
        """How decisions name it, as in `company/3`."""
        return f"{self.scope}/{self.version}"
