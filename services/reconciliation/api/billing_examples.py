"""What the routes of billing and invoices answer, for the OpenAPI document."""

from __future__ import annotations

from shared.http import Responses, answers

ACCEPTED = {"stream": "invoice-adria:2026-0031", "version": 2}
_RATING = {
    "month": "2026-03",
    "currency": "EUR",
    "net": 1742400,
    "vat": 0,
    "gross": 1742400,
    "lines": [{"kind": "per_minute", "component": "talk", "clause": "§ 4.1", "quantity": "31680", "amount": 1742400}],
}
BILLING = answers("The billing.", {"partner_id": "adria", "described": {"contract_reference": "C-7"}}, 404)
ACCOUNT = answers(
    "The account.",
    {
        "partner_id": "adria",
        "confirmed": None,
        "named": {"partner_id": "adria", "iban": "HR1210010051863000160", "source": "letter of 2026-03-01"},
        "called_back": None,
        "refused": None,
    },
    304,
    404,
)
PREDICTION = answers("The price.", {"month_id": "adria:2026-03", "agreed": True, "rating": _RATING}, 404, 409)
_PROTOCOL = {
    "partner_id": "adria",
    "month": "2026-03",
    "number": "2026-0031",
    "verdict": "passed",
    "findings": [{"check": "rate", "outcome": "passed"}],
}
TAKEN_IN = answers("Taken in and checked.", _PROTOCOL, 403, 404, 409, 422, status=201)
CHECKED = answers("Checked.", ACCEPTED, 403, 404, 409, status=202)
INVOICES = answers("A page of invoices.", {"items": [{"invoice_id": "adria:2026-0031", "status": "approved"}]}, 422)
INVOICE = answers("The invoice.", {"invoice_id": "adria:2026-0031", "status": "checked", "open_minor": 1742400}, 404)
LINES = answers(
    "The lines.",
    {
        "currency": "EUR",
        "lines": [
            {
                "component": "talk",
                "clause": "4.1",
                "version": 1,
                "rates": ["55"],
                "expected_minor": 1742400,
                "invoiced_minor": 1900800,
                "difference_minor": 158400,
            }
        ],
        "expected_minor": 1742400,
        "invoiced_minor": 1900800,
        "difference_minor": 158400,
    },
    404,
    409,
)
PROTOCOL = answers("The protocol.", _PROTOCOL, 404)
_DELIVERY = {
    "id": "msg_5f0c3a7be1d24c0f9a6e8b7d1c2f3a4b",
    "standing": "delivered",
    "attempts": [{"at": "2026-04-09T08:00:00Z", "seconds": 0.2, "status": 204}],
}
DELIVERY = answers("The message and its attempts.", _DELIVERY, 403, 404)
DELIVERED_AGAIN = answers("It is sent once more.", _DELIVERY | {"standing": "waiting"}, 403, 404, 409, status=202)
FILE: Responses = {
    200: {"description": "The file.", "content": {"application/octet-stream": {"example": "<Invoice>...</Invoice>"}}},
    404: {"description": "There is none, or none that the caller may see."},
}
EXPORT: Responses = {
    200: {"description": "The file.", "content": {"text/csv": {"example": "date,account,contra,tax_code,net"}}},
    404: {"description": "There is no such form, or no invoice that the caller may see."},
    409: {"description": "The rules say no; the code in the problem document says which."},
}
