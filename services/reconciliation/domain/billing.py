"""How a partner bills, and the ledger of its commissions: what was paid for which sale, and what was taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated

import msgspec

from services.reconciliation.events.billing import (
    BillingDescribed,
    BillingEvent,
    CommissionPaid,
    CommissionsEntered,
    Identity,
    SaleLost,
)
from shared.kernel import Command, Decider, Rejected, said
from shared.names import Month, PartnerId

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class DescribeBilling(Command, frozen=True, kw_only=True):
    """Say who bills whom; it takes the place of what was said before."""

    partner_id: PartnerId
    seller: Identity
    buyer: Identity
    contract_reference: str = ""
    components: dict[str, str] = msgspec.field(default_factory=dict)
    at: datetime
    by: str


class EnterCommissions(Command, frozen=True, kw_only=True):
    """Enter what a month paid and what it deducted. A month is entered by the first invoice of it that accounting has,
    and a sale is taken back by the first month that deducts it."""

    partner_id: PartnerId
    month: Month
    commissions: tuple[CommissionPaid, ...]
    clawed_back: tuple[str, ...]
    at: datetime


class LoseSale(Command, frozen=True, kw_only=True):
    """Say that a sale was cancelled, returned or never paid. 409 `lost_already` on another day."""

    partner_id: PartnerId
    sale: Name
    on: date
    at: datetime
    by: str


BillingCommand = DescribeBilling | EnterCommissions | LoseSale


@dataclass(frozen=True)
class Billing:
    """What was said last, the months that are entered, the sales that were lost, and those that were taken back."""

    described: BillingDescribed | None = None
    months: Mapping[str, CommissionsEntered] = field(default_factory=dict)
    lost: Mapping[str, date] = field(default_factory=dict)
    taken_back: frozenset[str] = frozenset()


def decide(command: BillingCommand, state: Billing) -> list[BillingEvent]:
    """What each command leads to."""
    match command:
        case DescribeBilling():
            event = said(BillingDescribed, command)
            known = state.described
            if known is not None and event == msgspec.structs.replace(known, at=event.at, by=event.by):
                return []
            return [event]
        case EnterCommissions():
            if command.month in state.months:
                return []
            first = tuple(sale for sale in command.clawed_back if sale not in state.taken_back)
            return [said(CommissionsEntered, command, clawed_back=first)]
        case LoseSale():
            day = state.lost.get(command.sale)
            if day == command.on:
                return []
            if day is not None:
                raise Rejected("lost_already", f"The sale {command.sale} was lost on {day}.")
            return [said(SaleLost, command)]


def evolve(state: Billing, event: BillingEvent) -> Billing:
    """Nothing of the ledger is ever taken out."""
    match event:
        case BillingDescribed():
            return replace(state, described=event)
        case CommissionsEntered(month=month, clawed_back=back):
            return replace(state, months={**state.months, month: event}, taken_back=state.taken_back | set(back))
        case SaleLost(sale=sale, on=on):
            return replace(state, lost={**state.lost, sale: on})


billing = Decider("billing", BillingEvent, Billing(), decide, evolve)
