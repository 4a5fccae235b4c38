"""What the routes of papers and certificates answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_WRITTEN: dict[str, Any] = {
    "type": "QuestionWritten",
    "bank": "collagen-hr",
    "question": "dose",
    "revision": 1,
    "text": "How much is taken a day?",
    "choices": ["One sachet", "Two sachets", "As much as one likes"],
    "right": [0],
    "topic": "use",
    "at": "2026-11-02T08:00:00Z",
    "by": "Jelena",
}
_SAT: dict[str, Any] = {
    "paper": "5c3b2fca7d9e5d3f8a0e1b2c",
    "course": "collagen-inbound-hr",
    "drawn_at": "2026-11-12T10:00:00Z",
    "ends_at": "2026-11-12T10:45:00Z",
    "score_percent": "85.00",
    "passed": True,
}
_PAPER: dict[str, Any] = {
    **_SAT,
    "seed": 4711,
    "questions": [
        {
            "question": "dose",
            "text": "How much is taken a day?",
            "points": 1,
            "choices": [{"choice": 1, "text": "Two sachets"}, {"choice": 0, "text": "One sachet"}],
        }
    ],
}
_CERTIFICATE: dict[str, Any] = {
    "partner": "adria",
    "agent": "1007",
    "course": "collagen-inbound-hr",
    "held": False,
    "certified": {
        "type": "AgentCertified",
        "partner_id": "adria",
        "agent": "1007",
        "course": "collagen-inbound-hr",
        "certificate": "collagen-inbound",
        "major": 1,
        "score_percent": "85.00",
        "valid_until": "2027-11-12",
        "at": "2026-11-12T10:31:00Z",
        "by": "Ivo",
    },
    "lapsed": {
        "type": "CertificationLapsed",
        "partner_id": "adria",
        "agent": "1007",
        "course": "collagen-inbound-hr",
        "certificate": "collagen-inbound",
        "reason": "manual_changed",
        "at": "2026-12-15T00:00:01Z",
        "by": "lapses",
    },
}
_AGENT: dict[str, Any] = {
    "partner": "adria",
    "agent": "1007",
    "certificates": [_CERTIFICATE],
    "read": {"collagen-inbound-hr": ["1.0", "1.1"]},
    "due": [
        {
            "course": "collagen-inbound-hr",
            "version": "2.0",
            "changed": "The powder is now in sachets; the dose is another one.",
            "valid_from": "2026-12-01",
        }
    ],
    "papers": [_SAT],
    "sessions": [],
}
_STREAM = {"stream": "certificate-adria:1007", "version": 3}
BANK = answers(
    "The bank.",
    {"bank": "collagen-hr", "questions": {"dose": {"wordings": [_WRITTEN]}}, "changes": 1},
    304,
    403,
    404,
)
DRAWN = answers("Drawn.", _STREAM | {"paper": _SAT["paper"]}, 403, 404, 409, 422, status=202)
PAPER = answers("The paper.", _PAPER, 304, 404)
HANDED_IN = answers("Marked.", _STREAM | {"score_percent": "85.00", "passed": True}, 403, 404, 409, 422, status=202)
CERTIFICATES = answers("The certificates.", {"items": [_CERTIFICATE], "next": None}, 304, 404, 422)
AGENT = answers("What the agent has learned.", _AGENT, 304, 404)
