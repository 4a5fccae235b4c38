"""What is rated: the calls, sales, cancellations, agent hours and figures of a month, and what was paid before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated

import msgspec

from shared.contracts.terms.pricing import CallDirection
from shared.contracts.terms.sheet import TermSheet
from shared.contracts.terms.values import Count, Minor


class NotRatable(ValueError):
    """The usage contradicts itself; nothing is worked out. `field` names the place."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.detail = detail


class CallUsage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A call, or `count` calls that are alike. `id` is unique; `at`: its start, UTC; times are in seconds.

    `offered`, `answered`, `handled` (to the end), `contact` (a human who can talk was reached): what it counts as.
    """

    id: str
    at: datetime
    direction: CallDirection = "inbound"
    campaign: str | None = None
    talk_seconds: Count = 0
    hold_seconds: Count = 0
    wrap_seconds: Count = 0
    offered: bool = True
    answered: bool = True
    handled: bool = True
    contact: bool = True
    count: Count = 1


class SaleUsage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A sale, or `count` sales that are alike. `id` is unique; `at`: when it was sold, UTC; `amount_minor`: the value
    of one, minor units of `currency`."""

    id: str
    at: datetime
    amount_minor: Minor = 0
    currency: str
    campaign: str | None = None
    count: Count = 1


class Cancellation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sale was cancelled, returned or never paid. `sale`: its id; `on`: the day, in the contract's zone."""

    sale: str
    on: date


class AgentUsage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A stay of an agent in one state, or `count` stays that are alike. `at`: its start, UTC."""

    agent: str
    at: datetime
    state: str
    seconds: Count
    campaign: str | None = None
    count: Count = 1


HOT_LEADS = "hot_leads"
"""The figure of hot leads: those that were taken over in time, of all whose deadline has decided."""


class Figure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A figure as two sums. `name`: of a service level, or `conversion`, `quality`, `hot_leads`; `window`: which day or
    week of the month, where it is measured by those."""

    name: str
    numerator: Annotated[int, msgspec.Meta(ge=0, le=10**12)]
    denominator: Annotated[int, msgspec.Meta(ge=0, le=10**12)]
    window: str = ""


class Commission(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What was paid for a sale: an entry of the claw-back ledger. `sale`: its id; `component`: by which it was paid;
    `sold_on`: the day; `minor`: minor units; `within_days`: of a cancellation, for it to be deducted; `clawed_back`:
    deducted already, in an earlier month."""

    sale: str
    component: str
    sold_on: date
    minor: Minor
    within_days: Count
    clawed_back: bool = False


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A month's usage. `seats`: how many were there, by component (else: as agreed); `ledger`: what was paid for sales
    of earlier months."""

    calls: Sequence[CallUsage] = ()
    sales: Sequence[SaleUsage] = ()
    cancellations: Sequence[Cancellation] = ()
    agents: Sequence[AgentUsage] = ()
    figures: Sequence[Figure] = ()
    seats: Mapping[str, Count] = {}
    ledger: Sequence[Commission] = ()


class Version(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terms from a day on, until the next version. `ends`: the last day, where the contract ends before that."""

    number: int
    starts: date
    ends: date | None = None
    terms: TermSheet
