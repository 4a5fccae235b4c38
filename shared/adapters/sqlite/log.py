"""The log table: where a record of a topic's partition stands, how records are appended and read."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain

from shared.ports import Outgoing, Record

OFFSET_BITS = 40
PARTITION_BITS = 12
SPAN = 1 << OFFSET_BITS
MOST_PARTITIONS = 1 << PARTITION_BITS

# One statement for many rows: the thread lets the interpreter go, and must win it back, once a statement.
ROWS = 100
INSERT_ONE = "INSERT INTO log (id, key, value) VALUES (?, ?, ?)"
INSERT_ROWS = INSERT_ONE + ", (?, ?, ?)" * (ROWS - 1)
LAST = "SELECT max(id) FROM log WHERE id >= ? AND id < ?"
READ = "SELECT id - ?, key, value FROM log WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"


def base(topic: int, partition: int) -> int:
    """The number of the partition's offset 0; its records follow without a gap."""
    return (topic << PARTITION_BITS | partition) << OFFSET_BITS


def end(connection: sqlite3.Connection, first: int) -> int:
    """The offset that the next record of the partition with base `first` will get."""
    last: int | None = connection.execute(LAST, (first, first + SPAN)).fetchone()[0]
    return 0 if last is None else last - first + 1


def append(connection: sqlite3.Connection, first: int, records: Sequence[Outgoing]) -> int:
    """Append to the partition with base `first`; the offset of the first record."""
    offset = end(connection, first)
    rows = [(number, key, value) for number, (key, value) in enumerate(records, first + offset)]
    whole = len(rows) - len(rows) % ROWS
    for start in range(0, whole, ROWS):
        connection.execute(INSERT_ROWS, list(chain.from_iterable(rows[start : start + ROWS])))
    connection.executemany(INSERT_ONE, rows[whole:])
    return offset


def read(connection: sqlite3.Connection, first: int, offset: int, limit: int) -> list[Record]:
    """Up to `limit` records of the partition with base `first`, from `offset` on."""
    cursor = connection.execute(READ, (first, first + max(offset, 0), first + SPAN, limit))
    return list(map(Record._make, cursor))
