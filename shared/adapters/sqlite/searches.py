"""How documents are found: the statement of a search, and the index that leads through the fewest of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.adapters.searches import Search
from shared.adapters.sqlite.tables import Table

# Counting so many entries of an index takes a fraction of a millisecond; what has more is wide.
COUNTED = 2000


@dataclass(frozen=True)
class Condition:
    """What a search asks of one field; `{}` stands for its column."""

    column: str
    sql: str
    values: tuple[str | int, ...] = ()

    def on(self, column: str) -> str:
        """The condition as SQL."""
        return self.sql.replace("{}", column)


def find(
    connection: sqlite3.Connection, table: Table, search: Search, after: Sequence[str | int] | None, limit: int
) -> list[Any]:
    """Rows of id, revision, body and, if there is an order, its value; those behind the position `after`.

    ValueError for a field without index, and for bounds without an order.
    """
    conditions = _conditions(table, search)
    narrow = _narrowest(connection, table, conditions)
    # A plus sign keeps SQLite from choosing the index of a column; by itself it takes an equality for narrow.
    columns = [each.column if each is narrow else f"+{each.column}" for each in conditions]
    wheres = [condition.on(column) for condition, column in zip(conditions, columns, strict=True)]
    values = [value for condition in conditions for value in condition.values]
    keys = [f"f_{search.order}", "id"] if search.order else ["id"]
    if after is not None:
        position = [columns[0], "id"] if search.order else ["id"]
        marks = ", ".join("?" * len(after))
        wheres.append(f"({', '.join(position)}) {'<' if search.descending else '>'} ({marks})")
        values += after
    by = ", ".join(f"{key} {'DESC' if search.descending else 'ASC'}" for key in keys)
    selected = ", ".join(["id", "revision", "body", *keys[:-1]])
    statement = f'SELECT {selected} FROM "{table.name}" WHERE {" AND ".join(wheres) or "TRUE"} ORDER BY {by} LIMIT ?'  # noqa: S608
    return connection.execute(statement, [*values, limit]).fetchall()


def _conditions(table: Table, search: Search) -> list[Condition]:
    """The order's first, if there is one."""
    table.check(search.fields())
    bounds = [("{} >= ?", search.low), ("{} < ?", search.high)]
    given = [(sql, value) for sql, value in bounds if value is not None]
    conditions = [Condition(f"f_{name}", "{} = ?", (value,)) for name, value in search.equal]
    if search.order:
        sql = " AND ".join(["{} IS NOT NULL", *(sql for sql, _ in given)])
        conditions.insert(0, Condition(f"f_{search.order}", sql, tuple(value for _, value in given)))
    return conditions


def _narrowest(connection: sqlite3.Connection, table: Table, conditions: Sequence[Condition]) -> Condition | None:
    """The condition that the fewest documents meet; between wide ones the order's, which saves the sorting."""
    if len(conditions) < 2:
        return conditions[0] if conditions else None

    def count(condition: Condition) -> int:
        where = condition.on(condition.column)
        entries = f'SELECT 1 FROM "{table.name}" WHERE {where} LIMIT {COUNTED}'  # noqa: S608
        counted: int = connection.execute(f"SELECT count(*) FROM ({entries})", condition.values).fetchone()[0]  # noqa: S608
        return counted

    return min(conditions, key=count)
