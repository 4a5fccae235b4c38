"""Cells of CSV files that people open in a spreadsheet: texts can't become formulas, amounts stay numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from services.reconciliation.invoices.amounts import digits_of, major
from shared.cells import FORMULA, guarded

__all__ = ["FORMULA", "amount", "guarded", "table"]


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
