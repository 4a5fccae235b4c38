"""What the routes of unit economics answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_FIGURES: dict[str, Any] = {
    "calls": 4100,
    "contacts": 2870,
    "net_sales": 342,
    "net_revenue": 1675800,
    "price": 812300,
    "media": 240000,
    "cost": 1052300,
    "margin": 623500,
    "cost_per_net_sale": {"value": "3076.90", "n": 342},
}
_ROWS = {"rows": [{"name": "spring", "figures": _FIGURES}], "total": _FIGURES}
ECONOMICS = answers(
    "The figures, and what they come to at the month's end.",
    {"month": "2026-03", "by": "campaign", "currency": "EUR", "running": True, **_ROWS, "prediction": _ROWS},
    404,
    422,
)
RATES = answers("The rates.", {"month": "2026-03", "told": {"RSD": {"2026-03-31": {"units": "117.2"}}}}, 422)
MEDIA_COSTS = answers(
    "The media costs.",
    {
        "month": "2026-03",
        "told": {"spring": {"": {"amount": {"minor": 240000, "currency": "EUR"}}}},
        "bought": {"kolagen-hr": {"": {"EUR": 120000}}},
    },
    403,
    422,
)
ACCURACY = answers(
    "A page of months.",
    {
        "items": [
            {
                "month": "2026-03",
                "reports": [
                    {"number": 1, "adjusted": False, "differing": 12, "accuracy": {"value": "95.94", "n": 296}}
                ],
            }
        ],
        "next": None,
    },
    404,
    422,
)
COMPLETENESS = answers(
    "Whether its calls have all facts.",
    {
        "month": "2026-03",
        "calls": 296,
        "complete": 295,
        "lacking": {"started": 0, "ended": 1, "result": 0},
        "completeness": {"value": "99.66", "n": 296},
    },
    404,
    422,
)
