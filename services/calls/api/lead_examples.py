"""One example answer for each route of leads, imports, do-not-call lists and customers, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_REF = "cus_5f0c1d7a9b3e4c2d8f6a1b0c9d8e7f60"
_LEAD_ID = f"adria:spring:{_REF.removeprefix('cus_')}"
_SHOWN: dict[str, Any] = {
    "lead": _LEAD_ID,
    "list": "adria:spring",
    "partner": "adria",
    "customer_ref": _REF,
    "state": "recall",
    "result": "no_answer",
    "due": "2026-03-02T12:05:00Z",
    "attempts": 1,
    "priority": 10,
    "zone": "Europe/Zagreb",
    "held_by": None,
    "held_until": None,
    "callback": None,
}
_PROFILE = {
    "name": "Ana Anić",
    "street": "Ilica 1",
    "postal_code": "10000",
    "city": "Zagreb",
    "region": "",
    "country": "HR",
    "email": "",
    "language": "hr",
    "notes": "",
}
_MASKED = "+385 91 *** **67"
_WHOLE = {
    **_SHOWN,
    "number": _MASKED,
    "profile": _PROFILE,
    "history": [
        {"call": "adria-01:c1", "at": "2026-03-02T09:05:00Z", "agent": "1007", "result": "no_answer"},
    ],
    "promises": [],
}
_HELD = {
    **_WHOLE,
    "held_by": "1007",
    "held_until": "2026-03-02T12:26:00Z",
    "list_name": "Spring",
    "campaign": "vital",
}
_LIST: dict[str, Any] = {
    "list": "adria:spring",
    "partner": "adria",
    "name": "Spring",
    "campaign": "vital",
    "country": "HR",
    "zone": "Europe/Zagreb",
    "closed": False,
    "rules_version": 1,
    "rules": {
        "rules": [{"after": "no_answer", "wait_minutes": 180, "most": 5}],
        "most_attempts": 8,
        "from_minute": 540,
        "until_minute": 1200,
        "weekdays": [1, 2, 3, 4, 5, 6],
        "kept_within_minutes": 15,
        "lease_minutes": 20,
    },
    "leads": {"fresh": 820, "recall": 130, "done": 50},
    "imports": [
        {
            "import": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
            "new": 1000,
            "known": 0,
            "duplicates": 12,
            "rejected": 3,
            "at": "2026-03-01T10:00:00Z",
        }
    ],
}
_IMPORT: dict[str, Any] = {
    "id": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "kind": "leads",
    "target": "adria:spring",
    "partner": "adria",
    "country": "HR",
    "columns": {"number": "Telefon", "name": "Ime i prezime", "postal_code": "Poštanski broj"},
    "standing": "running",
    "lines": 1015,
    "done": 500,
    "new": 492,
    "known": 0,
    "duplicates": 6,
    "rejected": 2,
    "asked_at": "2026-03-01T09:59:50Z",
    "by": "boss",
    "ended_at": None,
    "cause": "",
    "rejects_href": "/api/v1/imports/0f1e2d3c4b5a69788796a5b4c3d2e1f0/rejects",
}
_LISTED = [
    {
        "scope": "*",
        "ground": "call:adria-01:c1:l1",
        "reason": "asked in a call",
        "at": "2026-03-02T09:05:00Z",
        "by": "telephony",
    }
]

LISTS = answers("One page of lists.", {"items": [_LIST], "next": None}, 304, 404, 422)
LIST = answers("The list.", _LIST, 304, 404)
PROPOSAL = answers(
    "What the file looks like.",
    {
        "header": ["Telefon", "Ime i prezime", "Poštanski broj"],
        "headings": True,
        "columns": {"number": "Telefon", "name": "Ime i prezime", "postal_code": "Poštanski broj"},
        "lines": 1015,
        "fields": ["number", "name", "postal_code", "priority"],
        "needed": ["number"],
    },
    403,
    404,
    409,
    422,
)
IMPORT_ASKED = answers("It will be taken in.", _IMPORT, 403, 404, 409, 422, status=202)
IMPORTS = answers("The imports.", {"items": [_IMPORT], "next": None}, 304, 404, 422)
REASONS = answers(
    "The reasons.",
    {"items": [{"column": "Telefon", "reason": "no telephone number of HR", "lines": 3, "first": 17}], "next": None},
    304,
    403,
    404,
    409,
)
IMPORT = answers("The import.", _IMPORT, 304, 404)
REJECTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {"text/csv": {"example": "line,column,reason,value\r\n17,Telefon,no telephone number of HR,12\r\n"}},
    },
    403: {"description": "The role is not the one needed."},
    404: {"description": "There is no such import, or none that the caller may see."},
    409: {"description": "The key of its month was destroyed."},
}
LEADS = answers("One page of leads.", {"items": [{**_SHOWN, "number": _MASKED}], "next": None}, 304, 404, 422)
LEAD = answers("The lead.", _WHOLE, 403, 404, 409, 422)
NEXT = answers("The lead, which is the agent's for a while.", _HELD, 403, 404, 409, 422)
NUMBER = answers("The number.", {"lead": _LEAD_ID, "number": "+385912345667"}, 403, 404, 409, 410)
PANEL_CALLBACK = answers(
    "It is promised.",
    {"lead": _LEAD_ID, "due": "2026-03-02T09:30:00Z", "zone": "Europe/Zagreb", "number": _MASKED, "personal": True},
    403,
    404,
    409,
    422,
    status=202,
)
PANEL_CALLBACKS = answers(
    "The agent's promises.",
    {
        "items": [
            {
                "lead": _LEAD_ID,
                "due": "2026-03-02T09:30:00Z",
                "zone": "Europe/Zagreb",
                "number": _MASKED,
                "is_due": False,
            }
        ],
        "next": None,
    },
    403,
)
CALLBACKS = answers(
    "Figures by agent.",
    {
        "items": [
            {"agent": "1007", "promised": 12, "kept": 9, "broken": 2, "replaced": 0, "waiting": 1, "share": "81.82"}
        ],
        "next": None,
    },
    304,
    404,
    422,
)
BARRED = answers("Why it may not be called; nothing: it may.", {"listed": _LISTED}, 403, 422)
BARRED_NOW = answers("It is listed.", {"listed": _LISTED}, 403, 422, status=202)
NOT_BARRED = answers("What is left.", {"listed": []}, 403, 422, status=202)
CUSTOMER = answers(
    "The customer.",
    {"customer_ref": _REF, "number": _MASKED, "profile": _PROFILE, "leads": [_SHOWN]},
    304,
    403,
    404,
)
PROFILE = answers("The profile.", {"customer_ref": _REF, "profile": _PROFILE}, 403, 404, 422)
HISTORY = answers(
    "The history.",
    {
        "customer_ref": _REF,
        "calls": [
            {
                "call": "adria-01:c1",
                "partner": "adria",
                "direction": "outbound",
                "at": "2026-03-02T09:05:00Z",
                "campaign": "vital",
                "state": "ended",
                "agents": ["1007"],
                "result": "sale",
                "talk_ms": 184000,
                "href": "/api/v1/calls/adria-01:c1",
            }
        ],
        "orders": [
            {
                "order": "adria:o1",
                "partner": "adria",
                "at": "2026-03-02T09:07:00Z",
                "skus": ["KOL-30"],
                "amount": {"minor": 3990, "currency": "EUR"},
                "call": "adria-01:c1",
                "past": False,
                "cancelled_at": None,
                "returned_at": None,
            }
        ],
        "callbacks": [
            {"promise": "p1", "lead": _LEAD_ID, "agent": "1007", "due": "2026-03-02T09:00:00Z", "verdict": "kept"}
        ],
    },
    304,
    403,
    404,
)
