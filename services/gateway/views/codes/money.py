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
INVOICE_RULES: Mapping[str, str] = {
    "standard": _("The document keeps the schema and the rules of EN 16931, and the rules were seen to run."),
    "basis": _("The month of the invoice is agreed."),
    "quantity": _("Each quantity is that of the agreed report, and each line belongs to a component of the contract."),
    "rate": _("Each unit price is that of the contract’s version on the day of service, in the tier that was reached."),
    "terms": _("Minimum, cap, bonus, malus and fees paid once are there with their amounts, and nothing else is."),
    "clawback": _("Sales that were cancelled are deducted exactly once."),
    "total": _("The net total is the predicted one; a small difference is paid and posted apart."),
    "arithmetic": _("Lines, taxes and totals add up."),
    "vat": _("Category and rate of the tax are those of the contract, with all that reverse charge asks for."),
    "vat_id": _("VAT identifiers have the form and the check digits of their countries."),
    "currency": _("The currency is that of the contract."),
    "duplicate": _("It did not come before: not under this number, not for this amount and period, not as this file."),
    "period": _("No accepted invoice covers a day of its period for the same component."),
    "bank_account": _("The account is valid, and the one that was confirmed."),
    "parties": _("Seller, buyer and contract are those of the contract."),
    "credit_note": _("A credit note names an invoice that was accepted, and all credits of it do not exceed it."),
    "dates": _("It is issued after the end of its period, and due when the contract says."),
}
"""What each check holds an invoice to."""
SETTLEMENTS: Mapping[str, str] = {
    "withdrawn": _("We were wrong"),
    "credited": _("A credit note came"),
    "replaced": _("Another invoice came"),
}
REPORT_RESULTS: Mapping[str, str] = {
    "no_answer": _("No answer"),
    "refused": _("Refusal"),
    "callback": _("To be called back"),
    "info": _("Information given"),
    "wrong_number": _("Wrong number"),
    "sale": _("Sale"),
    "sale_cancelled": _("Sale cancelled"),
}
"""The results of calls that reports are read by."""
MONTH_STEPS: Mapping[str, str] = {
    "compared": _("lines: {lines}, calls: {calls}"),
    "attributed": _("{group}, {party}: {reason}"),
    "asked": _("lines: {lines}, until {due}"),
    "accepted": _("{groups} by {who}"),
    "agreed": _("by the contract’s clause"),
}
"""What there is to a step of a month's history; what has no words here is a name, or somebody's own words."""
RUN_PHASES: Mapping[str, str] = {
    "waiting": _("waits"),
    "gather": _("our events are gathered"),
    "read": _("the report is read"),
    "replay": _("our events are replayed"),
    "pair": _("lines and calls are paired"),
    "explain": _("causes are looked for"),
    "keep": _("the result is kept"),
    "done": _("done"),
}
REMARK_REASONS: Mapping[str, str] = {
    "unreadable": _("can’t be read"),
    "rounded": _("rounded"),
    "unknown": _("not known"),
}
PROFILE_PARTS: Mapping[str, str] = {
    "container": _("Kind of file"),
    "encoding": _("Encoding"),
    "separator": _("Separator"),
    "several_sheets": _("Several sheets"),
    "date_order": _("Order of dates"),
    "twelve_hour": _("Times of twelve hours"),
    "time_resolution_s": _("Times in steps of seconds"),
    "decimal": _("Decimal mark"),
    "duration_unit": _("Durations in"),
    "phone_form": _("Telephone numbers"),
    "currency": _("Currency"),
    "column": _("Column"),
    "order of columns": _("Order of columns"),
    "disposition": _("Result"),
}
"""What of a report is not as its layout says."""
PROOF_FIELDS: Mapping[str, str] = {
    "agent": _("Agent"),
    "campaign": _("Campaign"),
    "hour": _("Hour"),
    "sku": _("Product"),
    "direction": _("Direction"),
    "status": _("State of the sale"),
    "outcome": _("Result"),
    "day_sheet": _("Sheet"),
}
"""What calls and lines have in common that differ by one cause."""
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
