"""The rows below the headers of all sheets as one table of texts, and which of them are no calls."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from services.reconciliation.matching.layout import WHOLE, Column, Header, label_meanings
from services.reconciliation.matching.months import without_names
from services.reconciliation.matching.sheets import Sheet
from services.reconciliation.matching.words import folded

TOTALS = re.compile(
    r"^(?:grand |sub |ara |genel |daily |day |zwischen|gesamt|sous |tages|medju)*"
    r"(?:total\w*|subtotal\w*|sum|summe\w*|gesamt\w*|zwischensumm\w*|insgesamt|totaux|somme|suma\w*|razem|lacznie|podsuma\w*|"
    r"ogolem|totale|subtotale|complessiv\w*|ukupno|sveukupno|medjuzbir|medjuzbroj|medzuzbroj|zbroj|zbir|svega|toplam|"
    r"yekun|resultat du jour|osszesen|celkem)\b|^(?:za )ukupno|^(?:dnevn\w* )(?:ukupno|zbir|zbroj)"
)
"""How the first words of a row of sums begin, folded."""

FEW = 2
"""Cells in a row that is a note or the name of a day."""

BESIDE = 7
"""Days beside the month of a report on which a sheet may lie."""

NO_ROWS: dict[str, pl.DataType | type[pl.DataType]] = {
    "line": pl.String,
    "reason": pl.String,
    "cells": pl.List(pl.String),
}


def skipped(lines: pl.Series, reason: str, cells: pl.Series) -> pl.DataFrame:
    """Rows that are no calls, with why."""
    return pl.DataFrame(
        {"line": lines, "cells": cells}, schema={"line": pl.String, "cells": pl.List(pl.String)}
    ).select("line", pl.lit(reason).alias("reason"), "cells")


def rows_of(sheet: Sheet, header: Header, columns: tuple[Column, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows below a sheet's header by field (`line`, `sheet`, `cells` as sent, a text for each field, trimmed, and
    `amount_native`), and the rows above, which are titles and headers."""
    lines = sheet.line_ids()
    stored = sheet.stored.select(cells=pl.concat_list(pl.all()))["cells"]
    first = header.last + 1
    above = [
        skipped(lines.head(header.last), "title", stored.head(header.last)),
        skipped(lines.slice(header.last, 1), "header", stored.slice(header.last, 1)),
    ]
    places = places_of(header, columns)
    body = sheet.text.slice(first)
    native = sheet.native
    rows = pl.DataFrame(
        {
            "line": lines.slice(first),
            "sheet": pl.Series([sheet.name or None], dtype=pl.String).new_from_index(0, len(body)),
            "cells": stored.slice(first),
            **{field: _trimmed(body[f"c{place}"]) for field, place in places.items()},
            "amount_native": native[f"c{places['amount']}"].slice(first).fill_null(False)
            if native is not None and "amount" in places
            else pl.Series([False]).new_from_index(0, len(body)),
        }
    )
    repeated = _repeats(body, sheet.text.row(header.last))
    above.append(skipped(rows.filter(repeated)["line"], "header", rows.filter(repeated)["cells"]))
    return rows.filter(~repeated), pl.concat(above)


def _trimmed(texts: pl.Series) -> pl.Series:
    text = texts.str.strip_chars(" \t\r\n\u00a0\u202f\ufeff'")
    return text.set((text == "").fill_null(False), None)


def _repeats(body: pl.DataFrame, header: tuple[str | None, ...]) -> pl.Series:
    """Which rows are the header again."""
    same = pl.Series([True]).new_from_index(0, len(body))
    for name, label in zip(body.columns, header, strict=True):
        same = same & (body[name].is_null() if label is None else (body[name] == label).fill_null(False))
    return same


def places_of(header: Header, columns: tuple[Column, ...]) -> dict[str, int]:
    """In which column of this sheet each field stands."""
    places: dict[str, int] = {}
    used: set[int] = set()
    labels = [folded(label) for label in header.labels]
    exact = list(header.labels)
    for column in columns:
        matches = [
            i
            for i, label in enumerate(labels)
            if label == folded(column.label)
            and i not in used
            and (not column.group or folded(header.groups[i]) == folded(column.group))
        ]
        matches.sort(key=lambda i: exact[i] != column.label)
        if matches:
            used.add(matches[0])
            if column.field not in ("other", "row_no"):
                places[column.field] = matches[0]
    return places


def is_total(cells: Sequence[str | None]) -> bool:
    """Whether a row has sums: one of its cells begins with a word for it."""
    return any(cell is not None and not cell[:1].isdigit() and TOTALS.match(folded(cell)) for cell in cells)


def may_be_call(cells: Sequence[str | None]) -> bool:
    """Whether a row is worth a look when columns are told apart: no sums, no note, no name of a day."""
    return sum(cell is not None for cell in cells) > FEW and not is_total(cells)


def days_between(rows: pl.DataFrame, language: str, month: str | None) -> pl.DataFrame:
    """Rows without a date of their own get that of the row of a day above them, else of their sheet's name.

    A row of a day has a date and nearly nothing else, or is the first of its day where each day is written once. Sheets
    may be called by the day and month, or by the day alone, if the month of the report is known.
    """
    if "datetime" in rows.columns:
        return rows
    if "date" in rows.columns:
        return _days_once(rows)
    filled = rows["cells"].list.drop_nulls().list.len()
    first = rows["cells"].list.drop_nulls().list.first()
    opening = without_names(first, language).str.extract(r"^\D{0,20}?((?:m?\d{1,4}[./\- ,]+){2}\d{2,4})")
    opening = opening.set(filled > FEW, None)
    if opening.drop_nulls().len():
        return rows.with_columns(date=opening.fill_null(strategy="forward"))
    names = rows["sheet"].drop_nulls().unique(maintain_order=True)
    days = pl.DataFrame(
        {"sheet": names, "date": [day_named(name, month, language) for name in names]},
        schema_overrides={"date": pl.String},
    )
    return rows.join(days, on="sheet", how="left", maintain_order="left")


def agents_between(rows: pl.DataFrame) -> pl.DataFrame:
    """Calls in a table that has no column of agents get the agent of the row above them that names one and nearly
    nothing else (`Agent: A101`)."""
    if "agent" in rows.columns or not len(rows):
        return rows
    cells = rows["cells"].list.drop_nulls()
    short = cells.list.len() <= FEW
    agents = pl.Series([None], dtype=pl.String).new_from_index(0, len(rows))
    agents = agents.scatter(short.arg_true(), [_agent_named(row) for row in cells.filter(short).to_list()])
    if not agents.drop_nulls().len():
        return rows
    return rows.with_columns(agent=agents).with_columns(pl.col("agent").forward_fill().over("sheet"))


def _agent_named(cells: list[str]) -> str | None:
    label, _, value = cells[0].partition(":") if cells else ("", "", "")
    value = value.strip() or " ".join(cells[1:]).strip()
    meant = label_meanings(label.strip())
    best = max(meant, key=lambda field: meant[field], default="")
    return value if value and best == "agent" and meant[best] >= WHOLE else None


def _days_once(rows: pl.DataFrame) -> pl.DataFrame:
    """Where no day is written twice in a row and some lines have none, as in cells merged downwards, the day holds
    until the next one. A lone gap among days that are repeated is no such thing, and is asked about."""
    timed = rows.filter(pl.col("time").is_not_null()) if "time" in rows.columns else rows.clear()
    written = timed["date"].drop_nulls()
    opened = timed.group_by("sheet").agg(pl.col("date").first().is_not_null())["date"]
    if not timed["date"].has_nulls() or not opened.all() or (written == written.shift()).any():
        return rows
    filled = pl.when(pl.col("time").is_not_null()).then(pl.col("date").forward_fill().over("sheet"))
    return rows.with_columns(filled.otherwise("date").alias("date"))


def day_named(name: str, month: str | None, language: str = "") -> str | None:
    """The day (YYYY-MM-DD) that the name of a sheet says, in the month of the report or just beside it; None if it says
    none."""
    full = re.search(r"(\d{4})\D(\d{1,2})\D(\d{1,2})", name)
    if full:
        return f"{full[1]}-{int(full[2]):02d}-{int(full[3]):02d}"
    full = re.search(r"(\d{1,2})\D(\d{1,2})\D(\d{4})", name)
    if full:
        return f"{full[3]}-{int(full[2]):02d}-{int(full[1]):02d}"
    if month is None:
        return None
    year, number = map(int, month.split("-"))
    named = re.search(r"m(\d{1,2})\b", without_names(pl.Series([name]), language)[0])
    numbers = [int(part) for part in re.findall(r"\d{1,2}", name)]
    if named and numbers:
        return _near(year, number, int(named[1]), numbers[0])
    if len(numbers) == 1 or number in numbers[:2]:
        days = [part for part in numbers if part != number] or numbers
        return f"{year}-{number:02d}-{days[0]:02d}"
    if len(numbers) > 1:
        either = (_near(year, number, numbers[1], numbers[0]), _near(year, number, numbers[0], numbers[1]))
        days_near = [day for day in either if day is not None]
        return days_near[0] if len(days_near) == 1 else None
    return None


def _near(year: int, number: int, month: int, day: int) -> str | None:
    """A day in the month of the report or just beside it, where another month cut may reach; None for all others."""
    if month == number:
        return f"{year}-{number:02d}-{day:02d}"
    if month == number % 12 + 1 and day <= BESIDE:
        return f"{year + number // 12}-{month:02d}-{day:02d}"
    if month == (number - 2) % 12 + 1 and day > 31 - BESIDE:
        return f"{year - (number == 1)}-{month:02d}-{day:02d}"
    return None


def calls_in(rows: pl.DataFrame, local: pl.Series) -> tuple[pl.Series, pl.DataFrame]:
    """Which rows are calls, and the others with why: `subtotal`, `note`, `time_unreadable`, or `incomplete`.

    A call has a time, and a number, a reference or an agent. A row that has something of a call and lacks the rest is
    given back to be asked about; whatever has nothing of one is a note.
    """
    who = [rows[name].is_not_null() for name in ("phone", "ref", "agent") if name in rows.columns]
    someone = who[0]
    for present in who[1:]:
        someone = someone | present
    signs = someone | rows["disposition"].is_not_null() if "disposition" in rows.columns else someone
    calls = local.is_not_null() & someone
    places = (~calls).arg_true()
    reasons = []
    for index in places:
        row = rows["cells"][index].to_list()
        if is_total(row):
            reasons.append("subtotal")
        elif not signs[index] or sum(cell is not None for cell in row) <= FEW:
            reasons.append("note")
        else:
            reasons.append("time_unreadable" if local[index] is None else "incomplete")
    return calls, rows[places].select("line", pl.Series("reason", reasons, dtype=pl.String), "cells")
