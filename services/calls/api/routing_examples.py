"""What the routes of routing answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_POLICY: dict[str, Any] = {
    "type": "RoutingPolicySet",
    "campaign": "vital",
    "policy": {"type": "bandit", "floor_percent": 5, "draws": 1000},
    "minimums": [{"partner": "adria", "percent": "20"}],
    "reason": "A new partner is tried.",
    "at": "2026-03-04T16:40:00Z",
    "by": "Ana",
}
_RANKED = {
    "rank": 1,
    "candidate": {
        "partner": "adria",
        "agent": "1007",
        "name": "Mia",
        "team": "Spring",
        "languages": ["hr", "sl"],
        "state": "available",
        "since": "2026-03-04T16:38:00Z",
        "contacts": 180,
        "sales": 40,
        "lacks": [],
    },
    "conversion": "21.26",
    "reasons": [
        {"of": "language", "value": "hr", "text": "speaks it"},
        {"of": "state", "value": "available", "text": "is free now"},
        {"of": "certificate", "value": "valid", "text": "holds every certificate of the campaign"},
    ],
}
_LEFT_OUT = {
    "candidate": {"partner": "adria", "agent": "1009", "state": "available", "lacks": ["vital-inbound"]},
    "reason": {"of": "certificate", "value": "vital-inbound", "text": "lacks vital-inbound"},
}
_SHARE = {
    "partner": "adria",
    "hundredths": 6250,
    "percent": "62.50",
    "reasons": ["best in 713 of 1000 draws, times 14 agents", "5 % at least, to go on exploring"],
}
POLICIES = answers(
    "By campaign.",
    {
        "items": [{"campaign": "vital", "current": _POLICY, "said": [_POLICY]}],
        "next": None,
        "usual": {"type": "plain", "performance": 50, "cost": 30, "capacity": 20},
    },
    304,
    403,
)
CANDIDATES = answers(
    "The agents, best first.",
    {"campaign": "vital", "mean_conversion": "18.00", "items": [_RANKED], "left_out": [_LEFT_OUT], "next": None},
    304,
    404,
    422,
)
SHARES = answers(
    "The shares.",
    {"campaign": "vital", "policy": _POLICY["policy"], "seed": 1969624, "items": [_SHARE], "next": None},
    304,
    403,
    404,
    409,
)
