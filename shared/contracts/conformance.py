"""What each telephony platform must deliver for our figures: checks on the facts of calls that come of its deliveries.

The partners service decides by them when a source is conformant, the calls service shows them to whoever tries one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from shared.contracts.calls import (
    AgentStateChanged,
    CallAnswered,
    CallDispositioned,
    CallEnded,
    CallHeld,
    CallResumed,
    CallStarted,
    CallTransferred,
    PublicCallEvent,
    SaleRecorded,
)


@dataclass(frozen=True)
class Check:
    """Something that must be seen in a fact. `text` says it to the partner's developer."""

    name: str
    text: str
    passed: Callable[[PublicCallEvent], bool]


CHECKS: Mapping[str, Check] = {
    check.name: check
    for check in (
        Check("start", "A call begins, with its time.", lambda e: isinstance(e, CallStarted)),
        Check(
            "direction",
            "A call says whether it is inbound or outbound.",
            lambda e: isinstance(e, CallStarted) and e.direction != "unknown",
        ),
        Check(
            "campaign",
            "A call belongs to a campaign: the platform names it, or the number that was called does.",
            lambda e: isinstance(e, CallStarted) and e.campaign is not None,
        ),
        Check(
            "our_number",
            "A call names the number of ours that was called or shown.",
            lambda e: isinstance(e, CallStarted) and e.our_number is not None,
        ),
        Check(
            "customer",
            "A call names the customer's number.",
            lambda e: isinstance(e, CallStarted) and e.customer_ref is not None,
        ),
        Check("answer", "A call is answered by a human.", lambda e: isinstance(e, CallAnswered) and e.first),
        Check("agent", "An answer names the agent.", lambda e: isinstance(e, CallAnswered) and e.agent is not None),
        Check("end", "A call ends.", lambda e: isinstance(e, CallEnded) and e.scope == "call"),
        Check(
            "unanswered",
            "A call ends that nobody answered.",
            lambda e: isinstance(e, CallEnded) and e.scope == "call" and e.outcome not in ("answered", "machine"),
        ),
        Check(
            "talk",
            "An agent's part of a call ends, with its talk time.",
            lambda e: isinstance(e, CallEnded) and e.scope == "leg" and bool(e.talk_ms),
        ),
        Check("hold", "A customer is put on hold.", lambda e: isinstance(e, CallHeld)),
        Check("resume", "A customer is taken back from hold.", lambda e: isinstance(e, CallResumed)),
        Check("transfer", "A call is handed on.", lambda e: isinstance(e, CallTransferred)),
        Check(
            "disposition",
            "A call gets a result of which we have a code.",
            lambda e: isinstance(e, CallDispositioned) and e.canonical != "other",
        ),
        Check(
            "wrap",
            "A result tells how long the agent wrapped up.",
            lambda e: isinstance(e, CallDispositioned) and e.wrap_ms is not None,
        ),
        Check("sale", "A sale is reported.", lambda e: isinstance(e, SaleRecorded)),
        Check(
            "sale_amount",
            "A sale is reported with its order number and amount.",
            lambda e: isinstance(e, SaleRecorded) and e.order_ref is not None and e.amount is not None,
        ),
        Check(
            "agent_state",
            "An agent changes from one state that we know to another.",
            lambda e: isinstance(e, AgentStateChanged) and e.state != "other",
        ),
    )
}
"""Every check by its name."""

_ALWAYS = ("start", "direction", "campaign", "answer", "agent", "end", "unanswered", "disposition", "agent_state")


def _but(*names: str) -> tuple[str, ...]:
    return tuple(name for name in _ALWAYS if name not in names)


REQUIRED: Mapping[str, tuple[str, ...]] = {
    "native": (*_ALWAYS, "customer", "talk", "hold", "resume", "wrap", "sale_amount"),
    "twilio": (*_ALWAYS, "our_number", "customer", "wrap", "sale_amount"),
    "amazon-connect": (*_ALWAYS, "customer", "talk", "hold", "resume", "wrap", "sale_amount"),
    "asterisk": (*_ALWAYS, "customer", "sale"),
    "genesys-cloud": (*_but("campaign"), "our_number", "customer", "talk", "wrap", "sale"),
    "freeswitch": (*_but("agent_state"), "our_number", "customer", "talk", "hold", "resume"),
    "vicidial": (*_ALWAYS, "customer", "talk", "hold", "resume", "wrap", "sale"),
    "aircall": (*_ALWAYS, "our_number", "customer", "hold", "resume", "sale"),
    "generic-json": (*_but("agent_state"), "customer"),
    "generic-csv": (*_but("agent_state"), "customer"),
    "ringcentral": (*_but("disposition", "agent_state"), "our_number", "customer", "hold", "resume"),
}
"""By connector, what a source must have shown. Twilio and Genesys Cloud tell of no holds as they happen; of Asterisk,
results come without wrap-up and sales follow from them, since its files have neither. FreeSWITCH tells of no agents'
states, RingCentral of neither states nor results; Genesys Cloud names the campaign of outbound calls only."""

OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "native": ("our_number", "transfer"),
    "twilio": ("talk", "transfer"),
    "amazon-connect": ("our_number", "transfer"),
    "asterisk": ("our_number", "talk", "hold", "resume", "transfer"),
    "genesys-cloud": ("campaign", "transfer"),
    "freeswitch": ("transfer", "sale_amount"),
    "vicidial": ("transfer",),
    "aircall": ("talk", "transfer"),
    "generic-json": ("our_number", "talk", "hold", "resume", "transfer", "wrap", "sale", "sale_amount", "agent_state"),
    "generic-csv": ("our_number", "talk", "wrap", "sale", "sale_amount"),
    "ringcentral": ("talk", "transfer"),
}
"""By connector, what it can show beside that; figures that rest on it stay empty otherwise."""


def shown_by(event: PublicCallEvent) -> list[str]:
    """The names of the checks that the fact passes."""
    return [check.name for check in CHECKS.values() if check.passed(event)]


def checklist(connector: str, passed: Collection[str]) -> list[dict[str, Any]]:
    """The checks of a platform as people read them, the required ones first, with those that have passed."""
    return [
        {"check": name, "text": CHECKS[name].text, "required": required, "passed": name in passed}
        for required, names in ((True, REQUIRED), (False, OPTIONAL))
        for name in names.get(connector, ())
    ]
