"""Where everything will stand in the new generation: worked out from the whole archive before anything is written.

What does not fit into memory lies in a file of its own, which goes when the plan is closed.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import msgspec

from services.moving.archive import LogRecord
from services.moving.refusals import BadArchive
from shared.codec import partition_of
from shared.engine.moving import Place
from shared.kernel import Position
from shared.ports import Outgoing

OFFSET_BITS = 40
MANY = 10_000
"""Rows between two commits."""
_GENERATION = re.compile(r"\.([0-9]+)(?:/[0-9]+)?$")

SCHEMA = """
CREATE TABLE places (topic TEXT, old INTEGER, new INTEGER, PRIMARY KEY (topic, old)) WITHOUT ROWID;
CREATE TABLE names (topic TEXT, name TEXT, new INTEGER, PRIMARY KEY (topic, name)) WITHOUT ROWID;
CREATE TABLE events (
    topic TEXT, origin TEXT, number INTEGER, part INTEGER,
    generation INTEGER, at INTEGER, key TEXT, value BLOB,
    PRIMARY KEY (topic, origin, number, part)
) WITHOUT ROWID;
"""
# An origin's events keep the order of their positions; among origins it is that of time, as far as this allows: an
# event comes when the latest of its origin up to it came. What was told in an earlier generation comes first, for
# later ones take it back.
IN_ORDER = """
SELECT origin, number, part, key, value FROM (
    SELECT *, max(at) OVER (PARTITION BY origin ORDER BY number, part) AS turn FROM events WHERE topic = ?
) ORDER BY generation, turn, origin, number, part
"""


class Event(NamedTuple):
    """A published event on its way into its new partition."""

    origin: str
    position: Position
    partition: int
    record: Outgoing


class _Envelope(msgspec.Struct):
    origin: str
    position: Position
    recorded_at: datetime


_envelope = msgspec.json.Decoder(_Envelope).decode


class Plan:
    """A `Move` of topics into `partitions` partitions each. `generation` is the one that is left."""

    def __init__(self, generation: int, partitions: int) -> None:
        self.generation = generation
        self.partitions = partitions
        self._folder = tempfile.TemporaryDirectory(prefix="tallyline-import-")
        self._database = sqlite3.connect(Path(self._folder.name) / "plan.db", isolation_level=None)
        self._database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {SCHEMA} BEGIN;")
        self._ends: dict[tuple[str, int], int] = defaultdict(int)
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._folder.cleanup()

    # Taking in

    def add_input(self, topic: str, record: LogRecord, name: str | None) -> None:
        """The next input, in the order in which they will be written."""
        partition = partition_of(record.key, self.partitions)
        offset = self._ends[topic, partition]
        self._ends[topic, partition] += 1
        new = _number(Place(partition, offset))
        self._database.execute(
            "INSERT INTO places VALUES (?, ?, ?)", (topic, _number(Place(record.partition, record.offset)), new)
        )
        if name is not None:
            self._database.execute("INSERT OR REPLACE INTO names VALUES (?, ?, ?)", (topic, name, new))
        self._added()

    def add_event(self, topic: str, record: LogRecord) -> None:
        """A first copy, in any order. BadArchive when its position is another's already, or it is no event."""
        try:
            told = _envelope(record.value)
        except msgspec.MsgspecError as wrong:
            raise BadArchive(f"{topic}/{record.partition} holds no event at {record.offset}: {wrong}") from wrong
        generation = _GENERATION.search(told.origin)
        at = round(told.recorded_at.timestamp() * 1000)
        row = (
            topic,
            told.origin,
            *told.position,
            int(generation[1]) if generation else 0,
            at,
            record.key,
            record.value,
        )
        try:
            self._database.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        except sqlite3.IntegrityError:
            raise BadArchive(f"{topic} holds two events at {told.position} of {told.origin}.") from None
        self._added()

    def _added(self) -> None:
        self._rows += 1
        if self._rows % MANY == 0:
            self._database.execute("COMMIT")
            self._database.execute("BEGIN")

    # Looking up

    def place(self, topic: str, old: Place) -> Place:
        """See `Move`."""
        found = self._one("SELECT new FROM places WHERE topic = ? AND old = ?", (topic, _number(old)))
        if found is None:
            raise LookupError(f"there is no record {old.offset} of {topic}/{old.partition}")
        return found

    def named(self, topic: str, name: str) -> Place | None:
        """See `Move`."""
        return self._one("SELECT new FROM names WHERE topic = ? AND name = ?", (topic, name))

    def events(self, topic: str) -> Iterator[Event]:
        """All of a topic, in the order in which each partition will have its own."""
        for origin, number, part, key, value in self._database.execute(IN_ORDER, (topic,)):
            yield Event(origin, (number, part), partition_of(key, self.partitions), Outgoing(key, value))

    def _one(self, query: str, values: tuple[str, str | int]) -> Place | None:
        row = self._database.execute(query, values).fetchone()
        return None if row is None else Place(row[0] >> OFFSET_BITS, row[0] & ((1 << OFFSET_BITS) - 1))


def _number(place: Place) -> int:
    return place.partition << OFFSET_BITS | place.offset
