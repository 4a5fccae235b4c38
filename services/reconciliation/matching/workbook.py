"""XLSX workbooks as grids of texts, from the stored values themselves.

Readers of spreadsheets hand out numbers as floats, show no formulas and unpack without a limit. Here the XML is read
once, under the limits: digits stay digits, a formula is refused by its place, and only a cell's own number format
says that it is a date.
"""

from __future__ import annotations

import polars as pl

from services.reconciliation.matching.files import Archive, Limits
from services.reconciliation.matching.sheets import Cells, Grid, Sheet, frame_of
from services.reconciliation.matching.stored import date_formats, shown
from shared.kernel import Rejected
from shared.workbooks import Handler, Relations, Strings, fed

STYLED = 200
"""Lines at the top of a sheet of which is remembered how their numbers are shown."""


def workbook_grid(data: bytes, limits: Limits) -> Grid:
    """A workbook as a grid. Hidden sheets are left out and named.

    Rejected with `formula_in_cell`, `workbook_bomb`, `file_encrypted`, `file_damaged` or `too_many_columns`.
    """
    with Archive(data, limits) as archive:
        book = _Book()
        _parse(archive, "xl/workbook.xml", book)
        targets = Relations()
        _parse(archive, "xl/_rels/workbook.xml.rels", targets)
        strings = Strings(limits.cells, "workbook_bomb")
        if "xl/sharedStrings.xml" in archive.names:
            _parse(archive, "xl/sharedStrings.xml", strings)
        styles = _Styles()
        if "xl/styles.xml" in archive.names:
            _parse(archive, "xl/styles.xml", styles)
        formats = date_formats(styles.formats, styles.codes)
        sheets, hidden = [], []
        for name, relation, visible in book.sheets:
            part = targets.parts.get(relation)
            if part is None or part not in archive.names:
                continue  # a chart, which has no cells
            if not visible:
                hidden.append(name)
                continue
            cells = _Cells(name, strings.texts, formats, book.epoch_1904, limits)
            _parse(archive, part, cells)
            sheets.append(cells.sheet(styles))
        return Grid("xlsx", tuple(sheets), hidden=tuple(hidden))


def _parse(archive: Archive, part: str, handler: Handler) -> None:
    if part not in archive.names:
        raise Rejected("file_damaged", f"The workbook has no part {part}.")
    for _ in fed(part, archive.chunks(part), handler):
        pass


class _Book(Handler):
    """The names of the sheets, their relations, whether they are seen, and from when days are counted."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.epoch_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            relation = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            visible = attributes.get("state", "visible") == "visible"
            self.sheets.append((attributes.get("name", ""), relation, visible))
        elif name == "workbookPr":
            self.epoch_1904 = attributes.get("date1904") in ("1", "true")


class _Styles(Handler):
    """The number format of each cell style (`formats`), and the codes that the book itself declares."""

    def __init__(self) -> None:
        self.formats: list[int] = []
        self.codes: dict[int, str] = {}
        self._cells = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self.codes[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._cells = True
        elif name == "xf" and self._cells:
            self.formats.append(int(attributes.get("numFmtId", "0")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._cells = False

    def format_of(self, style: int) -> int | str:
        """The code of a cell style's numbers, or the number of one that every workbook has."""
        number = self.formats[style] if style < len(self.formats) else 0
        return self.codes.get(number, number)


class _Cells(Handler):
    """The cells of one sheet."""

    def __init__(self, name: str, strings: list[str], formats: list[str], epoch_1904: bool, limits: Limits) -> None:
        self._name, self._strings, self._formats = name, strings, formats
        self._epoch_1904, self._limits = epoch_1904, limits
        self._text: list[Cells] = []
        self._stored: list[Cells] = []
        self._native: list[Cells] = []
        self._lines: list[int] = []
        self._merged: list[tuple[int, int, int, int]] = []
        self._columns: dict[str, int] = {}
        self._styles: dict[int, int] = {}
        self._width, self._count, self._line, self._column = 1, 0, 0, -1
        self._row: dict[int, tuple[str, str, bool]] = {}
        self._type, self._style, self._inside, self._parts = "n", 0, False, list[str]()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            reference = attributes.get("r")
            self._column = self._column + 1 if reference is None else self._index(reference.rstrip("0123456789"))
            self._type = attributes.get("t", "n")
            style = attributes.get("s")
            self._style = int(style) if style else 0
            self._parts = []
        elif name == "v" or name == "t":
            self._inside = True
        elif name == "row":
            line = attributes.get("r")
            self._line = int(line) if line else self._line + 1
            self._column = -1
            self._row = {}
        elif name == "f":
            raise Rejected(
                "formula_in_cell",
                f"{self._name}!{_letters(self._column)}{self._line} holds a formula. Please send values only.",
            )
        elif name == "rPh":
            self._type = "sound"
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def end(self, name: str) -> None:
        if name == "v" or name == "t":
            self._inside = False
        elif name == "c":
            if self._parts:
                self._cell("".join(self._parts))
        elif name == "row" and self._row:
            self._finish()
        elif name == "rPh":
            self._type = "inlineStr"

    def text(self, data: str) -> None:
        if self._inside and self._type != "sound":
            self._parts.append(data)

    def _index(self, letters: str) -> int:
        index = self._columns.get(letters)
        if index is None:
            index = self._columns[letters] = _number(letters)
        return index

    def _cell(self, stored: str) -> None:
        self._count += 1
        if self._count > self._limits.cells:
            raise Rejected("workbook_bomb", f"{self._name} has more than {self._limits.cells} cells.")
        if self._column >= self._limits.columns:
            raise Rejected("too_many_columns", f"{self._name} has more than {self._limits.columns} columns.")
        kind = self._type
        if kind == "s":
            try:
                text = self._strings[int(stored)]
            except (ValueError, IndexError) as wrong:
                raise Rejected("file_damaged", f"{self._name}: a cell names a text that is not there.") from wrong
            cell = (text, text, False)
        elif kind == "n":
            style = self._formats[self._style] if self._style < len(self._formats) else ""
            cell = (shown(stored, style, self._epoch_1904), stored, True)
            if self._line <= STYLED:
                self._styles[self._column] = self._style
        elif kind == "b":
            cell = (("TRUE" if stored == "1" else "FALSE"), stored, False)
        else:
            cell = (stored, stored, False)
        if cell[0]:
            self._row[self._column] = cell

    def _finish(self) -> None:
        width = max(self._row) + 1
        self._width = max(self._width, width)
        text: Cells = [None] * width
        stored: Cells = [None] * width
        native: Cells = [None] * width
        for column, (seen, kept, number) in self._row.items():
            text[column], stored[column], native[column] = seen, kept, "n" if number else None
        self._text.append(text)
        self._stored.append(stored)
        self._native.append(native)
        self._lines.append(self._line)

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        corners = [_corner(corner) for corner in (first, last or first)]
        (top, left), (bottom, right) = corners
        self._merged.append((top, left, bottom, right))

    def sheet(self, styles: _Styles) -> Sheet:
        """What was read."""
        native = frame_of(self._native, self._width).select(pl.all() == "n")
        return Sheet(
            self._name,
            self._lines,
            frame_of(self._text, self._width),
            frame_of(self._stored, self._width),
            native,
            tuple(self._merged),
            {column: styles.format_of(style) for column, style in self._styles.items()},
        )


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _corner(reference: str) -> tuple[int, int]:
    letters = reference.rstrip("0123456789")
    return int(reference[len(letters) :] or 0), _number(letters)


def _number(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1
