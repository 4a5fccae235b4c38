"""What the routes of live sessions answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import Responses, answers

_SESSION: dict[str, Any] = {
    "session": "collagen-december",
    "state": "held",
    "planned": {
        "type": "SessionPlanned",
        "session": "collagen-december",
        "at": "2026-11-20T09:00:00Z",
        "by": "Jelena",
        "course": "collagen-inbound-hr",
        "title": "Kolagen: novosti",
        "starts_at": "2026-12-01T08:00:00Z",
        "time_zone": "Europe/Zagreb",
        "minutes": 60,
        "capacity": 30,
        "place": "https://meet.example/collagen",
        "contact": "training@company.example",
        "trainer": "Jelena",
        "sequence": 1,
    },
    "sequence": 1,
    "held": {
        "type": "SessionHeld",
        "session": "collagen-december",
        "course": "collagen-inbound-hr",
        "started_at": "2026-12-01T08:00:00Z",
        "minutes": 70,
        "invited": 2,
        "attended": 1,
        "at": "2026-12-01T09:15:00Z",
        "by": "Jelena",
    },
    "cancelled": None,
    "recording": "https://video.example/collagen-december",
    "places_left": 28,
    "invitations": [{"partner": "adria", "agent": "1007", "withdrawn": False, "present": True}],
    "feedback": {"given": 1, "means": {"understood": "5.00", "useful": "4.00", "pace": "3.00", "questions": "5.00"}},
}
_FILE = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Tallyline//Training//EN\r\nMETHOD:REQUEST\r\n…\r\nEND:VCALENDAR\r\n"
)
SESSIONS = answers("The sessions.", {"items": [_SESSION], "next": None}, 304, 422)
SESSION = answers("The session.", _SESSION, 304, 404)
GIVEN = answers("Kept.", {"stream": "session-collagen-december", "version": 5}, 403, 404, 409, 422, status=202)
COMMENTS = answers(
    "What was said.", {"items": [{"partner": "adria", "text": "More examples, please."}], "next": None}, 304, 404
)
FORM = answers(
    "The questions.",
    {"items": [{"question": "useful", "text": "It helps me in my calls."}], "next": None},
    304,
)
CALENDAR: Responses = {
    200: {"description": "The file.", "content": {"text/calendar": {"example": _FILE}}},
    404: {"description": "There is no such session or invitation, or none that the caller may see."},
}
