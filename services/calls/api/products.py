"""The routes of the catalogue: what is sold, at which prices, and what a basket would cost."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.calls.api import selling_examples as examples
from services.calls.api.callers import MOST_PER_PAGE, Anyone, Service
from services.calls.domain.pricing import Sold, Wanted, priced
from services.calls.domain.product import DescribeProduct, PublishPriceList, ReturnProduct, WithdrawProduct, product
from services.calls.views.products import KnownProduct, products
from shared.contracts.selling import OrderLine
from shared.http import (
    Deps,
    accepts,
    body,
    json_response,
    limited,
    not_found,
    page,
    takes,
)
from shared.kernel import Money
from shared.names import Country

router = APIRouter(prefix="/api/v1/products", tags=["products"])

accepts(
    router, "/{sku}", product, DescribeProduct, service="calls", right="selling.run", method="PUT", of_partner=False
)
accepts(router, "/{sku}/prices", product, PublishPriceList, service="calls", right="selling.run", of_partner=False)
accepts(router, "/{sku}/withdrawal", product, WithdrawProduct, service="calls", right="selling.run", of_partner=False)
accepts(router, "/{sku}/return", product, ReturnProduct, service="calls", right="selling.run", of_partner=False)


class Basket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody would order, in a country; `at`: by the prices of that time, else of now."""

    country: Country
    lines: Annotated[tuple[Wanted, ...], msgspec.Meta(min_length=1, max_length=100)]
    at: datetime | None = None


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What it costs."""

    lines: tuple[OrderLine, ...]
    net: Money
    tax: Money
    gross: Money


@router.get("", summary="All products", responses=examples.PRODUCTS)
async def list_products(
    deps: Service,
    who: Anyone,
    sold: Annotated[bool | None, Query(description="Only those that are sold, or that are no more.")] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """Each with all its price lists, by SKU."""
    equal: dict[str, str | int] = {} if sold is None else {"sold": "yes" if sold else "no"}
    found = await deps.reads.find(products, equal)
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/{sku}", summary="A product", responses=examples.PRODUCT)
async def show_product(sku: str, deps: Service, who: Anyone) -> Response:
    """What it is, and all its price lists, oldest first."""
    found = await known_products(deps, [sku])
    if sku not in found:
        raise not_found("product")
    return json_response(found[sku])


@router.post("/quote", summary="What a basket costs", openapi_extra=takes(Basket), responses=examples.QUOTE)
async def quote(request: Request, deps: Service, who: Anyone) -> Response:
    """The lines priced as an order of them would be, without ordering. 409 `unknown_product`, `not_sold`, `no_price`,
    `two_currencies`."""
    basket = await body(request, Basket)
    known = await known_products(deps, sorted({line.sku for line in basket.lines}))
    lines, currency = priced(basket.lines, sold_of(known), basket.country, basket.at or deps.clock())
    net, tax = sum(line.net_minor for line in lines), sum(line.tax_minor for line in lines)
    told = Quote(lines=lines, net=Money(net, currency), tax=Money(tax, currency), gross=Money(net + tax, currency))
    return json_response(told)


async def known_products(deps: Deps, skus: list[str]) -> dict[str, KnownProduct]:
    """Those of these products that there are."""
    return await deps.reads.get(products, skus)


def sold_of(known: dict[str, KnownProduct]) -> dict[str, Sold]:
    """What pricing needs of them."""
    return {sku: Sold(sku=sku, lists=doc.lists, sold=doc.withdrawn is None) for sku, doc in known.items()}
