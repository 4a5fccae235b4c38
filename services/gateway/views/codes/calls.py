"""The words for codes of calls, their results, and the selling around them."""

from __future__ import annotations

from collections.abc import Mapping

from services.gateway.views.words import _

CALL_STATES: Mapping[str, str] = {
    "waiting": _("Waiting"),
    "in_progress": _("In progress"),
    "ended": _("Ended"),
    "no_end": _("No end came"),
    "unclear": _("Not clear"),
}
CALL_FACTS: Mapping[str, str] = {
    "CallStarted": _("The call began"),
    "CallAnswered": _("Somebody answered"),
    "CallHeld": _("Put on hold"),
    "CallResumed": _("Taken from hold"),
    "CallTransferred": _("Passed on"),
    "CallEnded": _("It ended"),
    "CallDispositioned": _("The result was told"),
    "SaleRecorded": _("A sale was told"),
    "AgentStateChanged": _("The agent’s state changed"),
}
RESULT_GROUPS: Mapping[str, str] = {
    "sale": _("Sale"),
    "refusal": _("Refusal"),
    "open": _("Left open"),
    "service": _("Service"),
    "not_reached": _("Not reached"),
    "bad_data": _("Wrong data"),
    "legal": _("Legal"),
}
RESULTS: Mapping[str, str] = {
    "sale": _("Sale"),
    "sale_upsell": _("Sale with upsell"),
    "sale_cross_sell": _("Sale with cross-sell"),
    "sale_continuity": _("Sale of repeat shipments"),
    "order_changed": _("Order changed"),
    "not_interested": _("Not interested"),
    "refused_price": _("Too expensive"),
    "refused_has_it": _("Has it already"),
    "refused_trust": _("No trust"),
    "refused_timing": _("Not now"),
    "refused_competitor": _("Buys elsewhere"),
    "callback": _("Call back, anybody"),
    "callback_personal": _("Call back, myself"),
    "thinking": _("Thinks about it"),
    "do_not_call": _("Never call again"),
    "no_answer": _("No answer"),
    "busy": _("Busy"),
    "answering_machine": _("Answering machine"),
    "voicemail_left": _("Message left"),
    "wrong_number": _("Wrong number"),
    "disconnected": _("Number is dead"),
    "information_given": _("Information given"),
    "hot_handover": _("Handed over hot"),
    "order_question": _("Question about an order"),
    "complaint": _("Complaint"),
    "cancel_saved": _("Cancellation turned round"),
    "cancel_done": _("Order cancelled"),
    "payment": _("About a payment"),
    "network_failure": _("Network failed"),
    "fax": _("Fax machine"),
    "duplicate": _("Customer is there twice"),
    "wrong_language": _("No common language"),
    "deceased": _("Deceased"),
    "minor": _("Under age"),
    "recording_refused": _("Recording refused"),
    "abandoned": _("Gave up waiting"),
    "dropped_by_dialler": _("Dropped by the dialler"),
    "dropped_in_call": _("Cut off in the call"),
    "technical_failure": _("Technical failure"),
    "out_of_hours": _("Out of hours"),
    "test_call": _("Test call"),
    "training_call": _("Training call"),
    "transferred": _("Passed on"),
    "other": _("Other"),
}
OUTCOMES: Mapping[str, str] = {
    "answered": _("answered"),
    "machine": _("a machine answered"),
    "completed": _("completed"),
    "transferred": _("passed on"),
    "abandoned": _("given up"),
    "no-answer": _("no answer"),
    "busy": _("busy"),
    "failed": _("failed"),
    "canceled": _("broken off"),
    "out-of-hours": _("out of hours"),
}
"""How a call ended for the telephony; what came of it is its result."""
CALL_DIRECTIONS: Mapping[str, str] = {
    "inbound": _("Calls in"),
    "outbound": _("Calls out"),
    "unknown": _("Not known"),
}
ITEM_VERDICTS: Mapping[str, str] = {
    "accepted": _("taken"),
    "duplicate": _("had it already"),
    "stale": _("older than what is known"),
    "ignored": _("says nothing new"),
    "unknown": _("of a kind not known"),
    "invalid": _("can’t be read"),
}
SCRIPT_KINDS: Mapping[str, str] = {
    "script": _("Script"),
    "survey": _("Survey"),
    "answers": _("Answers to objections"),
}
HANDOVER_POINTS: Mapping[str, str] = {
    "ready_to_buy": _("Ready to buy"),
    "large_order": _("Large order"),
    "asks_price": _("Asks for a price"),
    "asks_terms": _("Asks for terms"),
    "compares_offers": _("Compares offers"),
    "existing_customer": _("Customer of ours"),
    "needs_expert": _("Needs an expert"),
    "wants_callback": _("Wants to be called back"),
    "other_language": _("Speaks another language"),
    "complaint_risk": _("May complain"),
}
"""What matters about a customer who is handed over, by the codes of the contract."""
LOST_REASONS: Mapping[str, str] = {
    "not_reached": _("Not reached"),
    "changed_mind": _("Changed their mind"),
    "price": _("Too expensive"),
    "not_qualified": _("Not the right customer"),
    "disconnected": _("Cut off"),
    "other": _("Other"),
}
HANDOVER_OUTCOMES: Mapping[str, str] = {"done": _("Done"), "lost": _("Lost")}
ORDER_STATES: Mapping[str, str] = {
    "placed": _("Placed"),
    "cancelled": _("Cancelled"),
    "partly_returned": _("Came back in part"),
    "returned": _("Came back"),
}
PAYMENT_STATES: Mapping[str, str] = {
    "pending": _("Not paid yet"),
    "authorised": _("Authorised"),
    "paid": _("Paid"),
    "failed": _("Failed"),
    "refunded": _("Paid back"),
    "charged_back": _("Charged back"),
}
FULFILMENT_STATES: Mapping[str, str] = {
    "pending": _("Not sent yet"),
    "accepted": _("Accepted"),
    "packed": _("Packed"),
    "shipped": _("On the way"),
    "delivered": _("Delivered"),
    "returned": _("Came back"),
    "lost": _("Lost on the way"),
}
LINE_KINDS: Mapping[str, str] = {
    "main": _("Main product"),
    "upsell": _("Upsell"),
    "cross_sell": _("Cross-sell"),
    "continuity": _("Repeat shipment"),
}
RECORDING_KINDS: Mapping[str, str] = {"recording": _("Recording"), "transcript": _("Transcript")}
WORK_OWNERS: Mapping[str, str] = {"partner": _("The partner"), "company": _("The company")}
WORK_KINDS: Mapping[str, str] = {
    "no_result": _("Call without a result"),
    "sale_without_order": _("Sale without an order"),
    "order_without_call": _("Order without a call"),
    "outside_hours": _("Call outside the contract’s hours"),
    "sale_uncertified": _("Sale by an agent not certified"),
}
CAMPAIGN_STATES: Mapping[str, str] = {
    "planned": _("Planned"),
    "running": _("Running"),
    "paused": _("Paused"),
    "ended": _("Ended"),
}
GOAL_PACES: Mapping[str, str] = {
    "not_started": _("Not started"),
    "on_pace": _("On pace"),
    "behind": _("Behind"),
    "reached": _("Reached"),
    "missed": _("Missed"),
}
GOAL_MEASURES: Mapping[str, str] = {"orders": _("orders"), "pieces": _("pieces"), "net_revenue": _("net revenue")}
PAY_SOURCES: Mapping[str, str] = {
    "order": _("Order"),
    "line": _("Line"),
    "tier": _("Tier"),
    "cap": _("Cap"),
    "claw_back": _("Claw-back"),
    "hourly": _("Hours"),
    "pool": _("Team pool"),
    "minimum": _("Minimum"),
    "correction": _("Correction"),
}
NODE_KINDS: Mapping[str, str] = {
    "text": _("Text"),
    "question": _("Question with answers"),
    "offer": _("Offer of a product"),
    "input": _("Question of a survey"),
    "disposition": _("End, with a result"),
}
IMPORT_KINDS: Mapping[str, str] = {
    "leads": _("Leads"),
    "customers": _("Customers"),
    "orders": _("Past orders"),
    "do_not_call": _("Not to be called"),
}
IMPORT_STANDINGS: Mapping[str, str] = {
    "waiting": _("Waits for its turn"),
    "running": _("Is being taken in"),
    "done": _("Taken in"),
    "failed": _("Failed"),
}
IMPORT_CAUSES: Mapping[str, str] = {
    "given_up": _("It was begun too often and came to no end"),
    "not_kept": _("The file is not there any more"),
    "destroyed": _("The key of its month was destroyed"),
    "columns_wrong": _("Its columns are not understood"),
    "file_empty": _("The file has no row"),
    "file_damaged": _("The file can’t be read"),
    "file_too_large": _("The file is too large"),
    "too_many_rows": _("The file has too many rows"),
    "too_many_columns": _("The file has too many columns"),
    "unknown_list": _("The list is not there any more"),
}
IMPORT_FIELDS: Mapping[str, str] = {
    "number": _("Telephone"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "name": _("Name"),
    "street": _("Street"),
    "postal_code": _("Postal code"),
    "city": _("City"),
    "region": _("Region"),
    "country": _("Country"),
    "email": _("E-mail"),
    "language": _("Language"),
    "notes": _("Notes"),
    "priority": _("Priority"),
    "zone": _("Time zone"),
    "added_on": _("A lead since"),
    "order": _("Order"),
    "ordered_on": _("Ordered on"),
    "sku": _("Product"),
    "quantity": _("Pieces"),
    "amount": _("Amount"),
    "currency": _("Currency"),
}
IMPORT_REASONS: Mapping[str, str] = {
    "a formula": _("a formula"),
    "no country of ISO 3166": _("no country of ISO 3166"),
    "no e-mail address": _("no e-mail address"),
    "too long": _("too long"),
    "no number of an order": _("no number of an order"),
    "no number of pieces": _("no number of pieces"),
    "an amount needs a currency of ISO 4217": _("an amount needs a currency of ISO 4217"),
    "no number": _("no number"),
    "no telephone number of": _("no telephone number of"),
    "no zone of the IANA database": _("no zone of the IANA database"),
    "a whole number up to": _("a whole number up to"),
    "no day such as 2026-03-02 or 2.3.2026": _("no day such as 2026-03-02 or 2.3.2026"),
    "no amount of": _("no amount of"),
}
"""Some go on with what they speak of."""
