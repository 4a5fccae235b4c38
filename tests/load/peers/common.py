"""What all contenders share: their order, the events, the fold, tables in SQLite, the clock, the answer."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

Row = tuple[int, int, int, int, int]
ZERO: Row = (0, 0, 0, 0, 0)


class Order(msgspec.Struct):
    """What is to be done: all `records` of a topic, counted for the views; `folder` is for files."""

    kafka: str
    topic: str
    records: int
    folder: str
    variant: str = ""


class Fact(msgspec.Struct):
    """The fields of an event that the views need."""

    type: str
    partner: str
    interval: str
    campaign: str = ""
    agent: str = ""
    offered: bool = False
    first: bool = False
    scope: str = ""
    talk_ms: int = 0


class Told(msgspec.Struct):
    """An event as published. Origin and position together are its identity."""

    origin: str
    position: tuple[int, int]
    event: Fact

    @property
    def id(self) -> str:
        """One text of both."""
        return f"{self.origin}:{self.position[0]}.{self.position[1]}"


decode = msgspec.json.Decoder(Told).decode


def delta(fact: Fact) -> Row:
    """What an event adds to each of its rows."""
    kind = fact.type
    if kind == "CallStarted":
        return (1, 0, 0, 0, 0) if fact.offered else ZERO
    if kind == "CallAnswered":
        return (0, 1, 0, 0, 0) if fact.first else ZERO
    if kind == "CallEnded":
        return (0, 0, 1, fact.talk_ms, 0) if fact.scope == "leg" else ZERO
    return (0, 0, 0, 0, 1) if kind == "SaleRecorded" else ZERO


def keys(fact: Fact) -> tuple[str, str, str]:
    """The rows of an event: of its agent in this hour, of its campaign, of its partner."""
    return f"a|{fact.partner}|{fact.agent}|{fact.interval[:13]}", f"c|{fact.campaign}", f"p|{fact.partner}"


def add(row: Row, more: Row) -> Row:
    """Both together."""
    return row[0] + more[0], row[1] + more[1], row[2] + more[2], row[3] + more[3], row[4] + more[4]


def fold(rows: dict[str, Row], fact: Fact) -> None:
    """Take an event into the rows."""
    change = delta(fact)
    for key in keys(fact):
        rows[key] = add(rows[key], change) if key in rows else change


SCHEMA = """
CREATE TABLE IF NOT EXISTS views (key TEXT PRIMARY KEY, offered INT, answered INT, handled INT, talk_ms INT, sales INT)
WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY) WITHOUT ROWID;
"""
ADD = """
INSERT INTO views VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET offered = offered + excluded.offered,
answered = answered + excluded.answered, handled = handled + excluded.handled, talk_ms = talk_ms + excluded.talk_ms,
sales = sales + excluded.sales
"""
SET = "INSERT OR REPLACE INTO views VALUES (?, ?, ?, ?, ?, ?)"


def database(folder: str) -> sqlite3.Connection:
    """As durable as the product's own file: a write-ahead log that is synced with each commit."""
    connection = sqlite3.connect(Path(folder, "views.db"), isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(SCHEMA)
    return connection


def stored(folder: str) -> dict[str, Row]:
    """What the tables say, read by somebody who has just come."""
    connection = sqlite3.connect(Path(folder, "views.db"))
    return {row[0]: row[1:] for row in connection.execute("SELECT * FROM views")}


class Clock:
    """Runs from the first record to the last: connecting and joining groups are not the job."""

    def __init__(self) -> None:
        self.records = 0
        self._begun: tuple[float, float] | None = None
        self._done: tuple[float, float] = (0.0, 0.0)

    def begin(self) -> None:
        """The first record is there; called again, nothing."""
        if self._begun is None:
            self._begun = time.perf_counter(), time.process_time()

    def count(self, records: int) -> None:
        """So many more are done, durably."""
        self.records += records
        self._done = time.perf_counter(), time.process_time()

    def answer(self, totals: dict[str, Row] | None) -> None:
        """Say it: what it took, and what was counted."""
        assert self._begun is not None
        wall, cpu = (end - start for start, end in zip(self._begun, self._done, strict=True))
        print(json.dumps({"records": self.records, "wall_s": wall, "cpu_s": cpu, "totals": totals}), flush=True)


def order() -> Order:
    """The order of this process."""
    return msgspec.json.decode(sys.argv[1], type=Order)


def rows_of(rows: dict[str, Row]) -> Iterable[tuple[str, int, int, int, int, int]]:
    """For `executemany`."""
    return [(key, *row) for key, row in rows.items()]
