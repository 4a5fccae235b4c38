"""One piece of work handed from the event loop to a database thread, and how its outcome comes back."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from shared.ports import StoreUnavailable

# The primary result codes that speak of the disk, the file or another process, not of the statement.
_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)


def is_unavailable(error: Exception) -> bool:
    """Whether the store failed, as opposed to the statement."""
    code = getattr(error, "sqlite_errorcode", None) if isinstance(error, sqlite3.Error) else None
    return code is not None and code & 0xFF in _UNAVAILABLE


def unavailable(error: Exception) -> StoreUnavailable:
    """The same failure in the words of the ports."""
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    failure = StoreUnavailable(f"{name}: {error}")
    failure.__cause__ = error
    return failure


@dataclass(slots=True, eq=False)
class Outcome:
    """What a job came to: `result`, or `error` if there is one. Not `ran`: it was left out."""

    result: Any = None
    error: Exception | None = None
    ran: bool = True


@dataclass(slots=True, eq=False)
class Job:
    """`work` runs in a database thread; `future` belongs to the loop; `committed` is called there with the result after
    a commit, whether or not the caller still waits."""

    work: Callable[[sqlite3.Connection], Any]
    future: asyncio.Future[Any]
    committed: Callable[[Any], None] | None = None

    def attempt(self, connection: sqlite3.Connection) -> Outcome:
        """Run the work. A failure of the store itself is raised, any other is the job's own outcome."""
        try:
            return Outcome(self.work(connection))
        except Exception as error:
            if is_unavailable(error):
                raise
            return Outcome(error=error)


def settle(settled: Iterable[tuple[Job, Outcome]]) -> None:
    """In the loop: tell each caller that still waits."""
    for job, outcome in settled:
        if outcome.ran and outcome.error is None and job.committed is not None:
            job.committed(outcome.result)
        if job.future.done():
            continue
        if outcome.error is None:
            job.future.set_result(outcome.result)
        else:
            job.future.set_exception(outcome.error)
