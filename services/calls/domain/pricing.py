"""What an order costs: its lines by the price lists that hold at its time, with discounts and taxes, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from services.calls.domain.product import list_at, rate_of
from services.calls.events.products import Price, PriceListPublished
from shared.contracts.selling import LineKind, OrderLine
from shared.kernel import Rejected


class Wanted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line as the customer wants it. `option` names one of the product's price options; `discount_percent` (a decimal
    in text) and its `rule` come from the campaign's rules, never from whoever takes the order."""

    sku: str
    quantity: int = 1
    kind: LineKind = "main"
    option: str = ""
    discount_percent: str | None = None
    rule: str | None = None


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """What pricing needs of a product: all its price lists, oldest first, and whether it is sold now."""

    sku: str
    lists: Sequence[PriceListPublished]
    sold: bool = True


def priced(
    wanted: Iterable[Wanted], products: Mapping[str, Sold], country: str, at: datetime
) -> tuple[tuple[OrderLine, ...], str]:
    """The lines of an order in this country at this time, and their currency.

    A line's net amount is pieces times the price of a piece, less the discount; discount and tax are each rounded half
    up to the minor unit, by line (EN 16931 lets taxes be summed by rate; an order is no invoice, and its lines may come
    back one by one). Rejected, each with the line's SKU: `unknown_product`, `not_sold`, `no_price` (none for the
    country, the option, or so few pieces), `two_currencies`.
    """
    lines: list[OrderLine] = []
    currency = ""
    for number, line in enumerate(wanted, 1):
        product = products.get(line.sku)
        if product is None:
            raise Rejected("unknown_product", f"There is no product {line.sku}.")
        if not product.sold:
            raise Rejected("not_sold", f"{line.sku} is not sold any more.")
        held = list_at(product.lists, at)
        price = _price(held.prices, country, line) if held else None
        if held is None or price is None:
            of = f" with the option {line.option}" if line.option else ""
            raise Rejected("no_price", f"{line.sku} has no price in {country} for {line.quantity} pieces{of}.")
        if currency and price.currency != currency:
            raise Rejected("two_currencies", f"{line.sku} is priced in {price.currency}, the order in {currency}.")
        currency = price.currency
        full = line.quantity * price.net_minor
        discount = rounded(full * rate_of(line.discount_percent)) if line.discount_percent else 0
        rate = held.tax_rates[country]
        lines.append(
            OrderLine(
                line=number,
                sku=line.sku,
                kind=line.kind,
                quantity=line.quantity,
                unit_net_minor=price.net_minor,
                discount_minor=discount,
                net_minor=full - discount,
                tax_minor=rounded((full - discount) * rate_of(rate)),
                tax_rate=rate,
                price_list=f"{line.sku}/{held.version}",
                rule=line.rule,
            )
        )
    return tuple(lines), currency


def _price(prices: Iterable[Price], country: str, line: Wanted) -> Price | None:
    """The price for so many pieces: that of the highest step that they reach."""
    fitting = [
        price
        for price in prices
        if price.country == country and price.option == line.option and price.quantity <= line.quantity
    ]
    return max(fitting, key=lambda price: price.quantity, default=None)


def rounded(amount: Decimal) -> int:
    """To whole minor units, half up."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def part_of(line: OrderLine, quantity: int, before: int = 0) -> OrderLine:
    """The part of a line that is so many of its pieces, when `before` have come back already.

    Parts are cut from the running total, so that those of all pieces add up to the line, whatever the rounding.
    """

    def cut(amount: int) -> int:
        def until(pieces: int) -> int:
            return rounded(Decimal(amount * pieces) / line.quantity)

        return until(before + quantity) - until(before)

    return msgspec.structs.replace(
        line,
        quantity=quantity,
        net_minor=cut(line.net_minor),
        tax_minor=cut(line.tax_minor),
        discount_minor=cut(line.discount_minor),
    )
