"""Cells of files that people open in a spreadsheet: a text in one never becomes a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the begin of a formula, also in the wide forms of East Asian keyboards."""
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def guarded(text: str) -> str:
    """A text that stays one: an apostrophe before what would begin a formula, no line breaks and control characters."""
    flat = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return f"'{flat}" if flat.startswith(FORMULA) else flat


def as_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as CSV, UTF-8, with CR LF. A text that nobody has guarded yet is; a number stays one, also as a text."""
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\r\n")
    table.writerows([_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


def _cell(cell: object) -> object:
    return guarded(cell) if isinstance(cell, str) and not _NUMBER.fullmatch(cell) else cell
