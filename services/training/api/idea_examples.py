"""What the routes of ideas answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_ID = "adria:4f1c22b09a7d"
_SHIPPED: dict[str, Any] = {
    "type": "IdeaShipped",
    "partner_id": "adria",
    "idea": _ID,
    "on": "2026-03-02",
    "text": "8c1d5b0e6f2a49d7b3e0c4f1a2968d57",
    "watched": {"measure": "failed", "step": "address"},
    "at": "2026-03-02T10:00:00Z",
    "by": "Eva",
}
_MEASURED = {
    "type": "IdeaMeasured",
    "partner_id": "adria",
    "idea": _ID,
    "days": 28,
    "before": {"count": 412, "total": 9120},
    "after": {"count": 198, "total": 8874},
    "verdict": "improved",
    "effect": "-2.29",
    "low": "-2.82",
    "high": "-1.76",
    "at": "2026-03-31T10:00:00Z",
    "by": "Eva",
}
_ROW = {
    "idea": _ID,
    "partner": "adria",
    "subject": "panel",
    "text": "Let the postcode fill in the city.",
    "status": "shipped",
    "votes": 14,
    "mine": False,
    "voted": True,
    "authors": ["1007"],
    "merged": [],
    "reply": "It is there since this morning. Thank you.",
    "shipped": _SHIPPED,
    "measured": _MEASURED,
    "proposed_on": "2026-02-09",
}

PROPOSED = answers("It is there.", {"id": _ID, "stream": f"idea-{_ID}", "version": 1}, 403, 422, status=201)
IDEAS = answers("One page.", {"items": [_ROW], "next": None}, 304, 404, 422)
IDEA = answers("The idea.", _ROW, 304, 404)
CREDITS = answers(
    "All agents with ideas.",
    {"items": [{"partner": "adria", "agent": "1007", "proposed": 3, "shipped": 1, "improved": 1}], "next": None},
    304,
)
DONE = answers("Carried out.", {"stream": f"idea-{_ID}", "version": 5}, 403, 404, 409, 422, status=202)
