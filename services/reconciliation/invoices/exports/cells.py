"""Cells of CSV files that people open in a spreadsheet: texts can't become formulas, amounts stay numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from services.reconciliation.invoices.amounts import digits_of, major

FORMULA = frozenset("=+-@|%＝＋－＠")
"""What a spreadsheet takes for the begin of a formula, also in the wide forms of East Asian keyboards."""


def guarded(text: str) -> str:
    """A text that stays one: an apostrophe before what would begin a formula, no line breaks and control characters."""
    flat = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return f"'{flat}" if flat[:1] in FORMULA else flat


def amount(minor: int, currency: str, mark: str = ".") -> str:
    """Minor units as a number with the digits of its currency and no thousands marks; negative ones begin with a minus,
    and are no formulas."""
    number: Decimal = major(minor, currency)
    return f"{number:.{digits_of(currency)}f}".replace(".", mark)


def table(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as CSV, UTF-8, with CR LF."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()
