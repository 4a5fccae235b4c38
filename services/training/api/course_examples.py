"""What the routes of courses and manuals answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import Responses, answers

_PUBLISHED: dict[str, Any] = {
    "type": "ManualPublished",
    "course": "collagen-inbound-hr",
    "version": "2.0",
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "changed": "The powder is now in sachets; the dose is another one.",
    "valid_from": "2026-12-01",
    "at": "2026-11-20T09:00:00Z",
    "by": "Jelena",
}
_COURSE: dict[str, Any] = {
    "course": "collagen-inbound-hr",
    "described": {
        "type": "CourseDescribed",
        "course": "collagen-inbound-hr",
        "title": "Kolagen, dolazni pozivi",
        "panel": "inbound",
        "language": "hr",
        "certificate": "collagen-inbound",
        "product": "KOL-30",
        "exam": {
            "bank": "collagen-hr",
            "questions": 20,
            "pass_percent": 80,
            "attempts": 3,
            "minutes": 45,
            "valid_days": 365,
            "recertify_days": 14,
        },
        "at": "2026-11-02T08:00:00Z",
        "by": "Jelena",
    },
    "versions": [_PUBLISHED],
    "changes": 1,
}
_READER = {"partner": "adria", "agent": "1007", "version": "1.1", "at": "2026-11-12T10:00:00Z", "due": True}
_LAID_IN = {
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "address": "image:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "media": "image/png",
}
COURSES = answers("The courses.", {"items": [_COURSE], "next": None}, 304, 422)
COURSE = answers("The course.", _COURSE, 304, 404)
IMAGE = answers("Where it lies.", _LAID_IN, 403, 404, status=201)
ACCEPTED = answers("Published.", {"stream": "manual-collagen-inbound-hr", "version": 2}, 403, 404, 409, 422, status=202)
MANUAL = answers("The version, with its text.", {"published": _PUBLISHED, "text": "# Kolagen\n"}, 304, 404, 422)
CHANGES = answers(
    "What is new.",
    {
        "since": "1.1",
        "version": "2.0",
        "changed": [{"version": "2.0", "changed": _PUBLISHED["changed"]}],
        "lines": ["@@ -1,2 +1,2 @@", " # Kolagen", "-Dvije žlice.", "+Jedna vrećica."],
    },
    304,
    404,
)
READERS = answers("The agents.", {"in_force": "2.0", "due": 1, "items": [_READER], "next": None}, 304, 404)
PAGE: Responses = {
    200: {
        "description": "The page.",
        "content": {"text/html": {"example": '<!doctype html>\n<html lang="hr">…</html>'}},
    },
    404: {"description": "There is no such course, or no version of its manual on that day."},
}
