"""The words for codes of months and invoices."""

from __future__ import annotations

from collections.abc import Mapping

from services.gateway.views.words import _

MONTH_STAGES: Mapping[str, str] = {
    "submitted": _("Report received"),
    "unreadable": _("Report can’t be read"),
    "reconciled": _("Compared"),
    "asked": _("Corrections asked for"),
    "agreed": _("Agreed"),
}
PARTY_WORDS: Mapping[str, str] = {
    "partner": _("The partner’s mistake"),
    "own": _("Our fault"),
    "explainable": _("Explained, no mistake"),
    "undetermined": _("Undetermined"),
}
KIND_WORDS: Mapping[str, str] = {
    "timezone_shift": _("Times are shifted"),
    "dst_hour": _("One hour off at the clock change"),
    "wrong_time": _("Wrong time"),
    "duration_rounding": _("Durations are rounded"),
    "wrong_duration": _("Duration differs"),
    "agent_remap": _("Agents have other codes"),
    "wrong_agent": _("Wrong agent"),
    "number_format": _("Numbers are damaged"),
    "wrong_number": _("Wrong number"),
    "decimal_mixup": _("Amounts are off by a factor"),
    "currency_mixup": _("Another currency"),
    "wrong_amount": _("Amount differs"),
    "wrong_disposition": _("Another result"),
    "cancelled_sale_counted": _("A cancelled sale is counted"),
    "sale_not_cancelled": _("A sale is cancelled on one side only"),
    "phantom_sale": _("A sale without an order"),
    "sale_not_reported": _("A sale is not reported"),
    "missing_line": _("In our events, not in the report"),
    "missing_day": _("A day is not in the report"),
    "extra_line": _("In the report, not in our events"),
    "duplicate_line": _("Reported twice"),
    "duplicate_block": _("A block is reported twice"),
    "month_boundary": _("Of the neighbouring month"),
    "unrequested_change": _("Changed without being asked"),
    "sale_missing_own": _("We show a sale too few"),
    "call_missing_own": _("We show a call too few"),
    "own_amount": _("We show another amount"),
    "own_sale_status": _("We show another state of a sale"),
    "own_sale_without_order": _("We show a sale without an order"),
    "tolerated": _("Small differences that the contract tolerates"),
}
CONFIDENCE_WORDS: Mapping[str, str] = {
    "proven": _("proven"),
    "likely": _("likely"),
    "suspected": _("suspected"),
    "undetermined": _("undetermined"),
}
INVOICE_STATES: Mapping[str, str] = {
    "received": _("Received"),
    "checked": _("Checked, waits for approval"),
    "held": _("Held"),
    "blocked": _("Blocked"),
    "rejected": _("Sent back"),
    "disputed": _("Disputed"),
    "approved": _("Approved"),
    "forwarded": _("Forwarded"),
    "paid": _("Paid"),
}
CHECK_OUTCOMES: Mapping[str, str] = {
    "skipped": _("not looked at"),
    "passed": _("passed"),
    "warn": _("warning"),
    "hold": _("holds it"),
    "reject": _("sends it back"),
    "block": _("blocks it"),
}
INVOICE_CHECKS: Mapping[str, str] = {
    "standard": _("Standard"),
    "basis": _("Month agreed"),
    "quantity": _("Quantities"),
    "rate": _("Rates"),
    "terms": _("Terms"),
    "clawback": _("Claw-back"),
    "total": _("Total"),
    "arithmetic": _("Arithmetic"),
    "vat": _("VAT"),
    "vat_id": _("VAT ids"),
    "currency": _("Currency"),
    "duplicate": _("Duplicate"),
    "period": _("Period"),
    "bank_account": _("Bank account"),
    "parties": _("Parties"),
    "credit_note": _("Credit note"),
    "dates": _("Dates"),
}
SETTLEMENTS: Mapping[str, str] = {
    "withdrawn": _("We were wrong"),
    "credited": _("A credit note came"),
    "replaced": _("Another invoice came"),
}
REPORT_FIELDS: Mapping[str, str] = {
    "ref": _("Number of the call"),
    "datetime": _("Day and time"),
    "date": _("Day"),
    "time": _("Time"),
    "phone": _("Telephone number"),
    "agent": _("Agent"),
    "duration": _("Duration"),
    "disposition": _("Result"),
    "amount": _("Amount"),
    "currency": _("Currency"),
    "campaign": _("Campaign"),
    "row_no": _("Number of the row"),
    "other": _("not read"),
}
