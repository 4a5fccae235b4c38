"""A report as a grid of texts: nothing guessed, every cell as sent, every line known by its place in the file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from services.reconciliation.matching.encodings import decoded
from services.reconciliation.matching.files import Limits
from shared.kernel import Rejected

Cells = list[str | None]

SEPARATORS = (";", "\t", ",", "|")
SAMPLE_LINES = 400
CHUNK_ROWS = 50_000
"""Rows that are lists at a time: as lists they need many times their size."""
FORMULA = re.compile(r"^\s*(?:=\s*[A-Za-z0-9\"'(+\-@$]|@\s*[A-Za-z]+\s*\(|[+\-]\s*[A-Za-z]+\s*[(|])")


@dataclass(frozen=True)
class Sheet:
    """One table. `lines` are the numbers of its rows as a person sees them (first = 1); `text` has the cells to be
    read (columns c0, c1, ...; null where empty); `stored` has them as sent; `native` says which cells of a workbook
    are numbers, not texts; `merged` are ranges (top, left, bottom, right), rows as in `lines`, columns from 0;
    `formats` is how a workbook shows the numbers of a column: a code, or the number of one that each workbook has."""

    name: str
    lines: list[int]
    text: pl.DataFrame
    stored: pl.DataFrame
    native: pl.DataFrame | None = None
    merged: tuple[tuple[int, int, int, int], ...] = ()
    formats: dict[int, int | str] = field(default_factory=dict)

    def line_ids(self) -> pl.Series:
        """How each row is named to the partner: its line number, in a workbook `Sheet!row`."""
        numbers = pl.Series("line", self.lines, dtype=pl.Int64).cast(pl.String)
        return numbers if not self.name else (self.name + "!" + numbers).alias("line")


@dataclass(frozen=True)
class Grid:
    """All that a file holds: its tables, for text also the encoding and separator, and the sheets left out."""

    container: str
    sheets: tuple[Sheet, ...]
    encoding: str = ""
    separator: str = ""
    hidden: tuple[str, ...] = ()


def frame_of(rows: list[Cells], width: int) -> pl.DataFrame:
    """Rows of at most `width` cells as a frame of texts."""
    for row in rows:
        if len(row) < width:
            row.extend([None] * (width - len(row)))
    columns = zip(*rows, strict=True) if rows else [()] * width
    return pl.DataFrame([pl.Series(f"c{i}", values, dtype=pl.String) for i, values in enumerate(columns)])


def text_grid(data: bytes, limits: Limits, encoding: str | None = None, separator: str | None = None) -> Grid:
    """A text file as a grid; what is not given is detected.

    Rejected with `formula_in_cell`, `quote_not_closed`, `file_is_binary` or `encoding_unknown`, naming the place.
    """
    text, encoding = decoded(data, encoding)
    if separator is None:
        separator = separator_of(text)
    frames: list[pl.DataFrame] = []
    rows: list[Cells] = []
    numbers: list[int] = []
    width = cells = 0
    for number, row in _records(text, separator):
        if not any(row):
            continue
        rows.append([cell or None for cell in row])
        numbers.append(number)
        width = max(width, len(row))
        cells += len(row)
        if cells > limits.cells:
            raise Rejected("file_too_large", f"The file has more than {limits.cells} cells.")
        if width > limits.columns:
            raise Rejected("too_many_columns", f"Line {number} has {width} cells; at most {limits.columns} are read.")
        if len(rows) == CHUNK_ROWS:
            frames.append(frame_of(rows, width))
            rows = []
    frames.append(frame_of(rows, width))
    frame = pl.concat(frames, how="diagonal").rechunk()
    _refuse_formulas(frame, numbers)
    sheet = Sheet("", numbers, frame, frame)
    return Grid("csv", (sheet,), encoding, separator)


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the physical line on which it begins. A first line `sep=;` is Excel's hint and no record."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    begins = 1
    try:
        for row in reader:
            ends = reader.line_num
            if ends > begins and _swallowed(row, separator):
                raise Rejected("quote_not_closed", f"Line {begins}: a quotation mark opens and does not close there.")
            if begins > 1 or not (row and row[0].lower().startswith("sep=")):
                yield begins, row
            begins = ends + 1
    except csv.Error as broken:
        raise Rejected("file_damaged", f"Line {begins}: {broken}.") from broken


def _swallowed(row: list[str], separator: str) -> bool:
    """Whether a cell of several lines holds separators as a line has them: what follows an unclosed quotation mark."""
    return any(cell.count(separator) >= 2 for cell in row if "\n" in cell or "\r" in cell)


def separator_of(text: str) -> str:
    """The mark between cells: the one by which most lines have the same number of cells, more cells being better."""
    hint = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    if hint:
        return hint[1]
    sample = "".join(line for _, line in zip(range(SAMPLE_LINES), io.StringIO(text, newline=None), strict=False))
    best, best_score = ",", 0.0
    for separator in SEPARATORS:
        counts: dict[int, int] = {}
        try:
            for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator):
                if any(row):
                    counts[len(row)] = counts.get(len(row), 0) + 1
        except csv.Error:
            continue
        several = {width: times for width, times in counts.items() if width > 1}
        if not several:
            continue
        width, times = max(several.items(), key=lambda item: (item[1], item[0]))
        score = times / sum(counts.values()) * min(width, 6) ** 0.5
        if score > best_score:
            best, best_score = separator, score
    return best


def _refuse_formulas(frame: pl.DataFrame, numbers: list[int]) -> None:
    for index, name in enumerate(frame.columns):
        column = frame[name]
        suspects = column.str.contains(r"^\s*[=@+\-]\s*[A-Za-z0-9\"'(+\-@$]").fill_null(False)
        for row in suspects.arg_true().to_list():
            cell = column[row]
            if cell[:1] in "+-" and not cell[1:2].isalpha():
                continue
            if FORMULA.match(cell):
                raise Rejected(
                    "formula_in_cell",
                    f"Line {numbers[row]}, cell {index + 1} holds a formula ({cell[:40]}). Please send values only.",
                )
