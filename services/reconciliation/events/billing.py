"""How a partner bills, and what came back of sales that it was paid for."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from shared.kernel import Event


class Identity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A company as an invoice has to name it; `country`: ISO 3166."""

    name: str
    vat_id: str = ""
    registration: str = ""
    street: str = ""
    city: str = ""
    post_code: str = ""
    country: str = ""


class BillingDescribed(Event, frozen=True, kw_only=True):
    """Who bills whom, under which reference. `components`: what the partner calls a component, to our name of it."""

    partner_id: str
    seller: Identity
    buyer: Identity
    contract_reference: str = ""
    components: dict[str, str] = msgspec.field(default_factory=dict)
    at: datetime
    by: str


class CommissionPaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was paid for a sale of a month, minor units; deducted if it is cancelled within so many days."""

    sale: str
    component: str
    sold_on: date
    minor: int
    within_days: int


class CommissionsEntered(Event, frozen=True, kw_only=True):
    """A month's commissions stand in the ledger, and those that it deducted. A month is entered once."""

    partner_id: str
    month: str
    commissions: tuple[CommissionPaid, ...]
    clawed_back: tuple[str, ...]
    at: datetime


class SaleLost(Event, frozen=True, kw_only=True):
    """A sale was cancelled, returned or never paid."""

    partner_id: str
    sale: str
    on: date
    at: datetime
    by: str


BillingEvent = BillingDescribed | CommissionsEntered | SaleLost
