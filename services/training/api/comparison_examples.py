"""What the routes of fair comparison and of learning curves answer, for the OpenAPI document."""

from __future__ import annotations

from shared.http import answers

COMPARISON = answers(
    "Compared.",
    {
        "items": [
            {
                "partner": "adria",
                "agent": "1007",
                "contacts": 1204,
                "sales": 127,
                "converts": 0.1055,
                "fair": 0.0973,
                "low": 0.0841,
                "high": 0.1124,
                "verdict": "like_the_others",
                "best_place": 9,
                "worst_place": 61,
                "of": 70,
                "evidence": "converts 10.5 % of 1,204 contacts; with everybody's mix 9.7 %, between 8.4 % and 11.2 %"
                " (mean 9.4 %); place 9 to 61 of 70",
            }
        ],
        "next": None,
        "mean": 0.0942,
        "factors": {
            "campaign": 0.34,
            "hour": 0.11,
            "language": 0.06,
            "lead_age": 0.21,
            "partners": 0.09,
            "agents": 0.15,
        },
        "adjusted_for": ["campaign", "hour", "language", "lead_age"],
    },
    304,
    404,
    422,
)
CURVE = answers(
    "The curve.",
    {
        "points": [
            {
                "week": 0,
                "contacts": 118,
                "sales": 5,
                "converts": 0.0424,
                "earlier": 0.051,
                "low": 0.0254,
                "high": 0.0763,
            }
        ],
        "contacts": 118,
        "sales": 5,
        "expected": 6.02,
        "earlier": 34,
        "earlier_contacts": 4126,
        "share": 0.83,
        "chance": 0.44,
        "verdict": "as_the_earlier",
        "evidence": "as those before: 5 sales of 118 contacts, where 34 who began earlier would have made 6 in the same"
        " weeks of theirs (83.1 %); chance of so much of a distance by luck: 44.0 %",
    },
    304,
    404,
)
