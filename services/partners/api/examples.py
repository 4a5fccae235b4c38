"""One example answer for each route of the partners service, shown in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import Responses, answers

_PARTNER: dict[str, Any] = {
    "partner_id": "adria",
    "name": "Adria Direct",
    "country": "HR",
    "time_zone": "Europe/Zagreb",
    "stage": "live",
    "owner": "J. Horvat",
    "next_action": {"action": "Agree the month", "owner": "J. Horvat", "due": "2026-04-07"},
    "profile": None,
    "contacts": {},
    "steps": [],
    "facts": {"signed_contract": {"adria:main": {"says": "until 2027-12-31"}}},
    "changes": 31,
}
_AGENT = {"partner_id": "adria", "agent": "1007", "name": "A. Diallo", "team": "German", "languages": ["de", "hr"]}
_URL = "https://tallyline.example/v1/in/adria-twilio"
_SOURCE = {
    "id": "adria-twilio",
    "partner": "adria",
    "revision": 3,
    "ingest_url": _URL,
    "settings": {
        "connector": "twilio",
        "partner": "adria",
        "time_zone": "Europe/Zagreb",
        "day_zone": "Europe/Zagreb",
        "public_url": _URL,
        "clock": "live",
        "counts": "production",
        "dispositions": {"SALE": "sale"},
        "agent_states": {"Lunch": "meal"},
        "queues": {},
        "campaigns": {"+38512345678": "vital"},
        "sale_on": ["sale"],
        "reports_holds": True,
        "options": {},
        "test_numbers": {"+38512000001": "desk-1"},
    },
    "credentials": {"twilio-signature": ["crd_0f5c2a9be1d7"]},
}
_MADE = {"id": "crd_7be1d70f5c2a", "scheme": "bearer", "key": "tls_shown-here-and-never-again"}

PARTNER_REGISTERED = answers("Registered.", {"stream": "partner-adria", "version": 1}, 403, 404, 409, 422, status=201)
PARTNERS = answers("One page of partners.", {"items": [_PARTNER], "next": None}, 304, 422)
PARTNER = answers("The partner.", _PARTNER, 304, 404)
GATES = answers(
    "Its ways.",
    {
        "stage": "testing",
        "ways": [
            {
                "target": "ramping",
                "open": False,
                "needs_reason": False,
                "unmet": [
                    {
                        "condition": "test_calls_passed",
                        "says": "Every mandatory test-call scenario has passed.",
                        "overridable": True,
                    }
                ],
            }
        ],
    },
    304,
    404,
)
STAYS = answers(
    "Its stays.",
    {
        "items": [{"stage": "found", "since": None, "until": "2026-03-02T09:30:00Z", "days": None}],
        "next": None,
    },
    404,
)
PIPELINE = answers(
    "The funnel.",
    {
        "items": [
            {"stage": "found", "now": 4, "entered": 9, "left_for": {"contacted": 5}, "stays": 0, "median_days": None}
        ],
        "next": None,
    },
    304,
)
HANDED_OVER = answers(
    "Given.", {"items": [{"stream": "partner-adria", "version": 7}], "next": None}, 403, 404, 422, status=202
)
AGENT_REGISTERED = answers("Known.", {"stream": "agent-adria:1007", "version": 2}, 403, 404, 422, status=201)
AGENTS = answers("One page of agents.", {"items": [_AGENT], "next": None}, 304, 422)
SOURCE_READY = answers(
    "Set up.",
    {"id": "adria-twilio", "version": 4, "ingest_url": _URL, "credentials": [_MADE]},
    403,
    404,
    409,
    422,
    status=201,
)
SOURCES = answers("One page of sources.", {"items": [_SOURCE], "next": None}, 304, 422)
SOURCE = answers("The source.", _SOURCE, 304, 404)
CREDENTIAL_ISSUED = answers("Issued.", _MADE, 403, 404, 409, 422, status=201)
CREDENTIAL_REVOKED: Responses = {
    204: {"description": "Revoked."},
    404: {"description": "There is no such source."},
    409: {"description": "`unknown_credential`: the source has none of this id."},
}
