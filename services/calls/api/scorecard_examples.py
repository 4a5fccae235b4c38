"""Examples of scorecards for the description of the API."""

from __future__ import annotations

from shared.http import answers

_EVIDENCE = "/api/v1/performance/evidence?from=2026-03-02&to=2026-03-03&partner=adria&agent=1007&measure="
_CONVERSION = {
    "value": 0.182,
    "n": 22,
    "numerator": 4,
    "denominator": 22,
    "variant": "contacts",
    "interval": [0.073, 0.385],
    "href": f"{_EVIDENCE}conversion",
}
_PLACED = _CONVERSION | {
    "key": "conversion",
    "label": "Conversion",
    "unit": "per_contact",
    "better": "up",
    "defined_by": "the contract",
    "note": "Sales reported by the telephony. One contact may bring several sales.",
    "formula": "sales / contacts",
    "default": "contacts",
    "rank": 3,
    "ranked": 41,
    "peers": {"q1": 0.121, "median": 0.151, "q3": 0.176},
}

SCORECARD = answers(
    "The scorecard.",
    {
        "partner": "adria",
        "partner_name": "Adria Direct",
        "agent": "1007",
        "agent_name": "A. Diallo",
        "team": "German",
        "time_zone": "Europe/Zagreb",
        "from": "2026-03-02",
        "to": "2026-03-03",
        "figures": {"conversion": _PLACED},
        "campaigns": [{"campaign": "vital", "figures": {"conversion": _PLACED}}],
        "days": [{"day": "2026-03-02", "figures": {"conversion": _CONVERSION}}],
        "results": [{"disposition": "sale", "n": 4, "href": f"{_EVIDENCE}dispositions%3Asale"}],
        "states": [
            {"since": "2026-03-02T08:00:00Z", "until": "2026-03-02T08:05:12Z", "state": "available", "code": None}
        ],
        "as_of": {"performance_day": "18233.18102.17990.18341"},
    },
    304,
    403,
    404,
    422,
)
