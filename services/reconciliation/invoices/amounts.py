"""Amounts of invoices: read exactly, turned into minor units exactly, rounded as EN 16931 rounds."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

from services.reconciliation.invoices.invoice import Unreadable
from shared.contracts.terms.values import CURRENCIES

EXACT = Context(prec=100)
"""Wide enough that no sum or product of what `decimal` reads is ever rounded."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,12})?")


def decimal(text: str, place: str) -> Decimal:
    """A number as XML has it: no exponent, no words, at most 18 digits before the point and 12 behind it."""
    if not _NUMBER.fullmatch(text):
        raise Unreadable("not_a_number", f"{text[:40]!r} is not a number", place)
    return Decimal(text)


def digits_of(currency: str) -> int:
    """The digits of the currency's minor unit; two for one that is unknown."""
    return CURRENCIES.get(currency, 2)


def minor(amount: Decimal, currency: str) -> int | None:
    """Integer minor units; None where the amount has parts of a minor unit."""
    scaled = amount.scaleb(digits_of(currency), EXACT)
    whole = scaled.to_integral_value()
    return int(whole) if whole == scaled else None


def major(amount: int, currency: str) -> Decimal:
    """Minor units as an amount."""
    return Decimal(amount).scaleb(-digits_of(currency), EXACT)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To whole minor units, halves away from zero."""
    return amount.quantize(Decimal(1).scaleb(-digits_of(currency)), ROUND_HALF_UP, EXACT)
