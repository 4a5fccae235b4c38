"""A product: what it is, its price lists with the days they hold from, and whether it is sold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from services.calls.events.products import (
    Part,
    Price,
    PriceListPublished,
    ProductDescribed,
    ProductEvent,
    ProductReturned,
    ProductWithdrawn,
)
from shared.kernel import Command, Decider, Rejected, said
from shared.names import Country, Currency, Ident, Language

Sku = Ident
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Rate = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,2}(\.[0-9]{1,3})?$(?!\n)")]
MOST_MINOR = 10**12


class AskedPrice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A price as it is asked for; see `Price`."""

    country: Country
    currency: Currency
    net_minor: Annotated[int, msgspec.Meta(ge=0, le=MOST_MINOR)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    option: Annotated[str, msgspec.Meta(max_length=60)] = ""


class AskedPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a bundle as it is asked for; see `Part`."""

    sku: Sku
    quantity: Annotated[int, msgspec.Meta(ge=1, le=1_000)]


class DescribeProduct(Command, frozen=True, kw_only=True):
    """Say what the product is; a new one is made by it. 409 `part_of_itself`."""

    sku: Sku
    name: Name
    texts: dict[Language, Text] = msgspec.field(default_factory=dict)
    parts: Annotated[tuple[AskedPart, ...], msgspec.Meta(max_length=50)] = ()
    at: datetime
    by: str


class PublishPriceList(Command, frozen=True, kw_only=True):
    """Give the product the prices of a time from `starts` on (now, where it is not said), with the tax rates (percent)
    by country. The same once more is no new version.

    409 `unknown_product`, `starts_in_the_past`, `starts_before_the_last`, `price_twice`, `no_tax_rate`,
    `two_currencies` where the prices of a country are in several.
    """

    sku: Sku
    prices: Annotated[tuple[AskedPrice, ...], msgspec.Meta(min_length=1, max_length=2_000)]
    tax_rates: dict[Country, Rate]
    reason: Text
    starts: datetime | None = None
    at: datetime
    by: str


class WithdrawProduct(Command, frozen=True, kw_only=True):
    """Sell it no more; what was ordered stays. 409 `unknown_product`."""

    sku: Sku
    reason: Text
    at: datetime
    by: str


class ReturnProduct(Command, frozen=True, kw_only=True):
    """Sell it again. 409 `unknown_product`."""

    sku: Sku
    at: datetime
    by: str


ProductCommand = DescribeProduct | PublishPriceList | WithdrawProduct | ReturnProduct


@dataclass(frozen=True)
class Product:
    """What is known of it; `described` is None before the first word."""

    described: ProductDescribed | None = None
    last_list: PriceListPublished | None = None
    withdrawn: bool = False


def decide(command: ProductCommand, state: Product) -> list[ProductEvent]:
    """What each command leads to."""
    if isinstance(command, DescribeProduct):
        return _describe(command, state)
    if state.described is None:
        raise Rejected("unknown_product", f"There is no product {command.sku}.")
    match command:
        case PublishPriceList():
            return _publish(command, state)
        case WithdrawProduct():
            return [] if state.withdrawn else [said(ProductWithdrawn, command)]
        case ReturnProduct():
            return [said(ProductReturned, command)] if state.withdrawn else []


def _describe(command: DescribeProduct, state: Product) -> list[ProductEvent]:
    if any(part.sku == command.sku for part in command.parts):
        raise Rejected("part_of_itself", "A bundle is not a part of itself.")
    parts = tuple(Part(sku=part.sku, quantity=part.quantity) for part in command.parts)
    event = said(ProductDescribed, command, parts=parts)
    known = state.described
    if known is not None and (known.name, known.texts, known.parts) == (event.name, event.texts, event.parts):
        return []
    return [event]


def _publish(command: PublishPriceList, state: Product) -> list[ProductEvent]:
    last, starts = state.last_list, command.starts or command.at
    prices = tuple(msgspec.convert(msgspec.to_builtins(price), Price) for price in command.prices)
    same = last is not None and (last.prices, last.tax_rates) == (prices, command.tax_rates)
    if last is not None and same and command.starts in (None, last.starts):
        return []
    if starts < command.at:
        raise Rejected("starts_in_the_past", "Prices hold from now or later on; what was ordered is not priced again.")
    if last is not None and starts < last.starts:
        raise Rejected("starts_before_the_last", f"The last price list starts only on {last.starts.isoformat()}.")
    _checked(prices, command.tax_rates)
    version = last.version + 1 if last is not None else 1
    return [said(PriceListPublished, command, prices=prices, starts=starts, version=version)]


def _checked(prices: Sequence[Price], tax_rates: dict[str, str]) -> None:
    seen: set[tuple[str, int, str]] = set()
    currencies: dict[str, str] = {}
    for price in prices:
        key = (price.country, price.quantity, price.option)
        if key in seen:
            of = f" of {price.option}" if price.option else ""
            raise Rejected("price_twice", f"{price.country} has two prices{of} from {price.quantity} pieces on.")
        seen.add(key)
        if currencies.setdefault(price.country, price.currency) != price.currency:
            raise Rejected("two_currencies", f"The prices of {price.country} are in several currencies.")
        if price.country not in tax_rates:
            raise Rejected("no_tax_rate", f"{price.country} has prices but no tax rate.")


def evolve(state: Product, event: ProductEvent) -> Product:
    """What each event changes."""
    match event:
        case ProductDescribed():
            return replace(state, described=event)
        case PriceListPublished():
            return replace(state, last_list=event)
        case ProductWithdrawn():
            return replace(state, withdrawn=True)
        case ProductReturned():
            return replace(state, withdrawn=False)


product: Decider[ProductCommand, ProductEvent, Product] = Decider(
    name="product", events=ProductEvent, initial=Product(), decide=decide, evolve=evolve
)


def list_at(lists: Sequence[PriceListPublished], at: datetime) -> PriceListPublished | None:
    """Of a product's price lists, oldest first, the one that holds at a time."""
    held = [one for one in lists if one.starts <= at]
    return held[-1] if held else None


def rate_of(text: str) -> Decimal:
    """A tax rate, from percent in text to a factor."""
    return Decimal(text) / 100
