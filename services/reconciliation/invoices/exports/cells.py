"""Amounts in cells of CSV files: they stay numbers."""

from __future__ import annotations

from decimal import Decimal

from services.reconciliation.invoices.amounts import digits_of, major


def amount(minor: int, currency: str, mark: str = ".") -> str:
    """Minor units as a number with the digits of its currency and no thousands marks; negative ones begin with a minus,
    and are no formulas."""
    number: Decimal = major(minor, currency)
    return f"{number:.{digits_of(currency)}f}".replace(".", mark)
