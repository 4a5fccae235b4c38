"""What the routes of hot leads answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_ID = "adria:adria-switch:c-4711"
_ASKED_AT, _DUE_AT = "2026-03-04T16:40:00Z", "2026-03-04T16:43:00Z"
_OF: dict[str, Any] = {"handover": _ID, "partner": "adria", "call": "adria-switch:c-4711", "agent": "1007"}
_HANDOVER: dict[str, Any] = {
    "handover": _ID,
    "partner": "adria",
    "asked": {
        "type": "LeadHandedOver",
        **_OF,
        "customer_ref": "cus_5f0c1d",
        "due_at": _DUE_AT,
        "at": _ASKED_AT,
        "campaign": "vital",
        "points": ["ready_to_buy", "large_order"],
        "note": "handover/4f1c22b09a7de0451c33",
        "escalates_at": "2026-03-04T16:41:48Z",
        "by": "1007",
    },
    "escalated_at": "2026-03-04T16:41:48Z",
    "taken": {
        "type": "HandoverTaken",
        **_OF,
        "waited_ms": 121000,
        "in_time": True,
        "at": "2026-03-04T16:42:01Z",
        "by": "Ana",
        "campaign": "vital",
    },
    "changes": 3,
}
_MISS = {
    "handover": _ID,
    "agent": "1007",
    "asked_at": _ASKED_AT,
    "due_at": _DUE_AT,
    "missed": True,
    "waited_ms": 200000,
    "taken_by": "Ana",
}
_TIMES = {
    "asked": 4,
    "in_time": 3,
    "missed": 1,
    "taken_late": 1,
    "open": 0,
    "share": "75.00",
    "percentiles": {"50": 61000, "90": 200000, "100": 200000},
    "misses": [_MISS],
    "formula": "nearest rank: the value at place ceil(p / 100 * n) of the n waits in ascending order",
}
_CUSTOMER = {
    "customer_ref": "cus_5f0c1d",
    "number": "+385911234567",
    "profile": None,
    "text": "Wants twelve boxes, asks for an invoice.",
}
ASKED = answers("Asked.", {"handover": _ID, "version": 1, "due_at": _DUE_AT}, 403, 404, 409, 422, status=202)
HANDOVERS = answers("The hand-overs, by id.", {"items": [_HANDOVER], "next": None}, 304, 404, 422)
HANDOVER = answers("The hand-over.", {"handover": _HANDOVER, "state": "taken", "customer": _CUSTOMER}, 304, 404)
LIVE = answers(
    "The stopwatches.",
    {
        "version": "b1946ac92492d234",
        "now": "2026-03-04T16:41:00Z",
        "items": [
            {
                **_OF,
                "campaign": "vital",
                "points": ["ready_to_buy"],
                "asked_at": _ASKED_AT,
                "due_at": _DUE_AT,
                "escalated": False,
                "missed": False,
                "gone_ms": 60000,
                "left_ms": 120000,
            }
        ],
    },
    404,
    422,
)
TIMES = answers("By partner.", {"items": [{"partner": "adria", "times": _TIMES}], "next": None}, 304, 404, 422)
