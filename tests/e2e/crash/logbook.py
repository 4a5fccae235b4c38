"""Reads a data folder's database with nothing but sqlite3 and json, so that no mistake of the project is shared."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

_OFFSETS, _PARTITIONS = 1 << 40, 1 << 12


class Entry(NamedTuple):
    """One event as it stands in a topic, with the bytes of the whole record."""

    offset: int
    origin: str
    position: tuple[int, int]
    reverses: tuple[str, tuple[int, int]] | None
    event: dict[str, Any]
    record: bytes


class Logbook:
    """One database, as of the moment of each question."""

    def __init__(self, data: Path) -> None:
        self._address = f"{(data / 'tallyline.db').absolute().as_uri()}?mode=ro"

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._address, uri=True)) as connection:
            return connection.execute(statement, values).fetchall()

    def integrity(self) -> str:
        """`ok`, or what SQLite finds wrong."""
        return "\n".join(row[0] for row in self._rows("PRAGMA integrity_check"))

    def _firsts(self, topic: str) -> dict[int, int]:
        """partition -> the id of offset 0."""
        ((number, partitions),) = self._rows("SELECT id, partitions FROM topics WHERE name = ?", topic)
        return {partition: (number * _PARTITIONS + partition) * _OFFSETS for partition in range(partitions)}

    def records(self, topic: str) -> dict[int, list[tuple[int, bytes]]]:
        """partition -> (offset, value), in order of offsets."""
        found: dict[int, list[tuple[int, bytes]]] = {}
        for partition, first in self._firsts(topic).items():
            rows = self._rows("SELECT id, value FROM log WHERE id >= ? AND id < ? ORDER BY id", first, first + _OFFSETS)
            found[partition] = [(id_ - first, value) for id_, value in rows]
        return found

    def ends(self, topic: str) -> dict[int, int]:
        """partition -> the offset behind its last record, found without looking at the others."""
        end = "SELECT COALESCE(MAX(id) + 1 - ?1, 0) FROM log WHERE id >= ?1 AND id < ?2"
        return {p: self._rows(end, first, first + _OFFSETS)[0][0] for p, first in self._firsts(topic).items()}

    def events(self, topic: str) -> dict[int, list[Entry]]:
        """partition -> its events, repeats included."""
        return {p: [_entry(offset, value) for offset, value in rows] for p, rows in self.records(topic).items()}

    def documents(self, service: str, collection: str) -> dict[str, Any]:
        """id -> the document."""
        rows = self._rows(f'SELECT id, body FROM "documents/{service}/{collection}"')  # noqa: S608
        return {id_: json.loads(body) for id_, body in rows}

    def size(self, service: str, collection: str) -> int:
        """How many documents there are."""
        return int(self._rows(f'SELECT COUNT(*) FROM "documents/{service}/{collection}"')[0][0])  # noqa: S608

    def view(self, service: str, name: str) -> dict[str, Any]:
        """id of the shard -> what it says, without where it stands."""
        collection = self.documents(service, "views")[name]["collection"]
        return {id_: kept.get("doc") for id_, kept in self.documents(service, collection).items()}

    def commits(self, service: str) -> Iterator[tuple[int | None, str, int, list[dict[str, Any]]]]:
        """Number, stream, version and events of each commit."""
        rows = self._rows("SELECT number, stream, version, events FROM commits WHERE service = ?", service)
        for number, stream, version, events in rows:
            yield number, stream, version, json.loads(events)

    def committed(self, service: str) -> tuple[int, int]:
        """How many commits there are, and how many of them have no number."""
        rows = self._rows("SELECT COUNT(*), COUNT(*) - COUNT(number) FROM commits WHERE service = ?", service)
        return rows[0][0], rows[0][1]


def _entry(offset: int, value: bytes) -> Entry:
    record = json.loads(value)
    reverses = record.get("reverses")
    return Entry(
        offset,
        record["origin"],
        (record["position"][0], record["position"][1]),
        (reverses[0], (reverses[1][0], reverses[1][1])) if reverses else None,
        record["event"],
        value,
    )
