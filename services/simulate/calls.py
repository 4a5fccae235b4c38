"""What really happens at a partner in one day: the truth that deliveries report, and that tests compare with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from services.simulate.company import Agent, Campaign
from shared.kernel import Money

State = Literal["available", "on_call", "wrap_up", "break", "meal", "training", "offline"]
Reason = Literal["completed", "abandoned", "no-answer", "busy", "failed"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(ms: int) -> datetime:
    """A time in UTC from epoch milliseconds."""
    return _EPOCH + timedelta(milliseconds=ms)


class Sale(msgspec.Struct, frozen=True):
    """What was ordered in a call."""

    order_ref: str
    sku: str
    quantity: int
    amount: Money


class Leg(msgspec.Struct):
    """One agent's part. Times are epoch milliseconds in UTC. `disposition` is canonical; None when none is given.

    `handed_over` is set when the leg ended by a transfer: blind or warm, to the next leg or, if there is none, to
    `handed_to` outside. `corrected` is a later change of the disposition: when, and to what.
    """

    agent: Agent
    answered: int
    ended: int = 0
    holds: tuple[tuple[int, int], ...] = ()
    wrapped: int = 0
    disposition: str | None = None
    sale: Sale | None = None
    corrected: tuple[int, str] | None = None
    handed_over: Literal["blind", "warm"] | None = None
    handed_to: str | None = None
    handed_at: int = 0

    @property
    def hold_ms(self) -> int:
        """Time on hold."""
        return sum(until - since for since, until in self.holds)

    @property
    def talk_ms(self) -> int:
        """Connected time without hold."""
        return self.ended - self.answered - self.hold_ms

    @property
    def wrap_ms(self) -> int:
        """Work after the leg."""
        return max(0, self.wrapped - self.ended)


class Call(msgspec.Struct):
    """One call. `id` is the vendor's; times are epoch milliseconds in UTC.

    `answered_by` is None when nothing answered; a machine's answer has no leg. `result` is the disposition of a call
    that reached no human, where the platform gives one.
    """

    id: str
    source: str
    campaign: Campaign
    customer: str
    started: int
    ended: int
    reason: Reason
    ended_by: Literal["customer", "agent", "system"]
    answered: int | None = None
    answered_by: Literal["human", "machine"] | None = None
    ring_ms: int = 0
    result: str | None = None
    legs: tuple[Leg, ...] = ()

    @property
    def inbound(self) -> bool:
        """The customer called us."""
        return self.campaign.line == "inbound"

    @property
    def outcome(self) -> str:
        """`answered`, `machine`, or why nobody was reached."""
        return {"human": "answered", "machine": "machine", None: self.reason}[self.answered_by]

    @property
    def wait_ms(self) -> int:
        """From the start to the answer, or to the end when nobody answered."""
        return (self.ended if self.answered is None else self.answered) - self.started

    @property
    def talk_ms(self) -> int:
        """Connected time without hold, of all legs, or with the machine that answered."""
        if self.answered_by == "machine" and self.answered is not None:
            return self.ended - self.answered
        return sum(leg.talk_ms for leg in self.legs)

    @property
    def hold_ms(self) -> int:
        """Of all legs."""
        return sum(leg.hold_ms for leg in self.legs)

    @property
    def wrap_ms(self) -> int:
        """Of all legs."""
        return sum(leg.wrap_ms for leg in self.legs)

    @property
    def sales(self) -> list[Sale]:
        """What was sold."""
        return [leg.sale for leg in self.legs if leg.sale]

    @property
    def disposition(self) -> str | None:
        """The last one given, corrections included."""
        given = [(leg.wrapped, leg.disposition) for leg in self.legs if leg.disposition]
        given += [leg.corrected for leg in self.legs if leg.corrected]
        return max(given)[1] if given else self.result


class StateChange(msgspec.Struct, frozen=True):
    """An agent went into a state at a time (epoch milliseconds)."""

    at: int
    agent: Agent
    state: State


@dataclass(frozen=True)
class Day:
    """One partner's local day: its calls by start, and its agents' states by time."""

    calls: tuple[Call, ...]
    states: tuple[StateChange, ...]
