"""What each simulated platform can say, and the words that it has for results and states."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_CODES = {
    "SALE": "sale",
    "CALLBK": "callback",
    "NI": "not_interested",
    "NA": "no_answer",
    "B": "busy",
    "A": "answering_machine",
    "DNC": "do_not_call",
    "WRONG": "wrong_number",
    "INFO": "information_given",
    "XFER": "transferred",
}
_SPELT = {
    "sale": "sale",
    "callback": "callback",
    "not interested": "not_interested",
    "do not call": "do_not_call",
    "wrong number": "wrong_number",
    "information": "information_given",
}


@dataclass(frozen=True)
class Platform:
    """A kind of contact-centre software.

    `step_ms` is the resolution of its times of calls. `outbound`, `holds`, `results` and `second_legs` say whether it
    tells of dialled calls, holds, dispositions and sales, and of the agent who takes a transferred call.
    `unreached_results`: also calls that reached nobody get a disposition. `corrections`: a result may change later.
    `detects_machines`: it tells when a machine took a dialled call.
    """

    scheme: str
    dispositions: dict[str, str]
    agent_states: dict[str, str]
    step_ms: int = 1
    outbound: bool = True
    holds: bool = True
    results: bool = True
    unreached_results: bool = True
    second_legs: bool = True
    corrections: bool = True
    detects_machines: bool = True
    options: dict[str, Any] = field(default_factory=dict)


_OWN_WORDS = ("available", "on_call", "wrap_up", "break", "meal", "training", "offline")

PLATFORMS: dict[str, Platform] = {
    "native": Platform(
        scheme="standard-webhooks",
        dispositions=_CODES,
        agent_states={word: word for word in _OWN_WORDS},
    ),
    "twilio": Platform(
        scheme="twilio-signature",
        dispositions=_SPELT,
        agent_states={
            "Available": "available",
            "Reserved": "on_call",
            "Wrap Up": "wrap_up",
            "Break": "break",
            "Lunch": "meal",
            "Training": "training",
            "Offline": "offline",
        },
        step_ms=1000,
        holds=False,
        unreached_results=False,
        corrections=False,
    ),
    "amazon-connect": Platform(
        scheme="bearer",
        dispositions=_CODES,
        agent_states={
            "Available": "available",
            "Break": "break",
            "Lunch": "meal",
            "Training": "training",
            "Offline": "offline",
        },
        step_ms=1000,
        detects_machines=False,
        options={
            "attributes": {
                "disposition": "disposition",
                "order_ref": "order_ref",
                "order_sku": "order_sku",
                "order_quantity": "order_qty",
                "order_amount": "order_amount",
                "order_currency": "order_currency",
                "campaign": "campaign",
            }
        },
    ),
    "asterisk": Platform(
        scheme="bearer",
        dispositions={},
        agent_states={
            "added": "available",
            "unpaused": "available",
            "paused": "break",
            "paused:acw": "wrap_up",
            "paused:lunch": "meal",
            "paused:training": "training",
            "removed": "offline",
        },
        outbound=False,
        results=False,
        unreached_results=False,
        second_legs=False,
        corrections=False,
        options={"trunk_channels": ["PJSIP/trunk-a"]},
    ),
}
