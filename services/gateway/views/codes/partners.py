"""The words for codes of partners, their contracts, transitions and tickets."""

from __future__ import annotations

from collections.abc import Mapping

from services.gateway.views.words import _

PARTNER_STAGES: Mapping[str, str] = {
    "found": _("Found"),
    "contacted": _("Contacted"),
    "evaluating": _("Evaluating"),
    "negotiating": _("Negotiating"),
    "contracted": _("Contracted"),
    "integrating": _("Integrating"),
    "testing": _("Testing"),
    "ramping": _("Ramping"),
    "live": _("Live"),
    "paused": _("Paused"),
    "ending": _("Ending"),
    "ended": _("Ended"),
    "rejected": _("Rejected"),
}
SEVERITIES: Mapping[str, str] = {"low": _("low"), "medium": _("medium"), "high": _("high"), "severe": _("severe")}
PRIORITIES: Mapping[str, str] = {"urgent": _("urgent"), "high": _("high"), "normal": _("normal"), "low": _("low")}
POLICIES: Mapping[str, str] = {
    "urgent": _("No calls can be made or taken, or customers’ data are at risk."),
    "high": _("Part of the work stands still."),
    "normal": _("Work goes on, but with trouble."),
    "low": _("A question or a wish."),
}
"""For what each priority is."""
INTERFACE_STATES: Mapping[str, str] = {
    "planned": _("planned"),
    "building": _("being built"),
    "testing": _("being tested"),
    "working": _("working"),
    "broken": _("broken"),
}
TICKET_STATES: Mapping[str, str] = {
    "open": _("Open"),
    "waiting": _("Waits for an answer"),
    "resolved": _("Resolved"),
    "merged": _("Goes on in another one"),
}
TICKET_CATEGORIES: Mapping[str, str] = {
    "telephony": _("Telephony"),
    "panel": _("Panel"),
    "campaign": _("Campaign"),
    "report": _("Report"),
    "invoice": _("Invoice"),
    "training": _("Training"),
    "data": _("Data"),
    "contract": _("Contract"),
    "other": _("Other"),
}
TICKET_LINKS: Mapping[str, str] = {
    "call": _("call"),
    "report": _("report"),
    "invoice": _("invoice"),
    "partner": _("partner"),
}
CONTRACT_STATES: Mapping[str, str] = {
    "negotiating": _("Being negotiated"),
    "agreed": _("Agreed, no draft yet"),
    "drafted": _("Draft received"),
    "approved": _("Approved, to be signed"),
    "signed": _("Signed"),
    "terminated": _("Ended by notice"),
}
DEVIATION_EFFECTS: Mapping[str, str] = {
    "worse": _("worse for us"),
    "better": _("better for us"),
    "neutral": _("neither"),
}
DEVIATION_CHANGES: Mapping[str, str] = {"changed": _("differs"), "missing": _("is missing"), "added": _("was added")}
TRANSITION_SIDES: Mapping[str, str] = {"ours": _("us"), "theirs": _("the partner"), "both": _("both sides")}
TEST_VERDICTS: Mapping[str, str] = {"waiting": _("waits for its call"), "passed": _("passed"), "failed": _("failed")}
PARTNER_WORK: Mapping[str, str] = {
    "inbound": _("Calls in"),
    "outbound_telesales": _("Selling by phone"),
    "support": _("Support"),
}
