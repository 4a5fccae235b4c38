"""A report as rows that can be changed, and written again as the same kind of file."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import xlsxwriter

from services.reconciliation.matching.encodings import decoded
from services.reconciliation.matching.files import Limits, kind_of
from services.reconciliation.matching.layout import header_with
from services.reconciliation.matching.profile import Profile
from services.reconciliation.matching.sheets import Sheet, text_grid
from services.reconciliation.matching.table import places_of
from services.reconciliation.matching.workbook import workbook_grid

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 wall clocks have no zone
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}:\d{2})?")
_CLOCK = re.compile(r"(\d+):(\d{2}):(\d{2})")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?")
_FORMULA = re.compile(r"\s*[=@]|\s*[+\-]\s*[^\d\s(]|[\t\r]")
_SHOWN = {"moment": "yyyy-mm-dd hh:mm:ss", "day": "yyyy-mm-dd", "clock": "[hh]:mm:ss"}


class Cell(NamedTuple):
    """What is read in a cell; `number`: a workbook holds it as a number, whatever it is shown as."""

    text: str
    number: bool = False


EMPTY = Cell("")


@dataclass(frozen=True)
class Row:
    """A row; `line`: the id by which the report names it, empty where it is new."""

    line: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Page:
    """One table. `header`: the place of the row of labels, `top` of the first that belongs to it (groups stand above);
    `places`: in which column each field stands. A page without a table has no `places`."""

    name: str
    rows: tuple[Row, ...]
    header: int = -1
    top: int = -1
    places: dict[str, int] = field(default_factory=dict)
    formats: dict[int, int | str] = field(default_factory=dict)
    merged: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True)
class Book:
    """A file. `quoted`: every cell stands in quotation marks; `opening`: Excel's hint on the separator."""

    container: str
    pages: tuple[Page, ...]
    encoding: str = ""
    separator: str = ""
    quoted: bool = False
    newline: str = "\r\n"
    opening: str = ""


def book_of(data: bytes, profile: Profile) -> Book:
    """The report as it was sent. Rejected as a report is that can't be read."""
    limits = Limits()
    if kind_of(data, limits) == "workbook":
        grid = workbook_grid(data, limits)
        return Book("xlsx", tuple(_page(sheet, profile) for sheet in grid.sheets))
    encoding = profile.encoding or None
    grid = text_grid(data, limits, encoding, profile.separator or None)
    text, _ = decoded(data, grid.encoding)
    lines = text.splitlines()[:200]
    opening = lines[0] if lines and lines[0].lower().startswith("sep=") else ""
    full = [line for line in lines if grid.separator in line and line != opening]
    quoted = bool(full) and sum(line.startswith('"') and line.endswith('"') for line in full) > len(full) / 2
    return Book(
        "csv",
        tuple(_page(sheet, profile) for sheet in grid.sheets),
        grid.encoding,
        grid.separator,
        quoted,
        "\r\n" if "\r\n" in text else "\n",
        opening,
    )


def _page(sheet: Sheet, profile: Profile) -> Page:
    ids = sheet.line_ids().to_list()
    native = sheet.native.rows() if sheet.native is not None else None
    rows = []
    for place, cells in enumerate(sheet.text.iter_rows()):
        numbers = native[place] if native is not None else (False,) * len(cells)
        rows.append(
            Row(ids[place], tuple(Cell(cell or "", bool(number)) for cell, number in zip(cells, numbers, strict=True)))
        )
    header = header_with(sheet, profile.columns)
    if header is None:
        return Page(sheet.name, tuple(rows), formats=sheet.formats)
    grouped = any(header.groups) and header.last > 0
    of_line = dict(zip(sheet.lines, ids, strict=True))
    merged = tuple(
        (of_line[top], left, right) for top, left, bottom, right in sheet.merged if top == bottom and top in of_line
    )
    return Page(
        sheet.name,
        tuple(rows),
        header.last,
        header.last - 1 if grouped else header.last,
        places_of(header, profile.columns),
        sheet.formats,
        merged,
    )


def bytes_of(book: Book) -> bytes:
    """The file. Texts never become formulas; a character that its encoding lacks loses its accent."""
    return _workbook(book) if book.container == "xlsx" else _text(book)


def _text(book: Book) -> bytes:
    out = io.StringIO(newline="")
    if book.opening:
        out.write(book.opening + book.newline)
    writer = csv.writer(
        out,
        delimiter=book.separator,
        lineterminator=book.newline,
        quoting=csv.QUOTE_ALL if book.quoted else csv.QUOTE_MINIMAL,
    )
    for page in book.pages:
        for row in page.rows:
            writer.writerow([encodable(guarded(cell.text), book.encoding) for cell in row.cells])
    return out.getvalue().encode(book.encoding)


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula. A number behind its plus or minus is none, and stays usable."""
    return f"'{text}" if _FORMULA.match(text) else text


def encodable(text: str, encoding: str) -> str:
    """The text, or what is left of it in an encoding that has not all of its letters."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plain = unicodedata.normalize("NFKD", text.replace("→", "->"))
        return "".join(c for c in plain if not unicodedata.combining(c)).encode("ascii", "replace").decode()
    return text


def _workbook(book: Book) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as file:
        file.set_properties({"created": _EPOCH})
        shapes: dict[int | str, object] = {}
        for page in book.pages:
            sheet = file.add_worksheet(page.name)
            spans = {line: (left, right) for line, left, right in page.merged}
            for at, row in enumerate(page.rows):
                if row.line in spans:
                    left, right = spans[row.line]
                    sheet.merge_range(at, left, at, right, row.cells[left].text)
                for column, cell in enumerate(row.cells):
                    number = _number_of(cell)
                    if not cell.text or (row.line in spans and column == spans[row.line][0]):
                        continue
                    if number is None:
                        sheet.write_string(at, column, cell.text)
                        continue
                    code = _format_of(page.formats.get(column, 0), cell.text)
                    if code not in shapes:
                        shapes[code] = file.add_format({"num_format": code})
                    sheet.write_number(at, column, number, shapes[code])
    return target.getvalue()


def _number_of(cell: Cell) -> float | int | None:
    if not cell.number:
        return None
    if _DAY.fullmatch(cell.text):
        return (datetime.fromisoformat(cell.text) - _EPOCH) / timedelta(days=1)
    clock = _CLOCK.fullmatch(cell.text)
    if clock is not None:
        h, m, s = (int(part) for part in clock.groups())
        return (h * 3600 + m * 60 + s) / 86_400
    if _NUMBER.fullmatch(cell.text):
        return float(cell.text) if "." in cell.text else int(cell.text)
    return None


def _format_of(code: int | str, text: str) -> int | str:
    """The column's own format, unless that would show a moment as a bare number."""
    if code not in (0, "", "General"):
        return code
    if _DAY.fullmatch(text):
        return _SHOWN["moment" if " " in text else "day"]
    return _SHOWN["clock"] if _CLOCK.fullmatch(text) else 0
