"""What the routes of paid time and commissions answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_AT = "2026-02-20T09:00:00Z"
_TERMS: dict[str, Any] = {
    "currency": "EUR",
    "rates": [
        {"name": "upsell", "per": "line", "percent": "5", "kinds": ["upsell"]},
        {"name": "base", "per": "order", "fixed_minor": 200},
    ],
    "tiers": {"measure": "orders", "mode": "marginal", "steps": [{"above": 50, "fixed_minor": 100}]},
    "hourly_minor": 600,
    "claw_back_days": 30,
}
_SAID = {"partner": "adria", "plan": "global", "terms": _TERMS, "reason": "Spring.", "at": _AT, "by": "Ana"}
_PLAN: dict[str, Any] = {
    "partner": "adria",
    "plan": "global",
    "draft": {"type": "PlanDrafted", **_SAID},
    "versions": [{"type": "PlanPublished", **_SAID, "version": 1, "starts": "2026-03-01"}],
    "changes": 2,
}
PLANS = answers("The plans, by name.", {"items": [_PLAN], "next": None}, 304, 404, 422)
PLAN = answers("The plan.", _PLAN, 304, 404)
WHAT_IF = answers(
    "The two beside each other.",
    {
        "month": "2026-03",
        "currency": "EUR",
        "items": [{"agent": "a-7", "in_force_minor": 20000, "draft_minor": 21250, "difference_minor": 1250}],
        "in_force_minor": 20000,
        "draft_minor": 21250,
        "difference_minor": 1250,
    },
    404,
    409,
    422,
)
_LINE: dict[str, Any] = {
    "source": "line",
    "plan": "global/1",
    "rule": "upsell",
    "calculation": "5 % of 6384 net = 319.2, rounded half_up",
    "amount_minor": 319,
    "order": "adria:o-1",
    "line": 2,
    "sku": "KOL-30",
}
STATEMENTS = answers(
    "The statements, by agent.",
    {
        "items": [
            {
                "agent": "a-7",
                "month": "2026-03",
                "currency": "EUR",
                "total_minor": 319,
                "closed": False,
                "left_out": 0,
            }
        ],
        "next": None,
    },
    304,
    404,
    422,
)
STATEMENT = answers(
    "The statement.",
    {
        "agent": "a-7",
        "month": "2026-03",
        "currency": "EUR",
        "total_minor": 319,
        "lines": [_LINE],
        "closed": None,
        "now": {
            "agent": "a-7",
            "month": "2026-03",
            "currency": "EUR",
            "lines": [_LINE],
            "total_minor": 319,
            "own_minor": 319,
            "corrections": {},
            "left_out": [],
            "paid_seconds": "0",
            "productive_seconds": 0,
        },
    },
    304,
    404,
    422,
)
STATEMENT_CSV = answers("The file.", "", 404, 422) | {
    200: {
        "description": "The file.",
        "content": {"text/csv": {"example": "source,plan,rule,month,order,line,sku,calculation,amount_minor,currency"}},
    }
}
CLOSED = answers("Closed.", {"stream": "statement-adria:a-7:2026-03", "version": 2}, 404, 409, 422, status=202)
TIME_RULES = answers(
    "The versions.",
    {
        "versions": [
            {
                "type": "TimeRulesPublished",
                "partner": "adria",
                "version": 1,
                "starts": "2026-03-01",
                "rules": [{"state": "on_call", "pay": "yes", "productive": True}, {"state": "break", "pay": "half"}],
                "reason": "As agreed with the agents.",
                "at": _AT,
                "by": "Ana",
            }
        ]
    },
    304,
    404,
)
PAID_TIME = answers(
    "The intervals, by time.",
    {
        "agent": "a-7",
        "month": "2026-03",
        "time_zone": "Europe/Zagreb",
        "paid_seconds": "1800",
        "productive_seconds": 1800,
        "items": [
            {
                "day": "2026-03-02",
                "since": "2026-03-02T08:00:00Z",
                "until": "2026-03-02T08:30:00Z",
                "state": "on_call",
                "rule": "on_call (version 1)",
                "pay": "yes",
                "productive": True,
                "paid_half_us": 3600000000,
            }
        ],
    },
    304,
    404,
    422,
)
