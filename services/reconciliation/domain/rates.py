"""Rates of a month's days: how many units of a currency are one euro."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

import msgspec

from services.reconciliation.events.economics import RateTold
from shared.contracts.terms.values import CURRENCIES, exact
from shared.kernel import Command, Decider, Rejected, said
from shared.names import Currency, Month

Units = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,8})?$(?!\n)")]
BASE = "EUR"


class TellRate(Command, frozen=True, kw_only=True):
    """Say how many units of a currency were one euro on a day of the month, and who says so; telling it anew corrects
    it. 409 `unknown_currency`, `base_currency`, `not_positive`, `other_month`."""

    month: Month
    currency: Currency
    units: Units
    day: date
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    at: datetime
    by: str


@dataclass(frozen=True)
class Rates:
    """The last that was told, by currency and day."""

    told: Mapping[tuple[str, date], RateTold] = field(default_factory=dict)


def decide(command: TellRate, state: Rates) -> list[RateTold]:
    """The same again is a repeat."""
    if command.currency == BASE:
        raise Rejected("base_currency", "One euro is one euro.")
    if command.currency not in CURRENCIES:
        raise Rejected("unknown_currency", f"Nobody pays in {command.currency}.")
    if exact(command.units) <= 0:
        raise Rejected("not_positive", "One euro is more than nothing.")
    if command.day.isoformat()[:7] != command.month:
        raise Rejected("other_month", f"{command.day} is not in {command.month}.")
    known = state.told.get((command.currency, command.day))
    if known is not None and (exact(known.units), known.source) == (exact(command.units), command.source):
        return []
    return [said(RateTold, command)]


def evolve(state: Rates, event: RateTold) -> Rates:
    """The last one counts."""
    return Rates({**state.told, (event.currency, event.day): event})


rates = Decider("rates", RateTold, Rates(), decide, evolve)
