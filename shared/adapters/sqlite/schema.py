"""How the file is laid out, and how a connection to it is set up."""

from __future__ import annotations

import sqlite3
from pathlib import Path

# Large values (an encrypted item has 1 to 4 kB) fit a page of 8 kB whole; with 4 kB half of the space is lost.
PAGE_BYTES = 8192
# 32 MB of log between two checkpoints: a page that is written again and again is carried to the file once.
CHECKPOINT_PAGES = 4000
BUSY_SECONDS = 5.0

# `seq` gives the order of arrival, in which the relay takes commits; within a stream it is the order of versions.
# A log record's id is topic, partition and offset in one number (see log.py), so that appends go to the end of a
# range of a plain table: with a three-column key, values would stand in every inner node of the tree.
SCHEMA = """
CREATE TABLE IF NOT EXISTS commits (
    seq INTEGER PRIMARY KEY,
    service TEXT NOT NULL,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    events BLOB NOT NULL,
    command_id TEXT NOT NULL,
    actor TEXT NOT NULL,
    recorded_us INTEGER NOT NULL,
    number INTEGER,
    trace TEXT NOT NULL DEFAULT '',
    UNIQUE (service, stream, version),
    UNIQUE (service, stream, command_id)
);
CREATE INDEX IF NOT EXISTS unnumbered ON commits (service, seq) WHERE number IS NULL;
CREATE TABLE IF NOT EXISTS topics (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    partitions INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS log (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    value BLOB NOT NULL
);
"""

TRACE = "ALTER TABLE commits ADD COLUMN trace TEXT NOT NULL DEFAULT ''"
"""For files of releases that kept none; those write on in a file that has it."""


def writer(path: Path, log_pages: int = CHECKPOINT_PAGES) -> sqlite3.Connection:
    """The one connection that writes; creates the file and its tables where they are missing. The log is carried to the
    file when it has `log_pages` pages."""
    connection = _connect(str(path))
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {log_pages}")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    # What is deleted is overwritten: a key that was destroyed is not to be found in a free place of the file.
    connection.execute("PRAGMA secure_delete = ON")
    # What a savepoint would undo is remembered in memory, not in a second file.
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -64000")
    connection.executescript(SCHEMA)
    if not any(column[1] == "trace" for column in connection.execute("PRAGMA table_info(commits)")):
        connection.execute(TRACE)
    return connection


def reader(path: Path) -> sqlite3.Connection:
    """A connection that sees what is committed and cannot write."""
    connection = _connect(f"{path.absolute().as_uri()}?mode=ro")
    connection.execute("PRAGMA cache_size = -16000")
    return connection


def _connect(address: str) -> sqlite3.Connection:
    # Opened by one thread and then used by another, never by two at a time.
    return sqlite3.connect(
        address,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        uri=address.startswith("file:"),
    )
