"""Cells of files that people open in a spreadsheet: a text in one never becomes a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the begin of a formula, also in the wide forms of East Asian keyboards."""


def guarded(text: str) -> str:
    """A text that stays one: an apostrophe before what would begin a formula, no line breaks and control characters."""
    flat = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return f"'{flat}" if flat.startswith(FORMULA) else flat


def as_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as CSV, UTF-8, with CR LF, as they are: their texts have to be guarded."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()
