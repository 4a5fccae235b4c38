"""Files of rows, CSV and XLSX, as texts: read once, under limits, and no formula is ever worked out.

XLSX is read from its XML: the first sheet that is seen, row by row; digits stay digits, and a formula is marked.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from shared.kernel import Rejected
from shared.workbooks import DAMAGED, Handler, Relations, Strings, fed

MOST_ROWS = 500_000
MOST_COLUMNS = 200
MOST_CELLS = 8_000_000
MOST_IN_CELL = 5_000
MOST_UNPACKED = 400 << 20
"""Bytes of a workbook's parts."""
MOST_RATIO = 200
RATIO_FROM = 1 << 20
CHUNK = 1 << 16
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""
_NUMBER = re.compile(r"[-+]?[0-9 ()/.,:%-]*[0-9][0-9 ()/.,:%-]*")


class Row(NamedTuple):
    """A line of the file (from 1), its cells as texts, and the places of cells that are formulas."""

    line: int
    cells: list[str]
    formulas: frozenset[int] = frozenset()


def rows_of(content: bytes, encoding: str | None = None) -> Iterator[Row]:
    """The rows that are not empty.

    Rejected with `file_empty`, `file_damaged`, `file_too_large`, `too_many_rows`, `too_many_columns`.
    """
    found = _limited(_workbook(content) if content.startswith(b"PK\x03\x04") else _text(content, encoding))
    first = next(found, None)
    if first is None:
        raise Rejected("file_empty", "The file has no row.")
    yield first
    yield from found


def looks_like_formula(cell: str) -> bool:
    """Whether a spreadsheet would compute the cell; a number with a sign is a number."""
    return cell.startswith(FORMULA) and not _NUMBER.fullmatch(cell)


def neutral(cell: str) -> str:
    """The cell so that a spreadsheet shows it and computes nothing."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _limited(rows: Iterator[Row]) -> Iterator[Row]:
    cells = 0
    for number, row in enumerate(rows, 1):
        cells += len(row.cells)
        if number > MOST_ROWS or cells > MOST_CELLS:
            raise Rejected("too_many_rows", f"At most {MOST_ROWS} rows with {MOST_CELLS} cells are read.")
        if len(row.cells) > MOST_COLUMNS:
            raise Rejected("too_many_columns", f"Line {row.line} has {len(row.cells)} cells; at most {MOST_COLUMNS}.")
        if any(len(cell) > MOST_IN_CELL for cell in row.cells):
            raise Rejected("file_too_large", f"Line {row.line} has a cell of more than {MOST_IN_CELL} characters.")
        yield row


# CSV


def _text(content: bytes, encoding: str | None) -> Iterator[Row]:
    text = _decoded(content, encoding)
    head = text.split("\n", 1)[0]
    separator = max(",;\t|", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 0
    try:
        for cells in reader:
            begins, line = line + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                cells = [cell.strip() for cell in cells]
                formulas = frozenset(at for at, cell in enumerate(cells) if looks_like_formula(cell))
                yield Row(begins, cells, formulas)
    except csv.Error as wrong:
        raise Rejected("file_damaged", f"It is no CSV near line {reader.line_num}: {wrong}.") from None


def _decoded(content: bytes, encoding: str | None) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    elif encoding is not None:
        encodings = (encoding,)
    else:
        # What is not UTF-8 comes from the programs of Central Europe.
        encodings = ("utf-8-sig", "cp1250")
    for one in encodings:
        try:
            text = content.decode(one).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise Rejected("file_damaged", "The file is neither XLSX nor text of a known encoding.")


# XLSX


def _workbook(content: bytes) -> Iterator[Row]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = _Parts(archive)
            book = _Book()
            parts.parse("xl/workbook.xml", book)
            relations = Relations()
            parts.parse("xl/_rels/workbook.xml.rels", relations)
            strings = Strings(MOST_CELLS, "too_many_rows")
            if "xl/sharedStrings.xml" in parts.names:
                parts.parse("xl/sharedStrings.xml", strings)
            sheet = next((part for one in book.sheets if (part := relations.parts.get(one)) in parts.names), None)
            if sheet is None:
                raise Rejected("file_empty", "The workbook has no sheet that is seen.")
            yield from parts.rows(sheet, _Cells(strings.texts))
    except DAMAGED as broken:
        raise Rejected("file_damaged", f"The workbook can't be unpacked: {broken}.") from None


class _Parts:
    """The parts of a workbook, unpacked piece by piece under the limits."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._unpacked = 0
        self.names = frozenset(archive.namelist())

    def parse(self, part: str, handler: Handler) -> None:
        """The whole part."""
        for _ in fed(part, self._chunks(part), handler):
            pass

    def rows(self, part: str, cells: _Cells) -> Iterator[Row]:
        """The sheet's rows, as they are read."""
        for _ in fed(part, self._chunks(part), cells):
            yield from cells.taken()

    def _chunks(self, part: str) -> Iterator[bytes]:
        if part not in self.names:
            raise Rejected("file_damaged", f"The workbook has no part {part}.")
        entry, own = self._archive.getinfo(part), 0
        with self._archive.open(entry) as opened:
            while chunk := opened.read(CHUNK):
                own += len(chunk)
                self._unpacked += len(chunk)
                packed = max(1, entry.compress_size)
                if self._unpacked > MOST_UNPACKED or (own > RATIO_FROM and own > MOST_RATIO * packed):
                    raise Rejected("file_too_large", "Unpacked, the workbook is too large.")
                yield chunk


class _Book(Handler):
    """The relations of the sheets that are seen, in their order."""

    def __init__(self) -> None:
        self.sheets: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet" and attributes.get("state", "visible") == "visible":
            self.sheets += [value for key, value in attributes.items() if key.rpartition(":")[2] == "id"]


class _Cells(Handler):
    """The rows of a sheet. A cell stands where its reference says, else behind the one before it."""

    def __init__(self, strings: list[str]) -> None:
        self._strings = strings
        self._rows: list[Row] = []
        self._line = 0
        self._cells: list[str] = []
        self._formulas: set[int] = set()
        self._at, self._kind = -1, ""
        self._parts: list[str] = []
        self._inside = False

    def taken(self) -> list[Row]:
        """The rows that are whole."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "row":
                self._line = int(attributes.get("r") or self._line + 1)
                self._cells, self._formulas, self._at = [], set(), -1
            case "c":
                self._at = _column(attributes["r"]) if "r" in attributes else self._at + 1
                if self._at >= MOST_COLUMNS:
                    raise Rejected("too_many_columns", f"Line {self._line} has more than {MOST_COLUMNS} cells.")
                self._kind, self._parts = attributes.get("t", "n"), []
            case "f":
                self._formulas.add(self._at)
            case "v" | "t":
                self._inside = True
            case _:
                pass

    def end(self, name: str) -> None:
        match name:
            case "v" | "t":
                self._inside = False
            case "c":
                self._cells += [""] * (self._at + 1 - len(self._cells))
                self._cells[self._at] = self._shown("".join(self._parts)).strip()
                if looks_like_formula(self._cells[self._at]):
                    self._formulas.add(self._at)
            case "row":
                if any(self._cells):
                    self._rows.append(Row(self._line, self._cells, frozenset(self._formulas)))
            case _:
                pass

    def text(self, data: str) -> None:
        if self._inside:
            self._parts.append(data)

    def _shown(self, text: str) -> str:
        if self._kind == "s":
            place = int(text or -1)
            if not 0 <= place < len(self._strings):
                raise Rejected("file_damaged", f"Line {self._line} names a text that is not there.")
            return self._strings[place]
        if self._kind != "n" or text.isdigit():
            return text
        try:
            number = Decimal(text)
        except InvalidOperation:
            return text
        # 3.85912345667E+11 is a number of twelve digits.
        short = number.is_finite() and abs(number.adjusted()) < 30
        return f"{number.normalize():f}" if short else text


def _column(reference: str) -> int:
    """`AB12` is column 27, counted from 0. Columns beyond what is read count as the first of those."""
    column = 0
    for letter in reference[:4]:
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - ord("A") + 1
    if column == 0:
        raise Rejected("file_damaged", "A cell says no column.")
    return column - 1
