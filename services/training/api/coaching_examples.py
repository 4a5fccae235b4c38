"""What the routes of coaching answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_EVIDENCE = (
    "converts 6.1 % of 912 contacts; peers 9.4 % (22 peers, 16,589 contacts); chance of a gap this large by luck:"
    " 1 in 3,000; below its peers in 8 of 9 weeks"
)
_WINDOW = {"since": "2025-12-29", "until": "2026-03-30"}
PROPOSALS = answers(
    "The proposals.",
    {
        "window": _WINDOW,
        "proposals": [
            {
                "agent": {"partner": "adria", "agent": "1007"},
                "contacts": 912,
                "sales": 56,
                "converts": 0.0614,
                "peers": 22,
                "peer_contacts": 16589,
                "peers_convert": 0.0941,
                "chance": 0.00033,
                "adjusted": 0.021,
                "weeks": 9,
                "weeks_below": 8,
                "likely": 0.0702,
                "low": 0.0579,
                "high": 0.0837,
                "missed": 21.8,
                "evidence": _EVIDENCE,
                "plans": ["p-1"],
            }
        ],
        "judged": 1957,
        "too_few": 43,
        "rate": 0.1,
        "spread": 0.151,
        "lift": 1.02,
    },
    304,
    422,
)
_OF = {"partner_id": "adria", "plan": "p-1", "problem": "objections", "agent": "1007", "metric": "conversion"}
_STARTED: dict[str, Any] = {
    "type": "CoachingStarted",
    **_OF,
    "baseline": "6.1",
    "goal": "8.5",
    "measured_on": "2026-07-06",
    "at": "2026-03-30T09:00:00Z",
    "by": "iva",
    "approach": "role_play",
    "chosen_since": "2025-12-29",
    "chosen_until": "2026-03-30",
    "begins": "2026-04-06",
}
_MEASURED: dict[str, Any] = {
    "type": "CoachingMeasured",
    **_OF,
    "verdict": "no_effect_seen",
    "effect": "24.9",
    "low": "-8.3",
    "high": "70.1",
    "at": "2026-07-08T00:04:00Z",
    "by": "training.effects",
    "approach": "role_play",
    "logarithm": "0.2223",
    "error": "0.1544",
    "evidence": "no effect seen: converted 6.4 % of 429 contacts before (peers 9.2 %) and 8.1 % of 1,435 after (peers"
    " 9.3 %); beside 60 agents who were not coached (then at 69.3 % of their peers' sales, this one at 65.3 %) +24.9 %,"
    " between -8.3 % and +70.1 % in 95 of 100 cases",
    "figures": {
        "contacts_before": 429,
        "converted_before": "6.4",
        "peers_before": "9.2",
        "contacts_after": 1435,
        "converted_after": "8.1",
        "peers_after": "9.3",
        "controls": 60,
        "was": "65.3",
        "as_low": "69.3",
    },
}
_PLAN = {
    "partner_id": "adria",
    "plan": "p-1",
    "started": _STARTED,
    "measured": _MEASURED,
    "withdrawn": None,
    "changes": 2,
}
PLANS = answers("The plans.", {"items": [_PLAN], "next": None}, 304, 404, 422)
PLAN = answers("The plan.", _PLAN, 304, 404)
STARTED = answers("Carried out.", {"stream": "coaching-adria:p-1", "version": 1}, 403, 404, 409, 422, status=202)
LIBRARY = answers(
    "The library.",
    {
        "items": [
            {
                "problem": "objections",
                "approach": "role_play",
                "coachings": 31,
                "verdict": "works",
                "change": 0.212,
                "low": 0.093,
                "high": 0.344,
                "differ": 0.08,
                "evidence": "works: +21.2 % over 31 coachings, between +9.3 % and +34.4 % in 95 of 100 cases",
                "verdicts": {"improved": 9, "no_effect_seen": 22},
            }
        ],
        "next": None,
    },
    304,
)
