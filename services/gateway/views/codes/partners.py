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
GATE_CONDITIONS: Mapping[str, str] = {
    "contact_named": _("Somebody at the partner is named, with a way to reach them."),
    "owner_assigned": _("One of us is responsible for the partner."),
    "evaluated": _("The evaluation is decided in favour of the partner."),
    "contract_signed": _("A contract is signed by both sides and not ended."),
    "transition_planned": _("There is a transition plan with somebody accountable."),
    "source_conformant": _("A telephony source has passed every required conformance check."),
    "test_calls_passed": _("Every mandatory test-call scenario has passed."),
    "lines_switched": _("Every phone line of the plan is switched."),
    "no_severe_issue": _("No severe issue of the transition is open."),
    "ramp_completed": _("The last phase of the ramp has met its exit criteria."),
    "notice_given": _("Notice was given as the contract says."),
    "campaigns_stopped": _("No campaign of the partner runs."),
    "credentials_revoked": _("No credential of the partner counts any more."),
    "months_agreed": _("Every month is agreed."),
    "invoices_settled": _("Every invoice is settled."),
    "hot_leads_closed": _("No hot lead waits for an answer."),
    "tickets_closed": _("No ticket is open."),
    "data_settled": _("Customers’ data are returned or erased, with proof."),
    "archived": _("The partner’s file is archived."),
}
"""What has to hold for a partner to move on."""
RAMP_CRITERIA: Mapping[str, str] = {
    "days": _("whole days with calls: {n}, at least {least}"),
    "calls": _("calls: {n}, at least {least}"),
    "answered": _("answered of offered: {n} of {of}, at least {share}"),
    "reached": _("reached of dialled: {n} of {of}, at least {share}"),
    "sound": _("calls without a sound end: {n} of {of}, at most {share}"),
    "learning_unknown": _("nothing is told yet of how new agents learn, at least {share} of earlier ones’ sales"),
    "learning": _(
        "new agents’ sales: {sales} of {n} contacts, where {earlier} earlier ones would have made {expected}; at least"
        " {share} of those (until {until}: {verdict})"
    ),
}
LEARNING_VERDICTS: Mapping[str, str] = {
    "ahead": _("ahead"),
    "as_the_earlier": _("as the earlier ones"),
    "behind": _("behind"),
    "too_few": _("too little to tell"),
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
