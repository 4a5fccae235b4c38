"""How the answers of the webhook routes look in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_WEBHOOK: dict[str, Any] = {
    "webhook": "wh_5f0c2a9be1d70f5c",
    "configured": {
        "type": "WebhookConfigured",
        "webhook": "wh_5f0c2a9be1d70f5c",
        "revision": 1,
        "name": "data warehouse",
        "url": "https://hooks.example.com/tallyline",
        "events": ["MonthAgreed", "SaleRecorded"],
        "partners": ["adria"],
        "at": "2026-03-02T09:05:00Z",
        "by": "mira",
    },
    "stopped": None,
    "key_changed_at": "2026-03-02T09:05:00Z",
    "older_key_until": None,
}
_DELIVERY: dict[str, Any] = {
    "id": "msg_0f5c2a9be1d70f5c0f5c2a9be1d70f5c",
    "type": "tallyline.calls.SaleRecorded",
    "subject": "adria",
    "time": "2026-03-02T09:15:00Z",
    "standing": "delivered",
    "due": 1772442901,
    "attempts": [{"at": "2026-03-02T09:15:01Z", "seconds": 0.082, "status": 204}],
}
_MADE = {
    "webhook": "wh_5f0c2a9be1d70f5c",
    "secret": "whsec_shown-here-and-never-again",
    "stream": "webhook-wh_5f0c2a9be1d70f5c",
    "version": 1,
}
_EVENT = {
    "event": "MonthAgreed",
    "type": "tallyline.reconciliation.MonthAgreed",
    "meaning": "Both sides agree on the month: the invoice may be paid.",
}

WEBHOOKS = answers("The endpoints.", {"items": [_WEBHOOK], "next": None}, 304, 403, 422)
WEBHOOK = answers("The endpoint.", _WEBHOOK, 304, 403, 404)
EVENTS = answers("The classes.", {"items": [_EVENT], "next": None}, 304, 403)
CREATED = answers("The endpoint, and its key.", _MADE, 403, 404, 409, 422, status=201)
DONE = answers("Carried out.", {"stream": "webhook-wh_5f0c2a9be1d70f5c", "version": 2}, 403, 404, 409, 422, status=202)
REPLACED = answers(
    "Carried out.", {"stream": "webhook-wh_5f0c2a9be1d70f5c", "version": 2}, 403, 404, 409, 412, 422, status=202
)
DELIVERIES = answers("The messages, the newest first.", {"items": [_DELIVERY], "next": None}, 304, 403, 404, 422)
AGAIN = answers("It is sent.", _DELIVERY | {"standing": "waiting", "attempts": []}, 403, 404, 409, status=202)
