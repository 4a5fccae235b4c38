"""What the routes of selling answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_AT = "2026-03-04T16:40:00Z"
_PRODUCT: dict[str, Any] = {
    "sku": "KOL-30",
    "name": "Collagen, 30 days",
    "lists": [
        {
            "type": "PriceListPublished",
            "sku": "KOL-30",
            "version": 1,
            "starts": _AT,
            "prices": [{"country": "HR", "currency": "EUR", "net_minor": 3192}],
            "tax_rates": {"HR": "25"},
            "reason": "Spring prices.",
            "at": _AT,
            "by": "Ana",
        }
    ],
    "changes": 2,
}
PRODUCTS = answers("The products, by SKU.", {"items": [_PRODUCT], "next_cursor": None}, 304, 422)
PRODUCT = answers("The product.", _PRODUCT, 304, 404)
QUOTE = answers(
    "What it costs.",
    {
        "lines": [
            {
                "line": 1,
                "sku": "KOL-30",
                "kind": "main",
                "quantity": 2,
                "unit_net_minor": 3192,
                "net_minor": 6384,
                "tax_minor": 1596,
                "tax_rate": "25",
                "price_list": "KOL-30/1",
            }
        ],
        "net": {"minor": 6384, "currency": "EUR"},
        "tax": {"minor": 1596, "currency": "EUR"},
        "gross": {"minor": 7980, "currency": "EUR"},
    },
    409,
    422,
)
PANEL_CALLS = answers(
    "The calls.",
    {
        "version": "b1946ac92492d234",
        "items": [
            {
                "call": "adria-native:c-4711",
                "partner": "adria",
                "agent": "a-7",
                "state": "waiting",
                "direction": "inbound",
                "campaign": "SPRING-HR",
                "our_number": "+38513334444",
                "customer_ref": "cus_9f2c",
                "started_at": _AT,
                "answered_at": None,
            }
        ],
    },
    403,
    422,
)
PANEL_RESULT = answers("It is kept.", {"call": "adria-native:c-4711", "code": "sale"}, 403, 404, 409, 422, status=202)
_PRICED: dict[str, Any] = {
    "line": 1,
    "sku": "KOL-30",
    "kind": "main",
    "quantity": 1,
    "unit_net_minor": 3192,
    "net_minor": 3192,
    "tax_minor": 798,
    "tax_rate": "25",
    "price_list": "KOL-30/1",
}
_OFFER: dict[str, Any] = {
    "offer": "second-box",
    "sku": "KOL-30",
    "name": "Collagen, 30 days",
    "kind": "upsell",
    "quantity": 1,
    "option": "",
    "discount_percent": "20",
    "line": _PRICED
    | {"kind": "upsell", "net_minor": 2554, "tax_minor": 639, "discount_minor": 638, "rule": "spring/1#second-box"},
    "currency": "EUR",
}
PANEL_POP = answers(
    "The screen.",
    {
        "call": "adria-native:c-4711",
        "our_number": "+38513334444",
        "country": "HR",
        "campaign": {
            "campaign": "spring",
            "name": "Spring",
            "state": "running",
            "languages": ["hr"],
            "scripts": {"hr": "collagen"},
            "surveys": {"hr": "collagen-why"},
        },
        "customer": {
            "customer_ref": "cus_9f2c",
            "number": "+385 91 *** **67",
            "zone": "Europe/Zagreb",
            "profile": None,
            "calls": 1,
            "orders": [],
        },
        "products": [{"sku": "KOL-30", "name": "Collagen, 30 days", "texts": {}, "line": _PRICED, "currency": "EUR"}],
        "offers": [_OFFER],
    },
    403,
    409,
)
PANEL_BASKET = answers(
    "The basket.",
    {"lines": [_PRICED], "gross": {"minor": 3990, "currency": "EUR"}, "refused": None, "offers": [_OFFER]},
    403,
    409,
    422,
)
