"""How lines become a file: text with marks, or a workbook with real cells; and how parts of a line are worded."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import xlsxwriter

from tests.unit.reconciliation.others.faults import Line

Column = tuple[str, Callable[[Line], object]]
"""A label, and what stands below it."""

Row = tuple[Sequence[object], Line | None]

Written = tuple[bytes, dict[int, str]]
"""A file, and the id of each of its lines by the line's identity."""

LABELS = ("no_answer", "refused", "callback", "info", "wrong_number", "sale", "sale_cancelled")


@dataclass(frozen=True)
class Merged:
    """A label over several columns of a workbook."""

    label: str
    width: int


def of(column: Sequence[Column], line: Line) -> Row:
    return [write(line) for _, write in column], line


def head(columns: Sequence[Column]) -> Row:
    return [label for label, _ in columns], None


def by_day(lines: Sequence[Line]) -> Iterator[tuple[date, list[Line]]]:
    """The lines of each day, in the order of the file."""
    days: dict[date, list[Line]] = {}
    for line in lines:
        days.setdefault(line.start.date(), []).append(line)
    yield from days.items()


def text(
    rows: Sequence[Row], encoding: str, separator: str, *, quote: bool = False, end: str = "\r\n"
) -> tuple[bytes, dict[int, str]]:
    """A text file, and the id of each line by its identity."""
    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL
    )
    ids = {}
    for number, (cells, line) in enumerate(rows, 1):
        if cells:
            writer.writerow(cells)
        else:
            out.write(end)
        if line is not None:
            ids[id(line)] = str(number)
    return out.getvalue().encode(encoding), ids


FORMS = {datetime: "dd/mm/yyyy hh:mm:ss", date: "dd/mm/yyyy", time: "hh:mm:ss", timedelta: "[h]:mm:ss"}


def workbook(sheets: Sequence[tuple[str, Sequence[Row]]]) -> tuple[bytes, dict[int, str]]:
    """A workbook, and the id of each line by its identity. Dates, clocks and durations become real cells."""
    target = io.BytesIO()
    ids: dict[int, str] = {}
    with xlsxwriter.Workbook(target) as book:
        forms = {kind: book.add_format({"num_format": code}) for kind, code in FORMS.items()}
        bold = book.add_format({"bold": True, "align": "center"})
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for number, (cells, line) in enumerate(rows):
                column = 0
                for cell in cells:
                    if isinstance(cell, Merged):
                        if cell.width > 1:
                            sheet.merge_range(number, column, number, column + cell.width - 1, cell.label, bold)
                        else:
                            sheet.write_string(number, column, cell.label, bold)
                        column += cell.width
                        continue
                    if isinstance(cell, str):
                        if cell:
                            sheet.write_string(number, column, cell)
                    elif isinstance(cell, timedelta):
                        sheet.write_number(number, column, cell / timedelta(days=1), forms[timedelta])
                    elif isinstance(cell, datetime | date | time):
                        sheet.write_datetime(number, column, cell, forms[type(cell)])
                    elif isinstance(cell, int | float):
                        sheet.write_number(number, column, cell)
                    column += 1
                if line is not None:
                    ids[id(line)] = f"{name}!{number + 1}"
    return target.getvalue(), ids


def at(form: str) -> Callable[[Line], object]:
    return lambda line: line.start.strftime(form)


def unpadded(form: str) -> Callable[[Line], object]:
    """A pattern of `format` over the parts of the moment, without zeros in front."""

    def write(line: Line) -> object:
        when = line.start
        return form.format(
            d=when.day, m=when.month, y=when.year, H=when.hour, M=when.minute, S=when.second, h=(when.hour - 1) % 12 + 1
        )

    return write


def agent(line: Line) -> object:
    return line.agent


def campaign(line: Line) -> object:
    return line.campaign


def reference(line: Line) -> object:
    return line.ref


def seconds(line: Line) -> object:
    return line.seconds


def clocked(line: Line) -> object:
    return f"{line.seconds // 3600:02d}:{line.seconds // 60 % 60:02d}:{line.seconds % 60:02d}"


def short(line: Line) -> object:
    return f"{line.seconds // 60}:{line.seconds % 60:02d}"


def said(*labels: str) -> Callable[[Line], object]:
    return lambda line: labels[LABELS.index(line.outcome)]


def money(thousands: str, decimal: str, before: str = "", behind: str = "") -> Callable[[Line], object]:
    def write(line: Line) -> object:
        if line.minor is None:
            return ""
        return f"{before}{marked(line.minor, thousands, decimal)}{behind}"

    return write


def marked(minor: int, thousands: str, decimal: str) -> str:
    return f"{minor // 100:,}".replace(",", thousands) + f"{decimal}{minor % 100:02d}"


def number(form: str, code: str, *, mark: str = ".") -> Callable[[Line], object]:
    """A number by a form in which each `#` is a digit after the calling code and `*` all that are left."""

    def write(line: Line) -> object:
        if line.scientific:
            return f"{int(line.phone[1:]):.5E}".replace(".", mark)
        digits = list(line.phone.removeprefix(f"+{code}"))
        out = ""
        for sign in form:
            out += digits.pop(0) if sign == "#" and digits else "".join(digits) if sign == "*" else sign
        return out

    return write
