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
        "campaigns": {"TV-7": "vital"},
        "numbers": {"+38512345678": "vital"},
        "agents": {},
        "networks": ["203.0.113.0/24"],
        "sale_on": ["sale"],
        "reports_holds": True,
        "options": {},
        "test_numbers": {"+38512000001": "desk-1"},
    },
    "credentials": {"twilio-signature": ["crd_0f5c2a9be1d7"]},
    "until": {},
    "sandbox_of": None,
    "conformant_since": "2026-03-02T09:30:00Z",
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
                        "open": {},
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
CODES_MAPPED = answers("Decided.", {"stream": "integration-adria-twilio", "version": 5}, 403, 404, 409, 422, status=202)
SANDBOX_READY = answers(
    "Set up.",
    {"id": "adria-twilio.sandbox", "version": 2, "ingest_url": f"{_URL}.sandbox", "credentials": []},
    403,
    404,
    409,
    422,
    status=201,
)
CONFORMANCE = answers(
    "Its checklist.",
    {
        "source": "adria-twilio",
        "connector": "twilio",
        "conformant_since": None,
        "missing": ["unanswered"],
        "checks": [
            {"check": "unanswered", "text": "A call ends that nobody answered.", "required": True, "passed": False}
        ],
    },
    304,
    404,
)
_CLOCK = {
    "running_s": 1500.0,
    "stopped_s": 7200.0,
    "promised_s": 14400,
    "done": False,
    "over": False,
    "due": "2026-03-02T13:05:00Z",
}
_TICKET: dict[str, Any] = {
    "id": "adria:0f5c2a9be1d7",
    "partner_id": "adria",
    "subject": "Calls drop after a minute",
    "category": "telephony",
    "priority": "high",
    "opener": "partner",
    "agent": None,
    "by": "Adria's team lead",
    "handled_by": "us",
    "state": "open",
    "assignee": "J. Horvat",
    "opened_at": "2026-03-02T09:30:00Z",
    "first_response": _CLOCK,
    "resolution": _CLOCK | {"promised_s": 86400, "due": "2026-03-03T09:05:00Z"},
    "links": [{"kind": "call", "ref": "adria-twilio:CA12"}],
    "merged_into": None,
}
_MESSAGE = {
    "message_id": "7be1d70f5c2a9be1",
    "side": "partner",
    "text": "Since the morning, on all lines.",
    "at": "2026-03-02T09:30:00Z",
    "by": "Adria's team lead",
}
_SHOWN_TICKET = _TICKET | {
    "text": _MESSAGE["text"],
    "outcome": None,
    "reopened": [],
    "merged": [],
    "calendar": None,
    "thread": [_MESSAGE],
}
_FIGURE = {"n": 8, "within": 7, "share_within": 0.875, "done": 8, "median_s": 1500.0, "p90_s": 9000.0}
TICKET_OPENED = answers(
    "Opened.", {"id": _TICKET["id"], "stream": f"ticket-{_TICKET['id']}", "version": 1}, 403, 404, 422, status=201
)
TICKET_MERGED = answers("Merged.", {"stream": f"ticket-{_TICKET['id']}", "version": 4}, 403, 409, 422, status=202)
TICKETS = answers("One page of tickets.", {"items": [_TICKET], "next": None}, 304, 422)
TICKET = answers("The ticket.", _SHOWN_TICKET, 304, 404)
TICKET_POLICY = answers(
    "The policy.",
    {
        "items": [
            {"priority": "high", "first_response_hours": 4, "resolution_hours": 24, "text": "Part of it stands still."}
        ],
        "next": None,
    },
    304,
)
FIGURES = answers(
    "The figures.",
    {"items": [{"group": "adria", "tickets": 9, "first_response": _FIGURE, "resolution": _FIGURE}], "next": None},
    304,
    422,
)
_ANNOUNCED = {
    "id": "ann-0f5c2a9be1d7",
    "language": "de",
    "text": {"title": "Neue Preise", "body": "Ab Montag gelten neue Preise."},
    "languages": ["de", "en"],
    "addressed": {"partners": ["adria"], "languages": [], "roles": ["agent"]},
    "publish_at": "2026-03-02T09:30:00Z",
    "acknowledge_by": "2026-03-06",
    "withdrawn": None,
    "read_at": None,
}
_MISSING = {"partner_id": "adria", "role": "agent", "reader": "1007", "name": "A. Diallo", "overdue": False}
ANNOUNCED = answers(
    "Published, or to be.",
    {"id": "ann-0f5c2a9be1d7", "stream": "announcement-ann-0f5c2a9be1d7", "version": 1},
    403,
    409,
    422,
    status=201,
)
ANNOUNCEMENTS = answers("One page of announcements.", {"items": [_ANNOUNCED], "next": None}, 304, 404, 422)
ANNOUNCEMENT = answers("The announcement.", _ANNOUNCED, 304, 404, 422)
REMINDERS = answers(
    "Who has not read yet.",
    {
        "items": [{"announcement": "ann-0f5c2a9be1d7", "acknowledge_by": "2026-03-06", "who": _MISSING}],
        "next": None,
    },
    304,
    422,
)
RECEIPTS = answers(
    "The receipts.",
    {
        "read": [{"partner_id": "adria", "reader": "agent/1008", "at": "2026-03-02T10:00:00Z", "by": "panel"}],
        "missing": [_MISSING],
    },
    304,
    404,
    422,
)
CONFIRMED = answers("Noted.", {"stream": "receipts-adria:ann-0f5c2a9be1d7", "version": 1}, 403, 404, 422, status=202)
PROTOCOLS = answers(
    "The protocols.",
    {"items": [{"name": "end", "title": "Ending a co-operation", "intro": "It begins with notice."}], "next": None},
    304,
)
PROTOCOL: Responses = {
    200: {
        "description": "The protocol.",
        "content": {
            "text/markdown": {"example": "# Ending a co-operation\n\nIt begins with notice.\n"},
            "text/html": {"example": "<!doctype html><title>Ending a co-operation</title>"},
        },
    },
    404: {"description": "There is no such protocol."},
}
ENDING = answers(
    "The steps.",
    {
        "stage": "ending",
        "ready": False,
        "steps": [
            {
                "step": "months_agreed",
                "text": "Every month is agreed.",
                "done": False,
                "open": {"2026-02": "the report is late"},
                "known": {},
                "says": "Every month is agreed. Open: 2026-02 (the report is late).",
                "who": "Whoever agrees the months",
                "how": 'POST /api/v1/partners/adria/facts with fact "open_month", holds false',
            }
        ],
    },
    304,
    404,
)
ALL_REVOKED = answers(
    "Revoked.",
    {"items": [{"source": "adria-twilio", "credential": "crd_0f5c2a9be1d7"}], "next": None},
    403,
    404,
    status=202,
)
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
ARCHIVED = answers(
    "Archived.", {"digest": _DIGEST, "stream": "partner-adria", "version": 40}, 403, 404, 409, status=202
)
_PACK = {
    "partner_id": "adria",
    "name": "Adria Direct",
    "month": None,
    "sections": [
        {
            "name": "people",
            "title": "People at the partner",
            "no_data": False,
            "rows": [
                {
                    "name": "Ana K.",
                    "position": "Manager",
                    "email": "ana@adria.example",
                    "phone": None,
                    "languages": "hr, de",
                }
            ],
        }
    ],
}
ARCHIVE = answers(
    "The file.",
    {
        "partner_id": "adria",
        "at": "2026-03-31T09:30:00Z",
        "by": "J. Horvat",
        "pack": _PACK,
        "markdown": "# Handover of Adria Direct\n",
    },
    403,
    404,
)


def _on_paper(described: Responses) -> Responses:
    """The same answer is to be had as a paper too."""
    described[200]["content"] |= {
        "text/markdown": {"example": "# Adria Direct\n"},
        "text/html": {"example": "<!doctype html><title>Adria Direct</title>"},
    }
    return described


HANDOVER = _on_paper(answers("The pack.", _PACK, 304, 403, 404))
REVIEW = _on_paper(
    answers(
        "The pack.",
        _PACK
        | {
            "month": "2026-03",
            "sections": [{"name": "quality", "title": "Quality", "no_data": True, "rows": []}],
        },
        304,
        404,
        422,
    )
)
