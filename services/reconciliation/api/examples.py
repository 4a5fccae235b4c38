"""What the routes answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import Responses, answers

_MISMATCH: dict[str, Any] = {
    "found": {
        "mismatch_id": "E1",
        "kind": "timezone_shift",
        "cause": "offset:-60m",
        "party": "partner",
        "confidence": "proven",
        "lines": 290,
        "against": 0,
        "moved": {"minor": 0, "currency": "EUR"},
        "proof": "290 of 290 pairs agree, at least 98.7 % by Wilson; all lines by one clock; 290 lines voted",
        "systematic": True,
        "grounds": [
            {"code": "pairs_agree", "values": {"n": 290, "of": 290, "share": "98.7"}},
            {"code": "one_clock", "values": {}},
            {"code": "lines_voted", "values": {"n": 290}},
        ],
    },
    "attributed": None,
    "taken": None,
}
_SUMS = {
    "currency": "EUR",
    "theirs": 214900,
    "ours": 210000,
    "difference": 4900,
    "tolerated": 0,
    "explained": 4900,
    "unexplained": 0,
    "at_stake": 4900,
    "open": 0,
}
_MONTH: dict[str, Any] = {
    "partner_id": "adria",
    "month": "2026-03",
    "stage": "reconciled",
    "reports": [{"number": 1, "name": "march.csv", "size": 48213}],
    "mismatches": {"E1": _MISMATCH},
    "requests": [],
    "agreed": None,
    "sums": _SUMS,
    "elsewhere": {"month": "2026-02", "lines": 31},
}
ACCEPTED = {"stream": "month-adria:2026-03", "version": 1}
SUBMITTED = answers("The report is kept, and is compared now.", ACCEPTED, 403, 404, 409, 422, status=202)
AGREED = answers("Agreed.", ACCEPTED | {"version": 9}, 403, 404, 409, 422, status=202)
MONTHS = answers(
    "A page of months.",
    {
        "items": [
            {"month_id": "adria:2026-03", "stage": "reconciled", "mismatches": 1, "sums": _SUMS, "elsewhere": None}
        ],
        "next": None,
    },
    422,
)
EXPECTED = answers(
    "The partners.",
    {"items": [{"partner_id": "adria", "name": "Adria", "currency": "EUR", "report_due": "2026-04-05"}]},
    422,
)
MONTH = answers("The month.", _MONTH, 404)
PROFILE = answers("The layout.", {"profile": {"version": 1, "container": "csv"}, "changes": []}, 404, 409, 410)
LINES = answers(
    "A page of lines.",
    {
        "items": [
            {
                "kind": "timezone_shift",
                "cause": "offset:-60m",
                "party": "partner",
                "moved": 0,
                "line": "17",
                "cells": ["2026-03-02 08:01:12", "+447911441445", "85"],
                "our_call": "adria-switch:c-17",
                "our_duration_s": 85,
            }
        ],
        "next": None,
    },
    404,
    409,
    410,
)
RUN = answers(
    "The run.",
    {"standing": "running", "phase": "pair", "phase_number": 4, "phases": 6, "lines": 290, "seconds_left": 0.4},
    404,
    409,
)
FILE: Responses = {
    200: {"description": "The file.", "content": {"application/octet-stream": {"example": "the bytes of the file"}}},
    404: {"description": "There is none, or none that the caller may see."},
    410: {"description": "It can't be read any more."},
}
RUN_ASKED = answers("It will be done.", {"standing": "waiting"}, 404, 409, status=202)
AUDIT = answers(
    "The totals that differ; none: the dashboards show what our facts say.",
    {"items": [{"day": "2026-03-09", "measure": "handled", "replayed": 148, "shown": 147}], "next": None},
    403,
    409,
    422,
    503,
)
MONTH_KEYS = answers(
    "One page of month keys.",
    {
        "items": [
            {
                "partner_id": "adria",
                "month": "2025-09",
                "state": "held",
                "at": "2025-09-01T00:00:02Z",
                "kept_months": 13,
                "until": "2026-11",
                "held_by": "2025-08",
                "why": "not_agreed",
            }
        ],
        "next": None,
    },
    403,
    422,
)
ASKED = answers("The request is made.", ACCEPTED | {"version": 7}, 403, 404, 409, 410, 422, status=202)
LETTER: Responses = {
    200: {"description": "The letter.", "content": {"text/markdown": {"example": "# Adria Direct, March 2026"}}},
    404: {"description": "There is none, or none that the caller may see."},
    410: {"description": "It can't be read any more."},
}
ANSWER = answers(
    "What came of the request.",
    {
        "done": 41,
        "not_done": 0,
        "otherwise": 1,
        "open": [{"action": "change", "line": "23", "mismatches": ["E2"], "done": "otherwise", "now": "22"}],
        "unrequested": 1,
        "moved": [{"what": "changed", "before": "17", "now": "17", "field": "agent", "was": "A100", "is": "A101"}],
    },
    404,
    409,
    410,
)
ACCEPTED_RULE = answers("Kept.", {"stream": "rules-adria", "version": 1}, 403, 404, 409, 410, 422, status=202)
SAVED_PROFILE = answers(
    "The layout.", {"profile": {"version": 2, "container": "csv"}, "versions": [{"version": 1}, {"version": 2}]}, 404
)
CODES = answers("The codes.", {"codes": {"A100": {"code": "A100", "agent_id": "ag-7", "by": "iva"}}}, 404)
STANDING = answers(
    "The explanations.",
    {
        "explanations": [
            {
                "accepted": {
                    "kind": "timezone_shift",
                    "cause": "offset:-60m",
                    "starts": "2026-03",
                    "ends": "2026-12-31",
                },
                "ended": None,
            }
        ],
        "month": {"held": [], "agreed": [], "gone": [{"kind": "timezone_shift"}], "expired": []},
    },
    404,
    409,
    410,
)
