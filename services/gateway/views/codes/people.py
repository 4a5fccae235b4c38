"""The words for codes of training, quality, coaching and rotas."""

from __future__ import annotations

from collections.abc import Mapping

from services.gateway.views.words import _

PANELS: Mapping[str, str] = {"inbound": _("Calls in"), "outbound": _("Calls out")}
SESSION_STATES: Mapping[str, str] = {"planned": _("Planned"), "held": _("Held"), "cancelled": _("Cancelled")}
SAMPLE_REASONS: Mapping[str, str] = {
    "random": _("At random"),
    "stratum": _("By agent and result"),
    "very_short": _("Very short"),
    "very_long": _("Very long"),
    "cancelled_sale": _("Sale cancelled"),
}
EVALUATION_STATES: Mapping[str, str] = {
    "to_do": _("To evaluate"),
    "waiting": _("Waits for the other side"),
    "recorded": _("In the open"),
    "disputed": _("Disputed"),
}
SIDES: Mapping[str, str] = {"company": _("The company"), "partner": _("The partner")}
AGREEMENT_VERDICTS: Mapping[str, str] = {
    "reliable": _("Reliable"),
    "tentative": _("Tentative"),
    "unreliable": _("Not reliable"),
    "no_variation": _("No two answers differ"),
    "too_few": _("Too few calls"),
}
PANEL_STEPS: Mapping[str, str] = {
    "call": _("The call"),
    "script": _("Script"),
    "customer": _("Customer"),
    "offers": _("Offers"),
    "order": _("Order"),
    "payment": _("Payment"),
    "address": _("Address"),
    "survey": _("Survey"),
    "result": _("Result"),
    "hot_lead": _("Hot lead"),
}
TALK_OUTCOMES: Mapping[str, str] = {
    "helped": _("The agent was helped"),
    "step_is_wrong": _("The step itself is wrong"),
    "no_problem": _("There was no problem"),
}
PARTIES: Mapping[str, str] = {**SIDES, "agent": _("The agent")}
COACHING_PROBLEMS: Mapping[str, str] = {
    "opening": _("Opening"),
    "needs": _("Finding the need"),
    "product_knowledge": _("Knowing the product"),
    "objections": _("Objections"),
    "closing": _("Closing"),
    "upsell": _("Upsell"),
    "language": _("Language"),
    "tools": _("Tools"),
    "manners": _("Manners"),
    "other": _("Other"),
}
COACHING_APPROACHES: Mapping[str, str] = {
    "listening_in": _("Listening in"),
    "call_review": _("Review of calls"),
    "role_play": _("Role play"),
    "script_training": _("Training of the script"),
    "product_training": _("Training of the product"),
    "buddy": _("A colleague beside"),
    "other": _("Other"),
}
COACHING_STATES: Mapping[str, str] = {"running": _("Running"), "measured": _("Measured"), "withdrawn": _("Withdrawn")}
EFFECTS: Mapping[str, str] = {
    "improved": _("improved"),
    "no_effect_seen": _("no effect seen"),
    "worse": _("got worse"),
    "too_few": _("too little to tell"),
}
"""Of one coaching."""
WHAT_WORKED: Mapping[str, str] = {
    "works": _("works"),
    "no_effect_seen": _("no effect seen"),
    "makes_worse": _("makes worse"),
}
"""Of several coachings together."""
STRUGGLES: Mapping[str, str] = {
    "failed": _("Makes a mistake at the step"),
    "slow": _("Takes long for the step"),
    "back": _("Comes back to the step"),
    "abandoned": _("Leaves the step unfinished"),
}
CANDIDATE_STAGES: Mapping[str, str] = {
    "applied": _("Applied"),
    "screened": _("Screened"),
    "interviewed": _("Interviewed"),
    "tested": _("Tested"),
    "offered": _("Offer made"),
    "hired": _("Hired"),
    "rejected": _("Rejected"),
    "withdrawn": _("Withdrawn"),
}
IDEA_SUBJECTS: Mapping[str, str] = {
    "panel": _("The panel"),
    "sales_text": _("What is said"),
    "data": _("Data to collect"),
}
IDEA_STATUSES: Mapping[str, str] = {
    "proposed": _("Proposed"),
    "considered": _("Being considered"),
    "planned": _("Planned"),
    "declined": _("Declined"),
    "shipped": _("Came true"),
}
ROTA_RULES: Mapping[str, str] = {
    "shift_lengths": _("the lengths of shifts"),
    "starts": _("when shifts may begin"),
    "rest": _("the rest between two shifts"),
    "week": _("the hours of a week"),
    "days_off": _("the days off"),
    "away": _("the days on which people are away"),
    "people": _("the people"),
}
QUESTIONS: Mapping[str, str] = {
    "understood": _("I understood what it was about."),
    "useful": _("It helps me in my calls."),
    "pace": _("The pace was right."),
    "questions": _("My questions were answered."),
}
"""Of the feedback on a live session."""
