"""A writer of reports apart from their reader: made-up partners in many languages, with the habits of real ones."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import xlsxwriter

OUTCOMES = ("no_answer", "refused", "callback", "info", "wrong_number", "sale", "sale_cancelled")


@dataclass(frozen=True)
class Call:
    """What a line says. `phone` without the calling code and trunk prefix; `cents` None where nothing was sold."""

    at: datetime
    phone: str
    agent: int
    seconds: int
    outcome: str
    cents: int | None


Write = Callable[[Call], object]


@dataclass(frozen=True)
class Layout:
    """A partner's habits. `columns`: label and how a call is written there; `totals`: the label of sums, after each day
    or at the end; `banner`: a row that names the day, in place of a column; `groups`: a row of labels above."""

    name: str
    country: str
    code: str
    currency: str
    columns: tuple[tuple[str, Write], ...]
    labels: tuple[str, ...]
    encoding: str = "utf-8"
    separator: str = ";"
    workbook: bool = False
    quote_all: bool = False
    titles: tuple[tuple[str, ...], ...] = ()
    groups: tuple[tuple[str, int], ...] = ()
    daily: str = ""
    final: str = ""
    notes: tuple[str, ...] = ()
    blank_between: bool = False
    repeat_header: bool = False
    banner: Callable[[datetime], str] | None = None
    sheet_a_day: Callable[[datetime], str] | None = None
    minutes_only: bool = False
    duration_step: int = 1
    formats: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """What must be read from a line."""

    local: datetime
    phone: str
    agent: str
    seconds: int
    outcome: str
    cents: int | None


def expected(layout: Layout, call: Call) -> Line:
    """What a reader must find."""
    local = call.at.replace(tzinfo=None)
    return Line(
        local.replace(second=0) if layout.minutes_only else local,
        f"+{layout.code}{call.phone}",
        f"A{call.agent}",
        call.seconds,
        call.outcome,
        call.cents,
    )


def rows_of(layout: Layout, calls: Sequence[Call]) -> list[tuple[list[object], Call | None]]:
    """The rows of one table, each with the call that it is."""
    labels: list[object] = [label for label, _ in layout.columns]
    width = len(labels)
    rows: list[tuple[list[object], Call | None]] = [(list(title), None) for title in layout.titles]
    if layout.groups:
        groups: list[object] = []
        for label, span in layout.groups:
            groups += [label, *[""] * (span - 1)]
        rows.append((groups, None))
    rows.append((labels, None))

    def total(label: str, some: Sequence[Call]) -> list[object]:
        row: list[object] = [label, *[""] * (width - 1)]
        row[-1] = sum(call.cents or 0 for call in some) / 100
        return row

    day: list[Call] = []
    for call in calls:
        if day and day[-1].at.date() != call.at.date():
            if layout.daily:
                rows.append((total(layout.daily, day), None))
            if layout.blank_between:
                rows.append(([], None))
            if layout.repeat_header:
                rows.append((labels, None))
            day = []
        if layout.banner and not day:
            rows.append(([layout.banner(call.at)], None))
        day.append(call)
        rows.append(([write(call) for _, write in layout.columns], call))
    if layout.daily and day:
        rows.append((total(layout.daily, day), None))
    if layout.final and calls:
        rows.append((total(layout.final, calls), None))
    rows += [([note], None) for note in layout.notes]
    return rows


def written(layout: Layout, calls: Sequence[Call]) -> tuple[bytes, dict[str, Line]]:
    """The file, and what each of its lines says, by the line's id."""
    return _workbook(layout, calls) if layout.workbook else _text(layout, calls)


def _text(layout: Layout, calls: Sequence[Call]) -> tuple[bytes, dict[str, Line]]:
    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=layout.separator,
        lineterminator="\r\n",
        quoting=csv.QUOTE_ALL if layout.quote_all else csv.QUOTE_MINIMAL,
    )
    lines: dict[str, Line] = {}
    for number, (cells, call) in enumerate(rows_of(layout, calls), 1):
        if cells:
            writer.writerow(cells)
        else:
            out.write("\r\n")
        if call is not None:
            lines[str(number)] = expected(layout, call)
    return out.getvalue().encode(layout.encoding), lines


def _workbook(layout: Layout, calls: Sequence[Call]) -> tuple[bytes, dict[str, Line]]:
    target = io.BytesIO()
    lines: dict[str, Line] = {}
    with xlsxwriter.Workbook(target) as book:
        formats = {kind: book.add_format({"num_format": code}) for kind, code in layout.formats.items()}
        if layout.sheet_a_day:
            days = sorted({call.at.date() for call in calls})
            parts = [
                (
                    layout.sheet_a_day(datetime(day.year, day.month, day.day, tzinfo=UTC)),
                    [c for c in calls if c.at.date() == day],
                )
                for day in days
            ]
        else:
            parts = [("Izvoz", list(calls))]
        for name, some in parts:
            sheet = book.add_worksheet(name)
            for row, (cells, call) in enumerate(rows_of(layout, some)):
                for column, cell in enumerate(cells):
                    if isinstance(cell, str) and cell:
                        sheet.write_string(row, column, cell)
                    elif isinstance(cell, timedelta):
                        sheet.write_number(row, column, cell / timedelta(days=1), formats.get("lasting"))
                    elif isinstance(cell, datetime):
                        moment = (cell.replace(tzinfo=None) - datetime.fromisoformat("1899-12-30")) / timedelta(days=1)
                        sheet.write_number(row, column, moment, formats.get("moment"))
                    elif isinstance(cell, int | float):
                        sheet.write_number(row, column, cell)
                if call is not None:
                    lines[f"{name}!{row + 1}"] = expected(layout, call)
    return target.getvalue(), lines


def grouped(cents: int, thousands: str, decimal: str) -> str:
    """An amount with marks."""
    text = f"{cents // 100:,}".replace(",", thousands)
    return f"{text}{decimal}{cents % 100:02d}"


def amount(thousands: str, decimal: str, before: str = "", behind: str = "") -> Write:
    """How a partner writes amounts; nothing where nothing was sold."""
    return lambda call: "" if call.cents is None else before + grouped(call.cents, thousands, decimal) + behind


def when(pattern: str) -> Write:
    """A moment by a pattern."""
    return lambda call: call.at.strftime(pattern)


def number(before: str, *, blocks: str = "") -> Write:
    """A telephone number with what stands before it, in blocks of three."""
    if not blocks:
        return lambda call: before + call.phone
    return lambda call: before + blocks.join(call.phone[i : i + 3] for i in range(0, len(call.phone), 3))


def agent(call: Call) -> object:
    return f"A{call.agent}"


def hms(call: Call) -> object:
    return f"{call.seconds // 3600}:{call.seconds // 60 % 60:02d}:{call.seconds % 60:02d}"


def ms(call: Call) -> object:
    return f"{call.seconds // 60}:{call.seconds % 60:02d}"


def plain_seconds(call: Call) -> object:
    return call.seconds


def words(call: Call) -> object:
    return f"{call.seconds // 60} min {call.seconds % 60} s"


def iso(call: Call) -> object:
    return f"PT{call.seconds // 60}M{call.seconds % 60}S"


def lasting(call: Call) -> object:
    return timedelta(seconds=call.seconds)


def cell_amount(call: Call) -> object:
    return "" if call.cents is None else call.cents / 100


def outcome(labels: tuple[str, ...]) -> Write:
    """The label of a call's outcome."""
    return lambda call: labels[OUTCOMES.index(call.outcome)]


def calls_of(seed: int, count: int, month: str, layout: Layout, prefix: str, digits: int) -> list[Call]:
    """Calls of a month in order."""
    dice = random.Random(f"{seed}:{layout.name}")
    start = datetime.fromisoformat(f"{month}-01T00:00:00+00:00")
    found = []
    for _ in range(count):
        at = start + timedelta(days=dice.randrange(28), seconds=8 * 3600 + dice.randrange(12 * 3600))
        kind = dice.choice(OUTCOMES)
        seconds = 0 if kind == "no_answer" else dice.randrange(5, 4000)
        found.append(
            Call(
                at,
                prefix + "".join(str(dice.randrange(10)) for _ in range(digits)),
                100 + dice.randrange(9),
                seconds // layout.duration_step * layout.duration_step,
                kind,
                dice.choice((2990, 4950, 119_00, 1_249_00, 12_345_678)) if kind == "sale" else None,
            )
        )
    return sorted(found, key=lambda call: call.at)
