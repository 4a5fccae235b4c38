"""What is sold, and for how much: a product, its prices by country, and its taxes."""

from __future__ import annotations

from datetime import datetime

import msgspec

from shared.kernel import Event


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """So many pieces of another product, in a bundle."""

    sku: str
    quantity: int


class Price(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The price of a piece in a country, in minor units of `currency`, before tax, from `quantity` pieces on.

    `option` names a price that is taken only when it is asked for, such as one for three months; empty: the usual one.
    """

    country: str
    currency: str
    net_minor: int
    quantity: int = 1
    option: str = ""


class ProductDescribed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What the product is; the whole of it, as last said. `parts`: of a bundle. `texts`: description by language."""

    sku: str
    name: str
    texts: dict[str, str] = msgspec.field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    at: datetime
    by: str


class PriceListPublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The product's prices from `starts` on. `version`: from 1. The list before holds until then, and stays what it
    was for what was ordered by it."""

    sku: str
    version: int
    starts: datetime
    prices: tuple[Price, ...]
    tax_rates: dict[str, str]
    reason: str
    at: datetime
    by: str


class ProductWithdrawn(Event, frozen=True, kw_only=True):
    """It is not sold any more."""

    sku: str
    reason: str
    at: datetime
    by: str


class ProductReturned(Event, frozen=True, kw_only=True):
    """It is sold again."""

    sku: str
    at: datetime
    by: str


ProductEvent = ProductDescribed | PriceListPublished | ProductWithdrawn | ProductReturned
