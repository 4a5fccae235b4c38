"""Products as the tests of selling use them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.calls.domain.pricing import Sold
from services.calls.events.products import Price, PriceListPublished

AT = datetime(2026, 3, 4, 16, 40, tzinfo=UTC)
WHO: dict[str, Any] = {"at": AT, "by": "ana"}


def price_list(sku: str = "KOL-30", version: int = 1, starts: datetime = AT, **more: Any) -> PriceListPublished:
    """Collagen in Croatia, at 31.92 EUR before 25 % tax."""
    fields: dict[str, Any] = {
        "prices": (Price(country="HR", currency="EUR", net_minor=3192),),
        "tax_rates": {"HR": "25"},
        "reason": "spring",
        **WHO,
    }
    return PriceListPublished(**{**fields, "sku": sku, "version": version, "starts": starts, **more})


def sold(*lists: PriceListPublished) -> dict[str, Sold]:
    """The products of these price lists."""
    found: dict[str, Sold] = {}
    for one in lists:
        before = found[one.sku].lists if one.sku in found else ()
        found[one.sku] = Sold(sku=one.sku, lists=[*before, one])
    return found
