"""The one table of canonical dispositions and agent states, and the bounds of waits: the same wherever they count."""

from __future__ import annotations

from typing import Literal

import msgspec

Flag = Literal[
    "human_answered", "sale", "dnc", "customer_contact", "not_interested", "unworkable", "scheduled_callback",
    "completed", "answering_machine",
]  # fmt: skip
DisplayGroup = Literal["available", "on_call", "wrap_up", "paused", "offline"]
Billable = Literal["yes", "capped", "contract", "no"]

OTHER = "other"

WAIT_BOUNDS_S = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300)
"""Upper bounds of the histograms of waits in seconds, each inclusive; one more bucket takes what is longer. A service
level is known for these only."""


class Disposition(msgspec.Struct, frozen=True):
    """A result of a call. `code` is what events carry; `group.leaf` is its place in the tree.

    The flags mean: a human answered; it is a sale; the person may not be called again by law or by wish; the one who
    decides was spoken to; that person does not want it; the record can't be called any more; a call back was agreed;
    nothing is left to do; a machine answered.
    """

    code: str
    group: str
    leaf: str
    flags: frozenset[Flag] = frozenset()

    @property
    def path(self) -> str:
        """`group.leaf`."""
        return f"{self.group}.{self.leaf}"


class AgentState(msgspec.Struct, frozen=True):
    """A state of an agent.

    `productive`: at work on calls or ready for one. `paused`: logged in, but away from work; training, meetings and
    technical trouble are neither. `billable` is the default where the contract says nothing: `capped` is billable up
    to a limit, `contract` only where the contract says so. `display` is its group on the wallboard.
    """

    code: str
    display: DisplayGroup
    productive: bool
    paused: bool
    logged_in: bool
    billable: Billable


_SOLD: tuple[Flag, ...] = ("human_answered", "sale", "customer_contact", "completed")
_REFUSED: tuple[Flag, ...] = ("human_answered", "customer_contact", "not_interested", "completed")
_TALKED: tuple[Flag, ...] = ("human_answered", "customer_contact")
_SERVED: tuple[Flag, ...] = ("human_answered", "customer_contact", "completed")
_AGREED: tuple[Flag, ...] = ("human_answered", "customer_contact", "scheduled_callback")
_MACHINE: tuple[Flag, ...] = ("answering_machine",)
_DEAD: tuple[Flag, ...] = ("unworkable", "completed")
_DEAD_BY_HUMAN: tuple[Flag, ...] = ("human_answered", "unworkable", "completed")

_TREE: tuple[tuple[str, str, str, tuple[Flag, ...]], ...] = (
    ("sale", "sale", "new", _SOLD),
    ("sale_upsell", "sale", "upsell", _SOLD),
    ("sale_cross_sell", "sale", "cross_sell", _SOLD),
    ("sale_continuity", "sale", "continuity", _SOLD),
    ("order_changed", "sale", "changed_order", _SOLD),
    ("not_interested", "refusal", "no_reason", _REFUSED),
    ("refused_price", "refusal", "price", _REFUSED),
    ("refused_has_it", "refusal", "has_it", _REFUSED),
    ("refused_trust", "refusal", "trust", _REFUSED),
    ("refused_timing", "refusal", "timing", _REFUSED),
    ("refused_competitor", "refusal", "competitor", _REFUSED),
    ("callback", "open", "callback_any", _AGREED),
    ("callback_personal", "open", "callback_personal", _AGREED),
    ("thinking", "open", "thinking", _TALKED),
    ("information_given", "open", "sent_info", _TALKED),
    ("hot_handover", "open", "hot_hand_over", _TALKED),
    ("order_question", "service", "order_question", _SERVED),
    ("complaint", "service", "complaint", _SERVED),
    ("cancel_saved", "service", "cancel_saved", _SERVED),
    ("cancel_done", "service", "cancel_done", _SERVED),
    ("payment", "service", "payment", _SERVED),
    ("no_answer", "not_reached", "no_answer", ()),
    ("busy", "not_reached", "busy", ()),
    ("answering_machine", "not_reached", "machine", _MACHINE),
    ("voicemail_left", "not_reached", "voicemail_left", _MACHINE),
    ("network_failure", "not_reached", "network", ()),
    ("wrong_number", "bad_data", "wrong_number", _DEAD_BY_HUMAN),
    ("disconnected", "bad_data", "disconnected", _DEAD),
    ("fax", "bad_data", "fax", _DEAD),
    ("duplicate", "bad_data", "duplicate", _DEAD),
    ("wrong_language", "bad_data", "language", _DEAD_BY_HUMAN),
    ("deceased", "bad_data", "deceased", _DEAD_BY_HUMAN),
    ("do_not_call", "legal", "do_not_call", ("human_answered", "dnc", "customer_contact", "completed")),
    ("minor", "legal", "minor", _DEAD_BY_HUMAN),
    ("recording_refused", "legal", "recording_refused", _SERVED),
    ("abandoned", "lost", "abandoned_in_queue", ()),
    ("dropped_by_dialler", "lost", "dropped_by_dialler", ("human_answered",)),
    ("dropped_in_call", "lost", "dropped_in_call", ("human_answered",)),
    ("technical_failure", "lost", "technical", ()),
    ("out_of_hours", "lost", "out_of_hours", ()),
    ("test_call", "internal", "test_call", ("completed",)),
    ("training_call", "internal", "training", ("completed",)),
    ("transferred", "internal", "transfer", ("human_answered",)),
    (OTHER, "other", "other", ()),
)

DISPOSITIONS: dict[str, Disposition] = {
    code: Disposition(code, group, leaf, frozenset(flags)) for code, group, leaf, flags in _TREE
}
"""Every canonical disposition by its code."""

REPORT_NAMES: dict[str, str] = {
    "refused": "not_interested",
    "info": "information_given",
    # The order was cancelled afterwards; the result of the call remains a sale.
    "sale_cancelled": "sale",
}
"""Names that partners' monthly reports use beside our codes."""

_BY_ANY_NAME: dict[str, Disposition] = {
    **{row.path: row for row in DISPOSITIONS.values()},
    **{name: DISPOSITIONS[code] for name, code in REPORT_NAMES.items()},
    **DISPOSITIONS,
}

AGENT_STATES: dict[str, AgentState] = {
    row.code: row
    for row in (
        AgentState("available", "available", True, False, True, "yes"),
        AgentState("ringing", "available", True, False, True, "yes"),
        AgentState("on_call", "on_call", True, False, True, "yes"),
        AgentState("hold", "on_call", True, False, True, "yes"),
        AgentState("wrap_up", "wrap_up", True, False, True, "capped"),
        AgentState("not_responding", "paused", False, True, True, "no"),
        AgentState("break", "paused", False, True, True, "no"),
        AgentState("meal", "paused", False, True, True, "no"),
        AgentState("available_off_queue", "paused", False, True, True, "no"),
        AgentState("training", "paused", False, False, True, "contract"),
        AgentState("meeting", "paused", False, False, True, "contract"),
        AgentState("coaching", "paused", False, False, True, "contract"),
        AgentState("technical", "paused", False, False, True, "no"),
        AgentState(OTHER, "paused", False, True, True, "no"),
        AgentState("offline", "offline", False, False, False, "no"),
    )
}
"""Every canonical agent state by its code."""


def is_disposition(name: str) -> bool:
    """Whether it is the code, the `group.leaf` path or the report's name of a disposition."""
    return name in _BY_ANY_NAME


def disposition(name: str) -> Disposition:
    """The disposition of a code, a `group.leaf` path or a report's name; `other` for a name that nobody knows."""
    return _BY_ANY_NAME.get(name) or DISPOSITIONS[OTHER]


def agent_state(code: str) -> AgentState:
    """The state of a code; `other` for a code that nobody knows."""
    return AGENT_STATES.get(code) or AGENT_STATES[OTHER]
