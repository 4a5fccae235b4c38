"""The table of one collection of documents: its names and statements, and the work done on it in the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from shared.adapters.searches import check_indexes, check_names
from shared.ports import Put, Stored

CHUNK = 500

Value = str | int | None
Row = tuple[Value | bytes, ...]


class Table:
    """A collection as a table: `id`, `revision`, `body`, and a column `f_<name>` with an index for each field.

    Names are checked here, since they stand in statements; all else is bound.
    """

    def __init__(self, service: str, collection: str, fields: Sequence[str]) -> None:
        check_names(service, collection, fields)
        self.name = f"documents/{service}/{collection}"
        self.fields = tuple(fields)
        self._known = frozenset(fields)
        columns = "".join(f", f_{name}" for name in fields)
        setters = "".join(f", f_{name} = ?" for name in fields)
        self._current = f'SELECT id, seq, revision{columns} FROM "{self.name}" WHERE id IN '  # noqa: S608
        marks = ", ?" * len(self.fields)
        self._insert = f'INSERT INTO "{self.name}" (id, body, revision{columns}) VALUES (?, ?, 1{marks})'  # noqa: S608
        self._update = f'UPDATE "{self.name}" SET revision = revision + 1, body = ? WHERE seq = ?'  # noqa: S608
        self._move = f'UPDATE "{self.name}" SET revision = revision + 1, body = ?{setters} WHERE seq = ?'  # noqa: S608

    def create(self, connection: sqlite3.Connection) -> tuple[str, ...]:
        """Create what is missing; all fields that the table has now, also those of earlier declarations."""
        existing = [row[1] for row in connection.execute(f'PRAGMA table_info("{self.name}")')]
        wanted = [f"f_{name}" for name in self.fields]
        missing = [column for column in wanted if column not in existing]
        if not existing:
            # No type of a field's column: a value is stored, and compared, as what it is. All at once: to add a column
            # later SQLite reads the whole schema anew.
            more = "".join(f", {column}" for column in missing)
            connection.execute(
                f'CREATE TABLE "{self.name}" (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, '
                f"revision INTEGER NOT NULL, body BLOB NOT NULL{more})"
            )
        for column in missing:
            if existing:
                connection.execute(f'ALTER TABLE "{self.name}" ADD COLUMN {column}')
            connection.execute(
                f'CREATE INDEX "{self.name}/{column}" ON "{self.name}" ({column}, id) WHERE {column} IS NOT NULL'
            )
        return tuple(column.removeprefix("f_") for column in existing + missing if column.startswith("f_"))

    def check(self, fields: Iterable[str]) -> None:
        """ValueError for a field without index."""
        check_indexes(self._known, fields)

    def rows(self, puts: Iterable[Put]) -> list[tuple[Put, Row]]:
        """Each document with the values of all fields. ValueError for a field without index, and for an id twice."""
        rows: list[tuple[Put, Row]] = []
        ids = set()
        for put in puts:
            if not put.fields.keys() <= self._known:
                self.check(put.fields)
            ids.add(put.id)
            rows.append((put, tuple(map(put.fields.get, self.fields))))
        if len(ids) != len(rows):
            raise ValueError("a document is put twice in one call")
        return rows

    def put(self, connection: sqlite3.Connection, rows: Sequence[tuple[Put, Row]]) -> list[str]:
        """Write those that are at their revision; the ids of the others.

        What stands there is read first: it costs less than writing index entries that stay the same, as most do.
        """
        current = self._read_current(connection, [put.id for put, _ in rows])
        refused: list[str] = []
        inserts: list[Row] = []
        updates: list[Row] = []
        moves: list[Row] = []
        for put, values in rows:
            stands = current.get(put.id)
            if put.revision is not None and put.revision != (stands[2] if stands else 0):
                refused.append(put.id)
            elif stands is None:
                inserts.append((put.id, put.body, *values))
            elif stands[3:] == values:
                updates.append((put.body, stands[1]))
            else:
                moves.append((put.body, *values, stands[1]))
        connection.executemany(self._insert, inserts)
        connection.executemany(self._update, updates)
        connection.executemany(self._move, moves)
        return refused

    def get(self, connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Stored]:
        """Those that exist."""
        statement = f'SELECT id, revision, body FROM "{self.name}" WHERE id IN '  # noqa: S608
        found: dict[str, Stored] = {}
        for chunk in _chunks(ids):
            found.update((row[0], Stored._make(row)) for row in connection.execute(statement + _marks(chunk), chunk))
        return found

    def delete(self, connection: sqlite3.Connection, ids: Sequence[str]) -> None:
        """Delete those that exist."""
        connection.executemany(f'DELETE FROM "{self.name}" WHERE id = ?', [(id_,) for id_ in ids])  # noqa: S608

    def drop(self, connection: sqlite3.Connection) -> None:
        """Delete the table, if it is there."""
        connection.execute(f'DROP TABLE IF EXISTS "{self.name}"')

    def _read_current(self, connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, tuple[Value, ...]]:
        current: dict[str, tuple[Value, ...]] = {}
        for chunk in _chunks(ids):
            current.update((row[0], row) for row in connection.execute(self._current + _marks(chunk), chunk))
        return current


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _marks(chunk: Sequence[str]) -> str:
    return f"({', '.join('?' * len(chunk))})"
