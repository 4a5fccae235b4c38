"""What the routes of the work list answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_ID = "adria:no_result:adria-switch:c-4711"
_ITEM: dict[str, Any] = {
    "work": _ID,
    "partner": "adria",
    "kind": "no_result",
    "subject": "adria-switch:c-4711",
    "owner": "partner",
    "state": "open",
    "since": "2026-03-04T16:40:00Z",
    "due_at": "2026-03-04T21:10:00Z",
    "agent": "1007",
    "campaign": "vital",
    "taken_by": "Mia",
    "text": "An agent's call is over, and has no result.",
    "overdue": False,
    "history": [
        {
            "type": "WorkOpened",
            "work": _ID,
            "partner": "adria",
            "at": "2026-03-04T17:10:00Z",
            "kind": "no_result",
            "subject": "adria-switch:c-4711",
            "owner": "partner",
            "since": "2026-03-04T16:40:00Z",
            "due_at": "2026-03-04T21:10:00Z",
            "agent": "1007",
            "campaign": "vital",
        },
        {"type": "WorkTaken", "work": _ID, "partner": "adria", "at": "2026-03-04T17:12:00Z", "by": "Mia"},
    ],
}
_RULE = {
    "kind": "no_result",
    "owner": "partner",
    "within_minutes": 240,
    "text": "An agent's call is over, and has no result.",
}
ITEMS = answers("The items, by deadline.", {"items": [_ITEM], "next": None}, 304, 404, 422)
ITEM = answers("The item.", _ITEM, 304, 404)
RULES = answers("The checks.", {"items": [_RULE], "next": None}, 304)
