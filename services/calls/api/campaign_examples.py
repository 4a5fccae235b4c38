"""What the routes of campaigns, rules, goals and media answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_AT = "2026-03-02T08:00:00Z"
_WHO = {"at": _AT, "by": "Ana"}
_CAMPAIGN: dict[str, Any] = {
    "campaign": "kolagen-hr",
    "described": {
        "type": "CampaignDescribed",
        "campaign": "kolagen-hr",
        "name": "Collagen, Croatia",
        "countries": ["HR"],
        "languages": ["hr"],
        "scripts": {"hr": "kolagen-in"},
        "surveys": {"hr": "kolagen-why"},
        "products": ["KOL-30"],
        "certificates": ["collagen-inbound"],
        "partners": [{"partner": "adria", "percent": "60"}, {"partner": "sava", "percent": "40"}],
        "starts": "2026-03-01",
        **_WHO,
    },
    "state": "running",
    "turns": [{"state": "running", **_WHO}],
    "asked": {"collagen-inbound": _AT},
    "changes": 2,
}
CAMPAIGNS = answers("The campaigns, by id.", {"items": [_CAMPAIGN], "next": None}, 304, 422)
UNCERTIFIED = answers(
    "Those agents.",
    {
        "asked": ["collagen-inbound"],
        "items": [
            {
                "partner": "adria",
                "agent": "1007",
                "lacks": ["collagen-inbound"],
                "calls": ["adria-switch:c-4711"],
                "handled": 3,
            }
        ],
        "next": None,
    },
    304,
    404,
)
CAMPAIGN = answers("The campaign.", _CAMPAIGN, 304, 404)
_ASSIGNED = {
    "type": "NumberAssigned",
    "number": "+38514000100",
    "campaign": "kolagen-hr",
    "country": "HR",
    "media": "nova-tv",
    **_WHO,
}
_NUMBER = {"number": "+38514000100", "assigned": _ASSIGNED, "history": [_ASSIGNED]}
NUMBERS = answers("The numbers, in their order.", {"items": [_NUMBER], "next": None}, 304, 422)
NUMBER = answers("The number.", _NUMBER, 304, 404)
RULES = answers(
    "The rules, version by version.",
    {
        "scope": "company",
        "versions": [
            {
                "type": "RulesPublished",
                "scope": "company",
                "version": 1,
                "rules": {
                    "dialling": [
                        {
                            "country": "HR",
                            "hours": [{"days": [1, 2, 3, 4, 5], "starts": "09:00", "ends": "20:00"}],
                            "abandoned_percent": "3",
                        }
                    ]
                },
                "reason": "The law of 2026.",
                **_WHO,
            }
        ],
    },
    304,
    404,
)
_ALLOWED = {"allowed": True, "code": "allowed", "reason": "", "versions": ["company/1", "kolagen-hr/2"]}
TRIED = answers(
    "What the rules say.",
    {
        "versions": ["company/1", "kolagen-hr/2"],
        "eligible": _ALLOWED,
        "offers": [
            {
                "name": "three-for-two",
                "rule": "kolagen-hr/2#three-for-two",
                "sku": "KOL-30",
                "kind": "upsell",
                "quantity": 3,
                "discount_percent": "33.333",
                "discount_rule": "kolagen-hr/2#three-for-two",
            }
        ],
        "dial": {
            "allowed": False,
            "code": "outside_hours",
            "reason": "It is 20:15 there: outside the hours of HR.",
            "versions": ["company/1", "kolagen-hr/2"],
            "rule": "company/1#HR",
        },
    },
    404,
    422,
)
_GOAL_SET = {
    "type": "GoalSet",
    "goal": "march",
    "name": "Collagen in March",
    "measure": "orders",
    "target": 310,
    "starts": "2026-03-01",
    "ends": "2026-03-31",
    "zone": "Europe/Zagreb",
    "campaign": "kolagen-hr",
    **_WHO,
}
_GOAL = {
    "goal": {"goal": "march", "goal_set": _GOAL_SET, "history": [_GOAL_SET]},
    "pace": {
        "state": "behind",
        "done": 84,
        "expected": 95,
        "ahead": -11,
        "left": 226,
        "forecast": 274,
        "elapsed_percent": "30.6",
    },
    "other_currencies": [],
}
GOALS = answers(
    "The goals, by id.",
    {"items": [_GOAL], "next": None, "formulas": {"ahead": "done - expected"}},
    304,
    422,
)
GOAL = answers("The goal.", _GOAL, 304, 404)
MEDIA = answers(
    "The media, by id.",
    {
        "items": [
            {
                "type": "MediumDescribed",
                "media": "nova-tv",
                "name": "Nova TV",
                "channel": "television",
                "country": "HR",
                **_WHO,
            }
        ]
    },
    304,
)
IMPORTED = answers(
    "What is right is taken.",
    {
        "taken": 31,
        "streams": ["kolagen-hr:2026-03"],
        "wrong": [{"line": 7, "reason": "there is no medium novatv"}],
    },
    403,
    409,
    status=202,
)
BOUGHT = answers(
    "What was bought.",
    {
        "items": [
            {
                "type": "MediaBought",
                "month": "2026-03",
                "day": "2026-03-02",
                "media": "nova-tv",
                "campaign": "kolagen-hr",
                "amount": {"minor": 120000, "currency": "EUR"},
                **_WHO,
            }
        ]
    },
    304,
    422,
)
MEDIA_FIGURES = answers(
    "The figures.",
    {
        "by": "campaign",
        "from": "2026-03-01",
        "to": "2026-04-01",
        "rows": [
            {
                "name": "kolagen-hr",
                "cost": {"EUR": 120000},
                "calls": 640,
                "contacts": 410,
                "orders": 130,
                "cost_per_call": {"EUR": "187.50"},
                "cost_per_contact": {"EUR": "292.68"},
                "cost_per_order": {"EUR": "923.08"},
            }
        ],
        "formulas": {"cost_per_order": "cost / orders"},
    },
    304,
    422,
)
