"""A partner's report read and normalised: from the bytes of the file to lines that can be paired."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import polars as pl

from services.reconciliation.matching.detect import detected
from services.reconciliation.matching.files import Limits, kind_of
from services.reconciliation.matching.layout import (
    SAMPLE,
    Column,
    Header,
    columns_of,
    complete,
    header_with,
    headers_of,
    language_of,
    rival,
)
from services.reconciliation.matching.normalise import Normalised, normalised
from services.reconciliation.matching.phones import Plan, plan_of
from services.reconciliation.matching.profile import Change, Profile, changes, checked
from services.reconciliation.matching.sheets import Grid, Sheet, text_grid
from services.reconciliation.matching.table import NO_ROWS, agents_between, days_between, may_be_call, rows_of, skipped
from services.reconciliation.matching.workbook import workbook_grid
from shared.kernel import Rejected


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known before the file is opened: the country whose numbers are written short (ISO 3166), the contract's
    currency (ISO 4217), the month (YYYY-MM). Each may be missing."""

    country: str | None = None
    currency: str | None = None
    month: str | None = None


@dataclass(frozen=True)
class Report:
    """A report as it was read. `lines`: its calls; `skipped`: every other row with why; `remarks`: cells that could
    not be read, or not as sent; `profile`: how it was read; `changes`: what differs from the profile that was given;
    `doubts`: what the file leaves open; `hidden`: sheets left out because the partner hid them."""

    lines: pl.DataFrame
    skipped: pl.DataFrame
    remarks: pl.DataFrame
    profile: Profile
    changes: tuple[Change, ...] = ()
    hidden: tuple[str, ...] = ()


def read(data: bytes, known: Known, profile: Profile | None = None, limits: Limits | None = None) -> Report:
    """Read a report by its profile, or find out how it is written.

    With a profile the file is looked at afresh all the same, and what has changed is said. Rejected with `file_...`,
    `workbook_bomb`, `formula_in_cell`, `quote_not_closed`, `header_not_found`, `layout_changed` (it can no longer be
    read by its profile), `times_unreadable` or `profile_wrong`.
    """
    limits = limits or Limits()
    plan = plan_of(known.country)
    if profile is not None:
        checked(profile)
    kind = kind_of(data, limits)
    grid = workbook_grid(data, limits) if kind == "workbook" else text_grid(data, limits)
    found = _detected(grid, known, plan)
    if profile is None:
        if found is None:
            raise Rejected("header_not_found", _nothing_found(grid))
        now, rows, rest = found
    else:
        now = profile
        if kind == "text" and (grid.encoding, grid.separator) != (profile.encoding, profile.separator):
            grid = _as_profiled(data, limits, profile, grid)
        rows, rest = _by_profile(grid, profile, known)
    result = normalised(rows, now, plan, known.currency)
    _refuse_unreadable(result)
    return Report(
        lines=result.lines,
        skipped=pl.concat([rest, result.skipped]),
        remarks=result.remarks,
        profile=now,
        changes=tuple(changes(profile, found[0])) if profile is not None and found is not None else (),
        hidden=grid.hidden,
    )


def _refuse_unreadable(result: Normalised) -> None:
    """Lines whose time cannot be read are asked about one by one, unless they are most of the report. What stands in
    them is not told: the refusal is an event."""
    unreadable = result.skipped.filter(pl.col("reason") == "time_unreadable")
    if len(unreadable) > len(result.lines):
        raise Rejected(
            "times_unreadable",
            f"{len(unreadable)} lines have no date and time that can be read, "
            f"the first of them is line {unreadable['line'][0]}.",
        )


def _as_profiled(data: bytes, limits: Limits, profile: Profile, grid: Grid) -> Grid:
    """A text as its profile says, which a person may have corrected; as it looks now where that no longer fits."""
    if profile.container != "csv":
        return grid
    try:
        other = text_grid(data, limits, profile.encoding or None, profile.separator or None)
    except Rejected:
        return grid
    return other if any(header_with(sheet, profile.columns) for sheet in other.sheets) else grid


def _detected(grid: Grid, known: Known, plan: Plan | None) -> tuple[Profile, pl.DataFrame, pl.DataFrame] | None:
    by_length = sorted(grid.sheets, key=lambda sheet: -len(sheet.lines))
    longest, best = next(((sheet, table) for sheet in by_length if (table := _table(sheet))), (None, None))
    if longest is None or best is None:
        return None
    columns, language = best[1], language_of(best[0])
    tables: list[tuple[Sheet, Header, tuple[Column, ...]]] = []
    others: list[Sheet] = []
    for sheet in grid.sheets:
        header = header_with(sheet, columns)  # a day with one call says less of its columns than the others do
        table = (header, columns) if header is not None else _table(sheet)
        if table is None:
            others.append(sheet)
        else:
            tables.append((sheet, *table))
    rows, rest = _gathered(tables, others, language, known.month)
    open_number = rival(best[0], columns, longest.text.slice(best[0].last + 1, SAMPLE))
    return detected(grid, rows, columns, language, known.month, plan, rival=open_number), rows, rest


def _table(sheet: Sheet) -> tuple[Header, tuple[Column, ...]] | None:
    for header in headers_of(sheet):
        body = sheet.text.slice(header.last + 1, SAMPLE)
        head = sheet.text.row(header.last)
        telling = pl.Series([row != head and may_be_call(row) for row in body.rows()], dtype=pl.Boolean)
        columns = columns_of(header, body.filter(telling) if telling.any() else body)
        if complete(columns):
            return header, columns
    return None


def _by_profile(grid: Grid, profile: Profile, known: Known) -> tuple[pl.DataFrame, pl.DataFrame]:
    tables, others = [], []
    for sheet in grid.sheets:
        header = header_with(sheet, profile.columns)
        if header is None:
            others.append(sheet)
        else:
            tables.append((sheet, header, profile.columns))
    if not tables:
        labels = ", ".join(column.label for column in profile.columns if column.field != "other")
        raise Rejected("layout_changed", f"No row has all the columns that were read before: {labels}.")
    return _gathered(tables, others, profile.language, known.month)


def _gathered(
    tables: list[tuple[Sheet, Header, tuple[Column, ...]]], others: list[Sheet], language: str, month: str | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of all tables in the file's order, and those above, beside and between them."""
    parts = [rows_of(sheet, header, columns) for sheet, header, columns in tables]
    together = pl.concat([part for part, _ in parts], how="diagonal")
    rows = agents_between(days_between(together, language, month))
    rest = [above for _, above in parts]
    for sheet in others:
        cells = (
            sheet.stored.select(cells=pl.concat_list(pl.all()))["cells"] if len(sheet.lines) else pl.Series("cells", [])
        )
        rest.append(skipped(sheet.line_ids(), "sheet_without_calls", cells))
    return rows, pl.concat([pl.DataFrame(schema=NO_ROWS), *rest])


def _nothing_found(grid: Grid) -> str:
    names = ", ".join(sheet.name for sheet in grid.sheets if sheet.name)
    return (
        f"No row names a time and a number or a reference{' on ' + names if names else ''}. "
        "Please send a table whose first line names its columns, or say which column is which."
    )
