"""Any table of any page as a file: read from the page, so that it holds what its reader sees and nothing else."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser

from services.gateway.pages.tables import FORMS, Cell, Form
from services.gateway.views.words import UNKNOWN
from shared.http import not_found

PARAMETER = "file"
"""Of a page's address: which of its tables, and as what, such as `tickets.csv`."""
TOLD = frozenset({PARAMETER, "said", "wrong"})
"""What of an address is no part of what the page shows."""
_CONTROLS = frozenset({"form", "button", "select", "input", "textarea", "progress", "details"})
_VOID = frozenset({"input", "br", "img", "hr", "wbr"})
_FIGURE = re.compile(r"-?\d+(\.\d+)?")


def asked(value: str) -> tuple[str, Form]:
    """Which table, and in which form. 404 where there is no such form."""
    table, _dot, form = value.rpartition(".")
    known = next((one for one in FORMS if one == form), None)
    if known is None or not table:
        raise not_found("form")
    return table, known


def table_of(html: str, table: str) -> tuple[list[str], list[list[Cell]]]:
    """The heading and the rows of the table with this id. 404 where the page has none: nothing is in it just now."""
    reader = _Reader(table)
    reader.feed(html)
    if not reader.found:
        raise not_found("table")
    acts = {
        place
        for place in range(len(reader.heading))
        if place in reader.controls and all(not row[place] for row in reader.rows if place < len(row))
    }
    heading = [text for place, text in enumerate(reader.heading) if place not in acts]
    return heading, [[cell for place, cell in enumerate(row) if place not in acts] for row in reader.rows]


class _Reader(HTMLParser):
    """Of one table: the last row of its heading and the rows of its body. What can be pressed or filled in is no part
    of a table, and sums below it are made anew."""

    def __init__(self, table: str) -> None:
        super().__init__(convert_charrefs=True)
        self._table = table
        self._open = False
        self._part = ""
        self._left_out = 0
        self._cell: list[str] | None = None
        self._is_figure = False
        self._spans = 1
        self._row: list[Cell] = []
        self.found = False
        self.heading: list[str] = []
        self.rows: list[list[Cell]] = []
        self.controls: set[int] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "table" and given.get("id") == self._table:
            self._open = self.found = True
        elif not self._open:
            return
        elif tag in ("thead", "tbody", "tfoot"):
            self._part = tag
        elif tag == "tr":
            self._row = []
        elif tag in ("th", "td"):
            self._cell, self._is_figure = [], "n" in (given.get("class") or "").split()
            self._spans = int(given.get("colspan") or 1)
        elif self._left_out or _is_control(tag, given) or given.get("aria-hidden") == "true":
            if _is_control(tag, given) and self._part == "tbody":
                self.controls.add(len(self._row))
            self._left_out += tag not in _VOID
        elif tag in ("li", "p", "br", "small", "div") and self._cell:
            self._cell.append(" ")

    def handle_data(self, data: str) -> None:
        if self._open and self._cell is not None and not self._left_out:
            self._cell.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not self._open:
            return
        if tag == "table":
            self._open = False
        elif self._left_out:
            self._left_out -= tag not in _VOID
        elif tag in ("th", "td") and self._cell is not None:
            text = " ".join("".join(self._cell).split())
            self._row += [value_of(text, self._is_figure), *[None] * (self._spans - 1)]
            self._cell = None
        elif tag == "tr" and self._part == "thead":
            self.heading = [str(cell or "") for cell in self._row]
        elif tag == "tr" and self._part == "tbody":
            self.rows.append(self._row)


def _is_control(tag: str, given: dict[str, str | None]) -> bool:
    return tag in _CONTROLS or (tag == "a" and "button" in (given.get("class") or "").split())


def value_of(text: str, is_figure: bool) -> Cell:
    """What a cell says: a figure is a number where it is one, and what is not known is nothing."""
    if text in ("", UNKNOWN):
        return None
    return Decimal(text) if is_figure and _FIGURE.fullmatch(text) else text
