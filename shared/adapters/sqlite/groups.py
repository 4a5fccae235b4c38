"""Group commit: many units of work in one transaction, each in a savepoint of its own, one fsync for all."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence

from shared.adapters.sqlite.jobs import Job, Outcome, unavailable


def commit_group(connection: sqlite3.Connection, jobs: Sequence[Job]) -> list[tuple[Job, Outcome]]:
    """Run the jobs in order and commit; the outcomes may be told once this has returned.

    A job's own error undoes that job alone. If the store fails, at any step, all are undone and all have failed: which
    of them reached the disk is not known. A job whose caller went away before its turn is left out.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        outcomes = [
            (job, Outcome(ran=False) if job.future.cancelled() else _in_savepoint(connection, job)) for job in jobs
        ]
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        _undo(connection)
        return [(job, Outcome(error=unavailable(error))) for job in jobs]
    return outcomes


def _in_savepoint(connection: sqlite3.Connection, job: Job) -> Outcome:
    connection.execute("SAVEPOINT unit")
    outcome = job.attempt(connection)
    if outcome.error is not None:
        connection.execute("ROLLBACK TO unit")
    connection.execute("RELEASE unit")
    return outcome


def _undo(connection: sqlite3.Connection) -> None:
    # SQLite has already rolled back by itself after some failures (full, I/O error); then there is nothing to undo.
    if connection.in_transaction:
        # Should even this fail, the next BEGIN fails too, and it is tried again.
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
