"""How the answers of the alert routes look in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_EPISODE = {
    "episode": 3,
    "value": 0.112,
    "last": 0.112,
    "raised_at": "2026-03-02T09:20:00Z",
    "calls": ["2026-03-02T09:20:00Z"],
}
_ALERT: dict[str, Any] = {
    "alert": "al_5f0c2a9be1d70f5c",
    "defined": {
        "type": "AlertDefined",
        "alert": "al_5f0c2a9be1d70f5c",
        "revision": 1,
        "name": "Too many give up",
        "kind": "threshold",
        "direction": "above",
        "limit": 0.08,
        "clear_at": 0.05,
        "kpi": "abandonment_rate",
        "window_minutes": 30,
        "least_n": 20,
        "for_minutes": 5,
        "clear_minutes": 15,
        "partner_id": "adria",
        "quiet": {"starts": "22:00", "ends": "06:00", "zone": "Europe/Zagreb"},
        "levels": [
            {"after_minutes": 0, "mails": ["floor@example.com"]},
            {"after_minutes": 30, "mails": ["head@example.com"]},
        ],
        "at": "2026-03-01T10:00:00Z",
        "by": "mira",
    },
    "open": _EPISODE,
    "pending_since": None,
    "episodes": [_EPISODE],
}
_DONE = {"stream": "alert-al_5f0c2a9be1d70f5c", "version": 1}

ALERTS = answers("The alerts.", {"items": [_ALERT], "next": None}, 304, 403, 422)
ALERT = answers("The alert.", _ALERT, 304, 403, 404)
CREATED = answers("It is watched.", _DONE | {"alert": "al_5f0c2a9be1d70f5c"}, 403, 409, 422, status=201)
DONE = answers("Carried out.", _DONE | {"version": 7}, 403, 404, 409, 422, status=202)
REPLACED = answers("Carried out.", _DONE | {"version": 7}, 403, 404, 409, 412, 422, status=202)
