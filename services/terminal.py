"""What the commands print: tables, and what went wrong."""

from __future__ import annotations

from typing import Any, NoReturn

from rich.console import Console
from rich.markup import escape
from rich.table import Table

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)


def fail(text: str) -> NoReturn:
    """Say what is wrong, and end with 1."""
    err.print(f"[bold red]error[/] {escape(text)}", highlight=False)
    raise SystemExit(1)


def table(title: str, rows: list[dict[str, Any]], columns: list[str]) -> None:
    """A row a line; what is missing is left empty. `columns` are keys of the rows, and the heads."""
    made = Table(title=title, title_justify="left")
    for column in columns:
        made.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        made.add_row(*("" if row.get(column) is None else escape(str(row[column])) for column in columns))
    out.print(made)
