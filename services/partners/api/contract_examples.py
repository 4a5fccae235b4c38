"""One example answer for each route of contracts, shown in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import Responses, answers

_AT = {"at": "2026-02-20T09:30:00Z", "by": "J. Horvat"}
_SIGNER = {"name": "Marko Perić", "position": "Director", "side": "partner"}
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_DOCUMENT = {"digest": _DIGEST, "name": "contract.pdf", "media": "application/pdf", "size": 81234}
_CONTRACT: dict[str, Any] = {
    "contract_id": "adria:2026",
    "partner_id": "adria",
    "state": "signed",
    "rounds": [{"round": 1, "side": "ours", **_AT}],
    "agreed_round": 1,
    "drafts": [{"draft": 1, "source": _DIGEST, **_AT}],
    "open_deviations": 0,
    "approved": {"draft": 1, **_AT},
    "versions": [
        {
            "number": 1,
            "effective": "2026-03-01",
            "signed_on": "2026-02-25",
            "signers": [_SIGNER],
            "documents": [_DIGEST],
            "changed": [],
            "reason": "",
            **_AT,
        }
    ],
    "ended": None,
    "documents": [{**_DOCUMENT, **_AT}],
}
_TERMS = {
    "payment": {"currency": "EUR", "days": 30},
    "pricing": {"per_minute": [{"name": "talk", "tiers": [{"rate": "55"}]}]},
}
_DEVIATION = {
    "path": "pricing.per_minute[talk].next_seconds",
    "change": "changed",
    "old": 1,
    "new": 60,
    "effect": "worse",
    "cost_minor": 300080,
    "once_minor": 0,
    "accepted": None,
}
_LINE = {
    "kind": "per_minute",
    "component": "talk",
    "clause": "§ 4.1",
    "version": 1,
    "quantity": "31680",
    "unit": "minute",
    "rate": "55",
    "exact": "1742400",
    "rounding": "component half_up",
    "amount": 1742400,
}

CARRIED_OUT = answers("Carried out.", {"stream": "contract-adria:2026", "version": 3}, 403, 404, 409, 422, status=202)
CONTRACTS = answers("One page of contracts.", {"items": [_CONTRACT], "next": None}, 304, 422)
CONTRACT = answers("The contract.", _CONTRACT, 304, 404)
TERMS = answers(
    "The terms.",
    {
        "contract_id": "adria:2026",
        "on": "2026-03-02",
        "version": 1,
        "starts": "2026-03-01",
        "ends": "2027-02-28",
        "terms": _TERMS,
    },
    304,
    404,
    422,
)
DEVIATIONS = answers(
    "All of the last draft.",
    {
        "contract_id": "adria:2026",
        "draft": 1,
        "round": 1,
        "currency": "EUR",
        "month": "2026-03",
        "agreed_minor": 1742400,
        "cost_minor": 577500,
        "once_minor": 0,
        "open": 1,
        "items": [_DEVIATION],
    },
    304,
    403,
    404,
)
SHEET = answers("The terms.", {"contract_id": "adria:2026", "terms": _TERMS, **_AT}, 304, 403, 404)
DUE = answers(
    "The nearest first.",
    {
        "items": [
            {
                "contract_id": "adria:2026",
                "partner_id": "adria",
                "occasion": "notice",
                "on": "2026-12-30",
                "days": 58,
                "within": 60,
            }
        ],
        "next": None,
    },
    304,
    422,
)
RATED = answers(
    "The month's price.",
    {"month": "2026-03", "currency": "EUR", "lines": [_LINE], "net": 1742400, "vat": 0, "gross": 1742400},
    404,
    409,
    422,
)
ATTACHED = answers("Attached.", _DOCUMENT, 403, 404, 422, status=201)
DOCUMENT: Responses = {
    200: {
        "description": "The file, as an attachment.",
        "content": {"application/octet-stream": {"example": "%PDF-1.7 ..."}},
    },
    404: {"description": "There is no such document, or none that the caller may see."},
}
