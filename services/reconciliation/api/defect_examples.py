"""What the routes of defects answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import Responses, answers

_SUMMARY: dict[str, Any] = {
    "defect_id": "adria:2026-03-1",
    "partner_id": "adria",
    "months": ["2026-03"],
    "stage": "acknowledged",
    "kind": "sale_missing_own",
    "predicate": "sku is VITAL-2",
    "calls": 41,
    "moved": {"minor": -200900, "currency": "EUR"},
    "ticket": "TL-311",
    "passes": False,
}
_EXPECTED: dict[str, Any] = {
    "there": True,
    "talk_s": 212,
    "disposition": "sale",
    "sale_status": "confirmed",
    "sale_minor": 4900,
}
_SPECIFICATION: dict[str, Any] = {
    "kind": "sale_missing_own",
    "predicate": "sku is VITAL-2",
    "calls": 41,
    "meeting": 41,
    "moved_minor": -200900,
    "currency": "EUR",
    "since": "2026-03-02T08:14:03Z",
    "until": "2026-03-31T17:40:55Z",
    "expected": _EXPECTED,
    "shown": _EXPECTED | {"sale_status": None, "sale_minor": None},
}
_DIFFERENCE = {"call": "call-1", "what": "sale_status", "expected": "confirmed", "shown": None, "failed": True}

DEFECTS = answers("A page of defects.", {"items": [_SUMMARY], "next": None}, 422)
DEFECT = answers(
    "The defect.",
    {
        "defect_id": "adria:2026-03-1",
        "stage": "acknowledged",
        "months": ["2026-03"],
        "ticket": "TL-311",
        "specification": _SPECIFICATION,
        "replays": [{"release": "0.1.0", "differing": 20, "of": 40}],
        "history": [{"what": "found", "says": "41 calls in 2026-03 where sku is VITAL-2"}],
    },
    404,
)
REPLAYED = answers(
    "What came of it.",
    {
        "defect_id": "adria:2026-03-1",
        "release": "0.1.0",
        "passes": False,
        "calls": 40,
        "differences": [_DIFFERENCE],
    },
    403,
    404,
    409,
)
PAGE: Responses = {
    200: {
        "description": "The page.",
        "content": {"text/markdown": {"example": "# adria:2026-03-1: sale_missing_own\n"}},
    },
    404: {"description": "There is no such defect."},
}
_CASE: dict[str, Any] = {"call": "call-1", "fails": True, "facts": [], "expected": _EXPECTED}
FIXTURE: Responses = {
    200: {
        "description": "The file.",
        "content": {"application/json": {"example": {"format": 1, "specification": _SPECIFICATION, "cases": [_CASE]}}},
    },
    404: {"description": "There is no such defect."},
}
