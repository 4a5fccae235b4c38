"""Public events of the calls service: the facts of calls and of agents' states, each published exactly once."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.contracts.partners import Counts
from shared.kernel import Money, PublicEvent

TOPIC = "tallyline.calls"
TELEPHONY_TOPIC = "tallyline.telephony"

Direction = Literal["inbound", "outbound", "unknown"]
Outcome = Literal[
    "answered", "machine", "completed", "transferred", "abandoned", "no-answer", "busy", "failed", "canceled",
    "out-of-hours",
]  # fmt: skip
EndedBy = Literal["customer", "agent", "system", "unknown"]
LeadAge = Literal["0-1", "2-7", "8-30", "31-90", "91+"]
"""Whole days from when somebody became a lead until the call."""


class CallFact(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """What every fact of a call says.

    `call` is our id, `<source>:<the vendor's id>`. `agent` is the vendor's id of the credited agent; None is the
    campaign's "no agent" row. `at` is the vendor's time. `interval` (start of a quarter of an hour, UTC) and `day`
    (in the partner's zone) say where the fact's figures count. `test_numbers` are the names of our test numbers that
    took part: such a call counts as `test`.
    """

    call: str
    source: str
    partner: str
    direction: Direction
    at: datetime
    interval: datetime
    day: str
    campaign: str | None = None
    queue: str | None = None
    agent: str | None = None
    leg: str | None = None
    counts: Counts = "production"
    test_numbers: tuple[str, ...] = ()


class CallStarted(CallFact, frozen=True, kw_only=True, omit_defaults=True):
    """A call began. `offered`: to our agents (it counts as offered); `dialed`: an attempt of ours (it is a dial)."""

    phase: Literal["dialing", "ringing", "queued"]
    offered: bool
    dialed: bool
    customer_ref: str | None = None
    our_number: str | None = None


class CallAnswered(CallFact, frozen=True, kw_only=True, omit_defaults=True):
    """An agent or, on a dialled call, somebody or something took the call. Counts in the interval of the call's start.

    `first`: the first answer by a human; only this one carries `wait_ms`, from the start, and only this one makes the
    call answered. `offered` and `dialed` are those of the call. `lead_age`: of a first answer, how old the lead was
    for whom the call was made; None where it was made for none, or that is not known yet.
    """

    answered_by: Literal["human", "machine", "unknown"]
    first: bool
    offered: bool
    dialed: bool
    wait_ms: int | None = None
    lead_age: LeadAge | None = None


class CallHeld(CallFact, frozen=True, kw_only=True, omit_defaults=True):
    """The customer was put on hold."""


class CallResumed(CallFact, frozen=True, kw_only=True, omit_defaults=True):
    """The customer was taken back from hold."""


class CallTransferred(CallFact, frozen=True, kw_only=True, omit_defaults=True):
    """The call was handed on. Counts in the interval of its own time, when the handing leg ends."""

    mode: Literal["blind", "warm", "unknown"]
    to: str | None = None
    to_kind: Literal["agent", "queue", "extension", "contact", "unknown"] = "unknown"


class CallEnded(CallFact, frozen=True, kw_only=True, omit_defaults=True):
    """With scope leg: an agent's part is over; `talk_ms` and `hold_ms` count here, in the interval of its end.

    With scope call: the whole call is over; `outcome` counts in the interval of the call's start, and `wait_ms` is
    the wait of a call that nobody answered. `talk_ms` and `hold_ms` are None where they cannot be known.
    """

    scope: Literal["leg", "call"]
    reason: str
    ended_by: EndedBy
    outcome: Outcome | None = None
    talk_ms: int | None = None
    hold_ms: int | None = None
    wait_ms: int | None = None
    offered: bool = False
    dialed: bool = False
    flags: tuple[str, ...] = ()


class CallDispositioned(CallFact, frozen=True, kw_only=True, omit_defaults=True):
    """The result of a leg, by the vendor's code and ours. Counts at its own time; `wrap_ms` at the leg's end."""

    native: str
    canonical: str
    corrected: bool = False
    wrap_ms: int | None = None
    ended_interval: datetime | None = None
    ended_day: str | None = None


class SaleRecorded(CallFact, frozen=True, kw_only=True, omit_defaults=True):
    """The telephony says that something was sold. `amount` is None where it does not say for how much. `lead_age`: as
    in the call's first answer."""

    order_ref: str | None = None
    sku: str | None = None
    quantity: int | None = None
    amount: Money | None = None
    derived_from_disposition: bool = False
    lead_age: LeadAge | None = None


class AgentStateChanged(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """An agent was in one state from `since` until `until`. Reversed when a late observation splits the interval.

    `day_zone` is the zone in which the partner's days are cut.
    """

    partner: str
    source: str
    agent: str
    state: str
    native: str
    since: datetime
    until: datetime
    day_zone: str
    reason: str | None = None
    counts: Counts = "production"


PublicCallEvent = (
    CallStarted
    | CallAnswered
    | CallHeld
    | CallResumed
    | CallTransferred
    | CallEnded
    | CallDispositioned
    | SaleRecorded
    | AgentStateChanged
)
