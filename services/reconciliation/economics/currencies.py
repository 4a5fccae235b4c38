"""Amounts from one currency to another, by the rates of days: never without one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction

import msgspec

from services.reconciliation.events.economics import RateTold
from shared.contracts.terms.values import CURRENCIES

BASE = "EUR"
OLDEST = timedelta(days=31)
"""A rate that is older says nothing of the day any more."""


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """`units` of the currency were one euro on a day, as `source` says."""

    currency: str
    units: str
    day: date
    source: str


class Rates:
    """The rates that were told, by currency and day."""

    def __init__(self, told: Iterable[RateTold]) -> None:
        self._told: dict[str, dict[date, RateTold]] = {}
        for one in told:
            self._told.setdefault(one.currency, {})[one.day] = one

    def on(self, currency: str, day: date) -> Quote | None:
        """The last rate until a day; None where there is none or it is older than `OLDEST`."""
        known: Mapping[date, RateTold] = self._told.get(currency, {})
        days = [each for each in known if day - OLDEST <= each <= day]
        if not days:
            return None
        told = known[max(days)]
        return Quote(currency=currency, units=told.units, day=told.day, source=told.source)

    def factor(self, currency: str, into: str, day: date) -> Fraction | None:
        """Minor units of `into` for one minor unit of `currency`; None where a rate is missing."""
        if currency == into:
            return Fraction(1)
        units = [self._units(each, day) for each in (currency, into)]
        if units[0] is None or units[1] is None:
            return None
        return units[1] / units[0] * Fraction(10) ** (CURRENCIES.get(into, 2) - CURRENCIES.get(currency, 2))

    def missing(self, currency: str, into: str, day: date) -> set[str]:
        """The currencies without which the one can't be turned into the other."""
        return set() if currency == into else {each for each in (currency, into) if self._units(each, day) is None}

    def _units(self, currency: str, day: date) -> Fraction | None:
        if currency == BASE:
            return Fraction(1)
        found = self.on(currency, day)
        return None if found is None else Fraction(found.units)
