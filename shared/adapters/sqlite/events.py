"""The commits of one service, in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from shared.adapters.sqlite.file import SqliteFile
from shared.adapters.times import at_microseconds, microseconds
from shared.ports import CommandKnown, Commit, Marked, VersionConflict

INSERT = """
INSERT INTO commits (service, stream, version, events, command_id, actor, recorded_us, trace)
SELECT :service, :stream, :version, :events, :command_id, :actor, :recorded_us, :trace
WHERE :version = 1 + ifnull((SELECT max(version) FROM commits WHERE service = :service AND stream = :stream), 0)
ON CONFLICT DO NOTHING
"""
OF_COMMAND = "SELECT version FROM commits WHERE service = ? AND stream = ? AND command_id = ?"
COLUMNS = "stream, version, events, command_id, actor, recorded_us, trace"
LOAD = f"SELECT {COLUMNS} FROM commits WHERE service = ? AND stream = ? AND version > ? ORDER BY version"  # noqa: S608
UNNUMBERED = f"SELECT {COLUMNS} FROM commits WHERE service = ? AND number IS NULL ORDER BY seq LIMIT ?"  # noqa: S608
HISTORY = f"""
SELECT {COLUMNS}, number FROM commits WHERE service = ? AND (stream, version) > (?, ?) ORDER BY stream, version LIMIT ?
"""  # noqa: S608
MARK = "UPDATE commits SET number = ? WHERE service = ? AND stream = ? AND version = ? AND number IS NULL"


class SqliteEventStore:
    """EventStore of `service`."""

    def __init__(self, file: SqliteFile, service: str) -> None:
        self._file = file
        self._service = service

    async def append(self, commit: Commit) -> None:
        """See the port."""
        row = {
            "service": self._service,
            "stream": commit.stream,
            "version": commit.version,
            "events": commit.events,
            "command_id": commit.command_id,
            "actor": commit.actor,
            "recorded_us": microseconds(commit.recorded_at),
            "trace": commit.trace,
        }
        await self._file.write(lambda connection: _append(connection, row))

    async def load(self, stream: str, after: int = 0) -> list[Commit]:
        """See the port."""
        return await self._file.read(
            lambda connection: _commits(connection.execute(LOAD, (self._service, stream, after)))
        )

    async def unnumbered(self, limit: int) -> list[Commit]:
        """See the port. The oldest of all streams come first."""
        return await self._file.read(
            lambda connection: _commits(connection.execute(UNNUMBERED, (self._service, limit)))
        )

    async def mark(self, published: Mapping[tuple[str, int], int]) -> None:
        """See the port."""
        rows = [(number, self._service, stream, version) for (stream, version), number in published.items()]
        await self._file.write(lambda connection: connection.executemany(MARK, rows))

    async def history(self, after: tuple[str, int], limit: int) -> list[Marked]:
        """See the port."""
        rows = await self._file.read(
            lambda connection: connection.execute(HISTORY, (self._service, *after, limit)).fetchall()
        )
        return [Marked(commit, row[-1]) for commit, row in zip(_commits(row[:-1] for row in rows), rows, strict=True)]


def _append(connection: sqlite3.Connection, row: dict[str, Any]) -> None:
    if connection.execute(INSERT, row).rowcount:
        return
    # A command that comes again has read an old version as a rule, and wants its first answer, not a conflict.
    known = connection.execute(OF_COMMAND, (row["service"], row["stream"], row["command_id"])).fetchone()
    raise CommandKnown(known[0]) if known else VersionConflict(f"{row['stream']}@{row['version']}")


def _commits(rows: Iterable[tuple[str, int, bytes, str, str, int, str]]) -> list[Commit]:
    return [
        Commit(stream, version, events, command_id, actor, at_microseconds(recorded_us), trace)
        for stream, version, events, command_id, actor, recorded_us, trace in rows
    ]
