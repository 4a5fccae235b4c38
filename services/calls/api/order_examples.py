"""What the routes of orders, providers and subscriptions answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_AT = "2026-03-04T16:40:00Z"
_LINE: dict[str, Any] = {
    "line": 1,
    "sku": "KOL-30",
    "kind": "main",
    "quantity": 2,
    "unit_net_minor": 3192,
    "net_minor": 6384,
    "tax_minor": 1596,
    "tax_rate": "25",
    "price_list": "KOL-30/1",
    "plan": {"unit": "months", "every": 1},
}
_PLACED: dict[str, Any] = {
    "type": "OrderPlaced",
    "order": "adria:4711",
    "partner": "adria",
    "currency": "EUR",
    "country": "HR",
    "lines": [_LINE],
    "customer_ref": "cus_5f0c1d",
    "at": _AT,
    "by": "Ana",
    "call": "adria-twilio:CA0001",
    "agent": "1007",
    "campaign": "vital",
    "cut_off": "2026-03-18T16:40:00Z",
    "day": "2026-03-04",
}
_ORDER: dict[str, Any] = {
    "order": "adria:4711",
    "partner": "adria",
    "placed": _PLACED,
    "payment": "paid",
    "gross_minor": 7980,
    "history": [
        {
            "type": "PaymentMoved",
            "order": "adria:4711",
            "partner": "adria",
            "state": "paid",
            "provider": "bank",
            "at": "2026-03-04T16:42:10Z",
            "reference": "pay_77",
            "message": "evt_1",
            "country": "HR",
        }
    ],
    "changes": 2,
}
PLACED = answers(
    "Placed.",
    {
        "order": "adria:4711",
        "version": 1,
        "lines": [_LINE],
        "gross": {"minor": 7980, "currency": "EUR"},
        "cut_off": "2026-03-18T16:40:00Z",
    },
    403,
    404,
    409,
    422,
    status=202,
)
ORDERS = answers("The orders, by id.", {"items": [_ORDER], "next": None}, 304, 404, 422)
ORDER = answers("The order.", _ORDER, 304, 404)
CARRIED_OUT = answers("Carried out.", {"stream": "order-adria:4711", "version": 3}, 403, 404, 409, 422, status=202)
WINDOWS = answers(
    "By campaign.",
    {
        "items": [
            {
                "campaign": "vital",
                "days": 30,
                "said": [
                    {
                        "type": "ReturnWindowSet",
                        "campaign": "vital",
                        "days": 30,
                        "reason": "As advertised.",
                        "at": _AT,
                        "by": "Ana",
                    }
                ],
            }
        ],
        "next": None,
        "default": "default",
        "usual_days": 14,
    },
    304,
)

_PROVIDER: dict[str, Any] = {
    "provider": "bank",
    "address": "https://tallyline.example/v1/hooks/bank",
    "configured": {
        "type": "ProviderConfigured",
        "provider": "bank",
        "revision": 1,
        "name": "The bank",
        "matter": "payment",
        "signing": "hmac-sha256",
        "header": "x-bank-signature",
        "mapping": {
            "order": "data.metadata.order",
            "state": "data.status",
            "states": {"captured": "paid", "declined": "failed", "viewed": ""},
            "message": "id",
            "at": "created",
        },
        "notify_url": "https://bank.example/in",
        "hears": ["OrderPlaced", "OrderCancelled", "OrderReturned"],
        "at": _AT,
        "by": "Ana",
    },
    "retired": None,
}
_DELIVERY: dict[str, Any] = {
    "id": "msg_0f3b",
    "body": "{}",
    "to": "bank",
    "standing": "given_up",
    "due": 1772642400,
    "failures": 10,
    "attempts": [{"at": _AT, "seconds": 0.2, "status": 500}],
}
PROVIDERS = answers("All.", {"items": [_PROVIDER], "next": None}, 304, 403)
PROVIDER = answers("The provider.", _PROVIDER, 304, 403, 404)
SECRETS = answers("Kept.", {"incoming": True, "outgoing": False}, 403, 404, 422)
DELIVERIES = answers("The messages.", {"items": [_DELIVERY], "next": None}, 304, 403, 404)
DELIVERED_AGAIN = answers("It is sent again.", _DELIVERY | {"standing": "waiting"}, 403, 404, 409, status=202)

_SUBSCRIPTION: dict[str, Any] = {
    "subscription": "adria:4711-1",
    "partner": "adria",
    "sku": "KOL-30",
    "quantity": 2,
    "plan": {"unit": "months", "every": 1},
    "counted_from": "2026-03-04",
    "next_due": "2026-05-04",
    "shipments": [
        {
            "due": "2026-04-04",
            "order": "adria:4711-1.20260404",
            "sku": "KOL-30",
            "gross": {"minor": 7980, "currency": "EUR"},
            "at": "2026-04-04T00:00:10Z",
        }
    ],
    "changes": 3,
}
SUBSCRIPTIONS = answers("The subscriptions, by id.", {"items": [_SUBSCRIPTION], "next": None}, 304, 404, 422)
SUBSCRIPTION = answers(
    "The subscription.", {"subscription": _SUBSCRIPTION, "ahead": ["2026-05-04", "2026-06-04"]}, 304, 404
)
RETENTION = answers(
    "The report.",
    {
        "subscriptions": 41,
        "active": 30,
        "cohorts": [
            {"month": "2026-03", "started": 41, "kept": [41, 36, 30], "shipments": 64, "revenue": {"EUR": 510720}}
        ],
        "survival": [{"days": 31, "at_risk": 38, "ended": 5, "survival": 0.868421}],
        "median_days": None,
        "reasons": {"price": 7, "has_enough": 4},
        "offers": [
            {
                "kind": "discount",
                "offered": 12,
                "accepted": 5,
                "refused": 7,
                "open": 0,
                "kept": 4,
                "shipments": 9,
                "revenue": {"EUR": 64638},
            }
        ],
    },
    304,
    404,
)
