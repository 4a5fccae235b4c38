"""What the routes of contests answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_CONTEST: dict[str, Any] = {
    "partner_id": "adria",
    "contest": "spring",
    "opened": {
        "type": "ContestOpened",
        "partner_id": "adria",
        "contest": "spring",
        "name": "Spring, above yourself",
        "starts": "2026-04-06",
        "ends": "2026-05-04",
        "goal": "10",
        "campaign": None,
        "at": "2026-03-30T09:00:00Z",
        "by": "iva",
    },
    "agents": ["1007", "1012"],
    "cancelled": False,
    "changes": 3,
}
CONTESTS = answers("The contests.", {"items": [_CONTEST], "next": None}, 304, 404, 422)
CONTEST = answers(
    "How it stands.",
    {
        "contest": _CONTEST,
        "state": "running",
        "standings": [
            {
                "agent": {"partner": "adria", "agent": "1012"},
                "contacts": 214,
                "sales": 19,
                "usual": 0.81,
                "due": 15.2,
                "score": 1.19,
                "reached": True,
                "place": 1,
            }
        ],
    },
    304,
    404,
)
