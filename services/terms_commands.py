"""The commands that work on terms of contracts in files, without a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from services.terminal import fail, out, table
from shared.contracts.deviations import compare
from shared.contracts.rating import Version, expected_month, expected_usage, rate
from shared.contracts.terms import Format, InvalidTerms, TermSheet, read_terms, shown

contracts = typer.Typer(no_args_is_help=True, help="Contracts and their terms, from files or the server.")


@contracts.command("check")
def contracts_check(
    agreed: Annotated[Path, typer.Argument(help="Terms as .yaml, .json or .csv.", exists=True, dir_okay=False)],
    draft: Annotated[Path, typer.Argument(help="The terms that were sent back.", exists=True, dir_okay=False)],
) -> None:
    """Say what a draft says otherwise than was agreed, and what that costs a month. Ends with 1 where it does."""
    found = compare(_terms(agreed), _terms(draft))
    rows = [
        {
            "path": one.path,
            "old": _cell(one.old),
            "new": _cell(one.new),
            "for us": one.effect,
            "a month": _cost(one.cost_minor, found.currency),
            "once": _cost(one.once_minor, found.currency),
        }
        for one in found.deviations
    ]
    title = f"{len(rows)} deviations; as agreed, {found.month} costs {shown(found.agreed_minor, found.currency)}"
    table(title, rows, ["path", "old", "new", "for us", "a month", "once"])
    together = _cost(found.cost_minor, found.currency) or "nothing"
    out.print(f"All together: {together} a month, {_cost(found.once_minor, found.currency) or 'nothing'} once")
    if rows:
        raise SystemExit(1)


@contracts.command("rate")
def contracts_rate(
    terms: Annotated[Path, typer.Argument(help="Terms as .yaml, .json or .csv.", exists=True, dir_okay=False)],
    month: Annotated[str | None, typer.Option(help="Such as 2026-03; the first that they cover without it.")] = None,
) -> None:
    """Price the month that the terms expect, line by line."""
    sheet = _terms(terms)
    of = month or expected_month(sheet)
    try:
        version = Version(number=1, starts=sheet.validity.starts, terms=sheet)
        found = rate([version], expected_usage(sheet, of), of)
    except ValueError as wrong:
        fail(str(wrong))
    columns = ["kind", "component", "clause", "quantity", "unit", "rate", "tier", "surcharge", "amount"]
    rows = [{**msgspec.structs.asdict(line), "amount": shown(line.amount, found.currency)} for line in found.lines]
    table(f"{of} as expected", rows, columns)
    net, gross = shown(found.net, found.currency), shown(found.gross, found.currency)
    out.print(f"net {net}, with tax {gross}", highlight=False)


def _terms(file: Path) -> TermSheet:
    forms: dict[str, Format] = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".csv": "csv"}
    form = forms.get(file.suffix.lower())
    if form is None:
        fail(f"{file}: a file of terms ends in {', '.join(forms)}.")
    try:
        return read_terms(file.read_bytes(), form)
    except InvalidTerms as wrong:
        fail("\n".join(f"{file}: {one.field}: {one.detail}" for one in wrong.errors))


def _cell(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cost(minor: int | None, currency: str) -> str:
    """What it costs more; nothing for nothing, and `?` where that can't be said."""
    if minor is None:
        return "?"
    return f"{'+' if minor > 0 else ''}{shown(minor, currency)}" if minor else ""
