"""One example answer for each read route, shown in the OpenAPI document."""

from __future__ import annotations

from shared.http import answers

_EVIDENCE = "/api/v1/performance/evidence?from=2026-03-01&to=2026-04-01&partner=adria&agent=1007&measure="
_CALL = {
    "call": "adria-twilio:CA0001",
    "source": "adria-twilio",
    "partner": "adria",
    "counts": "production",
    "summary": {
        "call": "CA0001",
        "state": "ended",
        "direction": "inbound",
        "campaign": "vital",
        "queue": None,
        "customer_ref": "cus_5f0c1d",
        "started_at": "2026-03-02T09:05:00Z",
        "answered_at": "2026-03-02T09:05:12Z",
        "ended_at": "2026-03-02T09:09:42Z",
        "outcome": "answered",
        "ended_by": "customer",
        "agents": ["1007"],
        "transfers": 0,
        "wait_ms": 12000,
        "talk_ms": 270000,
        "hold_ms": 0,
        "wrap_ms": 18000,
        "disposition": "sale",
        "sale": True,
        "flags": [],
    },
    "href": "/api/v1/calls/adria-twilio:CA0001",
}

PERFORMANCE = answers(
    "One page of rows.",
    {
        "items": [
            {
                "partner": "adria",
                "agent": "1007",
                "partner_name": "Adria Direct",
                "agent_name": "A. Diallo",
                "team": "German",
                "rank": 3,
                "ranked": 41,
                "peers": {"q1": 0.121, "median": 0.151, "q3": 0.174},
                "figures": {
                    "conversion": {
                        "value": 0.182,
                        "n": 412,
                        "numerator": 75,
                        "denominator": 412,
                        "variant": "contacts",
                        "href": f"{_EVIDENCE}conversion",
                    }
                },
            }
        ],
        "next": None,
        "totals": {
            "figures": {
                "conversion": {
                    "value": 0.15,
                    "n": 16400,
                    "numerator": 2460,
                    "denominator": 16400,
                    "variant": "contacts",
                    "href": "/api/v1/performance/partners?from=2026-03-01&to=2026-04-01&kpis=conversion",
                }
            }
        },
        "as_of": {"performance_month": "18233.18102.17990.18341"},
    },
    304,
    403,
    422,
)

EVIDENCE = answers(
    "One page of what stands behind the figure.",
    {
        "label": "Conversion: sales",
        "unit": "count",
        "kpi": {"key": "conversion", "label": "Conversion", "unit": "per_contact", "formula": "sales / contacts"},
        "items": [
            {
                "call": "adria-twilio:CA0001",
                "partner": "adria",
                "agent": "1007",
                "started_at": "2026-03-02T09:05:00Z",
                "amount": 1,
                "href": "/api/v1/calls/adria-twilio:CA0001",
            },
        ],
        "next": None,
        "before": 0,
        "total": 1,
        "count": 1,
        "as_of": {"evidence": "18233.18102.17990.18341"},
    },
    304,
    403,
    422,
)

CHANGES = answers(
    "What moved the figure.",
    {
        "label": "Sales reported",
        "unit": "count",
        "kpi": {
            "key": "sales_reported",
            "label": "Sales reported",
            "unit": "count",
            "formula": "sales that the telephony reports",
        },
        "since": "2026-03-03T00:00:00Z",
        "then": 11,
        "now": 12,
        "change": 1,
        "unmoved": 0,
        "items": [
            {
                "call": "adria-twilio:CA0001",
                "partner": "adria",
                "then": 0,
                "now": 1,
                "change": 1,
                "arrived": [
                    {
                        "key": "CA0001 sale",
                        "received_at": "2026-03-03T06:12:00Z",
                        "at": "2026-03-02T09:09:42Z",
                        "kinds": ["SaleRecorded"],
                        "verdict": "accepted",
                        "backfill": True,
                    }
                ],
                "href": "/api/v1/calls/adria-twilio:CA0001",
            }
        ],
        "next": None,
        "as_of": {"evidence": "18233.18102.17990.18341"},
    },
    304,
    403,
    422,
)

KPIS = answers(
    "Every definition.",
    {
        "items": [
            {
                "key": "conversion",
                "label": "Conversion",
                "unit": "per_contact",
                "better": "up",
                "defined_by": "the contract",
                "note": "Sales reported by the telephony. One contact may bring several sales.",
                "formula": "sales / contacts",
                "default": "contacts",
                "variants": [{"name": "contacts", "formula": "sales / contacts"}],
            }
        ],
        "next": None,
    },
    304,
)

CALLS = answers("One page of calls.", {"items": [_CALL], "next": None}, 304, 403, 422)

CALL = answers(
    "The call's timeline.",
    _CALL
    | {
        "observations": [
            {
                "kind": "CallStarted",
                "at": "2026-03-02T09:05:00Z",
                "call": "CA0001",
                "customer": "cus_5f0c1d",
                "data": {"direction": "inbound", "phase": "ringing"},
                "items": ["CA0001:ringing"],
            }
        ],
        "facts": {"started": {"type": "CallStarted", "call": "adria-twilio:CA0001", "offered": True, "dialed": False}},
        "items": [
            {
                "key": "CA0001:ringing",
                "verdict": "accepted",
                "reason": None,
                "delivery": "01JNB7",
                "index": 0,
                "received_at": "2026-03-02T09:05:00.412Z",
                "settings_revision": 3,
                "delivery_href": "/api/v1/deliveries/01JNB7",
                "raw_href": "/api/v1/calls/adria-twilio:CA0001/items/CA0001%3Aringing/raw",
            }
        ],
    },
    304,
    404,
)

RAW = answers(
    "What the platform sent.",
    {
        "key": "CA0001:ringing",
        "received_at": "2026-03-02T09:05:00.412Z",
        "context": {"content_type": "application/x-www-form-urlencoded"},
        "text": "CallSid=CA0001&CallStatus=ringing",
    },
    403,
    404,
    410,
)

DELIVERY = answers(
    "The delivery.",
    {
        "delivery": "01JNB7",
        "source": "adria-twilio",
        "received_at": "2026-03-02T09:05:00.412Z",
        "of": 1,
        "verdict": "accepted",
        "reason": None,
        "items": [{"index": 0, "verdict": "accepted", "reason": None}],
    },
    304,
    404,
)

INTAKE = answers(
    "The counts.",
    {
        "source": "adria-twilio",
        "schemes": ["twilio-signature"],
        "credentials": ["crd_5c1d20a94f7e83b6d0215e7a"],
        "last_received_at": "2026-03-02T21:14:03Z",
        "counts": {
            "received": 5210,
            "accepted": 4980,
            "duplicate": 201,
            "stale": 3,
            "ignored": 25,
            "unknown": 1,
            "invalid": 0,
        },
    },
    304,
    404,
    422,
)

UNMAPPED = answers(
    "What waits.",
    {
        "items": [
            {
                "map": "dispositions",
                "code": "CALLBK2",
                "count": 17,
                "first_seen": "2026-03-02T09:14:00Z",
                "last_seen": "2026-03-04T16:02:11Z",
                "example": "adria-twilio:CA0007",
            }
        ],
        "next": None,
        "complete": True,
    },
    304,
    404,
)

REPROCESSED = answers(
    "Appended.",
    {"revision": 4, "documents": 17, "items": 61, "complete": True},
    403,
    404,
    422,
    status=202,
)

TRIED = answers(
    "What would come of it.",
    {
        "source": "adria-native.sandbox",
        "revision": 1,
        "deliveries": [
            {
                "n": 0,
                "authentic": True,
                "verdict": "accepted",
                "reason": None,
                "reply": None,
                "items": [
                    {
                        "n": 0,
                        "index": 0,
                        "document": "call:c-1",
                        "key": "https://dialler.adria.example e-1",
                        "verdict": "accepted",
                        "reason": None,
                    }
                ],
            }
        ],
        "observations": [],
        "calls": [],
        "facts": [],
        "not_understood": {"items": [], "codes": [{"map": "dispositions", "code": "CALLBK2"}]},
        "checks": [{"check": "start", "text": "A call begins, with its time.", "required": True, "passed": True}],
    },
    404,
    422,
)

HEALTH = answers(
    "How well it delivers.",
    {
        "source": "adria-twilio",
        "at": "2026-03-04T16:40:00Z",
        "days": 7,
        "latest": {
            "received_at": "2026-03-04T16:39:58Z",
            "kinds": {"CallEnded": "2026-03-04T16:39:57Z", "CallStarted": "2026-03-04T16:39:41Z"},
        },
        "rate": {"hour": "2026-03-04T15:00:00Z", "items": 412, "usual": 398.5},
        "items": {
            "received": 5210,
            "accepted": 4980,
            "duplicate": 201,
            "stale": 3,
            "ignored": 25,
            "unknown": 1,
            "invalid": 0,
        },
        "duplicate_share": 0.0386,
        "refused": {"foreign_network": 2, "not_authentic": 14},
        "dead_letters": {"waiting": 1, "causes": {"the body is not valid JSON": 1}},
        "lag": {"items": 4980, "median_s": 1, "p95_s": 3, "flag": None},
        "gaps": {"calls": 200, "missing_start": 1, "no_end": 0, "missing_numbers": 2},
        "undecided": {"codes": 1, "count": 17, "complete": True},
    },
    304,
    404,
    422,
)
