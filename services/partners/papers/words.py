"""What the protocols say of each code in a sentence: dispositions, outcomes, agent states, and moves without a gate."""

from __future__ import annotations

from collections.abc import Mapping

from shared.contracts.calls import Outcome
from shared.contracts.partners import Stage

FREE_MOVES: Mapping[tuple[Stage, Stage], str] = {
    ("contacted", "evaluating"): "Nothing is asked for: whom we have spoken to, we may look at more closely.",
}
"""The rule of each way forward that has no condition."""

DISPOSITIONS: Mapping[str, str] = {
    "sale": "The customer bought.",
    "sale_upsell": "The customer bought more, or something dearer, than what the call was for.",
    "sale_cross_sell": "The customer bought something else beside what the call was for.",
    "sale_continuity": "The customer took a plan that goes on by itself.",
    "order_changed": "An order that was there already was changed.",
    "not_interested": "The customer said no, and not why.",
    "refused_price": "The customer said no because of the price.",
    "refused_has_it": "The customer said no because they have it already.",
    "refused_trust": "The customer said no because they do not trust the offer or us.",
    "refused_timing": "The customer said no for now.",
    "refused_competitor": "The customer said no because they buy elsewhere.",
    "callback": "The customer is to be called again, by anybody.",
    "callback_personal": "The customer is to be called again by the same agent.",
    "thinking": "The customer wants to think about it; nothing was agreed.",
    "information_given": "The customer was told or sent what they wanted to know.",
    "hot_handover": "The customer wants to buy now and was handed over to our own people.",
    "order_question": "A question about an order was answered.",
    "complaint": "A complaint was taken.",
    "cancel_saved": "The customer wanted to cancel and stayed.",
    "cancel_done": "The customer cancelled.",
    "payment": "The call was about a payment.",
    "no_answer": "Nobody answered.",
    "busy": "The line was busy.",
    "answering_machine": "A machine answered, and nothing was said to it.",
    "voicemail_left": "A machine answered, and a message was left.",
    "network_failure": "The network did not put the call through.",
    "wrong_number": "Somebody else answered.",
    "disconnected": "The number is out of use.",
    "fax": "A fax answered.",
    "duplicate": "The record stands twice.",
    "wrong_language": "The customer speaks a language that nobody on the campaign does.",
    "deceased": "The customer has died.",
    "do_not_call": "The customer may not be called again, by wish or by law.",
    "minor": "The customer is too young to buy.",
    "recording_refused": "The customer did not want the call to be recorded.",
    "abandoned": "The customer gave up before an agent answered.",
    "dropped_by_dialler": "A human answered, and the dialler had no agent.",
    "dropped_in_call": "The call broke off.",
    "technical_failure": "Something technical failed.",
    "out_of_hours": "The call came outside the hours of service.",
    "test_call": "A test; it counts in no figure of performance.",
    "training_call": "A call for training.",
    "transferred": "The call went on with somebody else, who says how it ended.",
    "other": "The partner's code is not mapped yet; it waits in a list until somebody does.",
}
"""Every canonical disposition."""

OUTCOMES: Mapping[Outcome, str] = {
    "answered": "An agent, or on a dialled call somebody, answered.",
    "machine": "A machine answered a dialled call.",
    "completed": "The call was carried to its end.",
    "transferred": "The call was handed on.",
    "abandoned": "The customer hung up while waiting for an agent.",
    "no-answer": "Nobody answered a dialled call.",
    "busy": "The dialled number was busy.",
    "failed": "The call could not be put through.",
    "canceled": "The call was given up before anybody could answer.",
    "out-of-hours": "The call came outside the hours of service.",
}
"""Every outcome of a call."""

AGENT_STATES: Mapping[str, str] = {
    "available": "Ready for a call.",
    "ringing": "A call is being offered.",
    "on_call": "Talking with a customer.",
    "hold": "In a call, with the customer on hold.",
    "wrap_up": "Working on what a call left to do.",
    "not_responding": "A call was offered and not taken.",
    "break": "On a break.",
    "meal": "Eating.",
    "available_off_queue": "Logged in, but calls are not offered.",
    "training": "In a training.",
    "meeting": "In a meeting.",
    "coaching": "Being coached.",
    "technical": "Kept from work by technical trouble.",
    "other": "In a state of the platform's that is not mapped yet.",
    "offline": "Not logged in.",
}
"""Every canonical agent state."""
