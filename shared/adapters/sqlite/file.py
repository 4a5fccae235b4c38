"""One SQLite file: a writer thread that commits in groups, and readers that see what is committed: a few threads, and
the event loop itself for what is found at once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NamedTuple, TypeVar

from shared.adapters.sqlite import schema
from shared.adapters.sqlite.groups import commit_group
from shared.adapters.sqlite.jobs import Job, Outcome, is_unavailable, settle, unavailable
from shared.ports import StoreUnavailable

T = TypeVar("T")

READERS = 2
QUEUE_LIMIT = 1024
GROUP_LIMIT = 256


class Stats(NamedTuple):
    """Since opening: writes that wait for their turn now, groups tried, writes in them, the largest group, and the
    groups that the disk did not take."""

    queued: int
    groups: int
    writes: int
    largest_group: int
    failed_groups: int


class SqliteFile:
    """All that goes to the file goes through `write`, all that is read through `read` or `look`; they belong to the
    event loop in which the file was opened."""

    def __init__(self, path: Path, log_pages: int = schema.CHECKPOINT_PAGES) -> None:
        self.path = path
        self._log_pages = log_pages
        self._open = False
        self._writes: SimpleQueue[Job | None] = SimpleQueue()
        self._reads: SimpleQueue[Job | None] = SimpleQueue()
        self._room = asyncio.Semaphore(QUEUE_LIMIT)
        self._stats = Stats(0, 0, 0, 0, 0)
        self.failures = 0
        """Groups of which nobody knows whether they reached the disk; counted in turn with what was committed."""

    async def open(self) -> None:
        """Create what is missing and start the threads. StoreUnavailable when the file cannot be opened."""
        self._loop = asyncio.get_running_loop()
        try:
            self._writer, self._own, self._readers = await asyncio.to_thread(self._connect)
        except (OSError, sqlite3.Error) as error:
            raise unavailable(error) from error
        self._threads = [Thread(target=self._write, args=(self._writer,), name="sqlite-writer", daemon=True)]
        for connection in self._readers:
            self._threads.append(Thread(target=self._read, args=(connection,), name="sqlite-reader", daemon=True))
        for thread in self._threads:
            thread.start()
        self._open = True

    async def close(self) -> None:
        """Finish what has been queued, then stop. Idempotent."""
        if not self._open:
            return
        self._open = False
        self._writes.put(None)
        for _ in self._readers:
            self._reads.put(None)
        await asyncio.to_thread(self._disconnect)

    async def write(self, work: Callable[[sqlite3.Connection], T], committed: Callable[[T], None] | None = None) -> T:
        """Run `work` in the writer's next transaction; its result once that is durable, or its own exception with
        nothing of it done. StoreUnavailable when the outcome is not known.

        Waits while the queue is full. A caller that goes away leaves its work wholly done or wholly not done;
        `committed` is called with the result after the commit also then.
        """
        await self._room.acquire()
        if not self._open:
            self._room.release()
            raise StoreUnavailable("the file is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._writes.put(Job(work, future, committed))
        return await future

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """The result of `query` on committed data, in a reader thread."""
        if not self._open:
            raise StoreUnavailable("the file is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._reads.put(Job(query, future))
        return await future

    def look(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """As `read`, but now, in the event loop: for a few rows by their keys. They take less than a thread's turn."""
        if not self._open:
            raise StoreUnavailable("the file is closed")
        try:
            return query(self._own)
        except sqlite3.Error as error:
            if is_unavailable(error):
                raise unavailable(error) from error
            raise

    def stats(self) -> Stats:
        """Figures for the metrics."""
        return self._stats._replace(queued=self._writes.qsize())

    def _connect(self) -> tuple[sqlite3.Connection, sqlite3.Connection, list[sqlite3.Connection]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        writer = schema.writer(self.path, self._log_pages)
        return writer, schema.reader(self.path), [schema.reader(self.path) for _ in range(READERS)]

    def _disconnect(self) -> None:
        for thread in self._threads:
            thread.join()
        for connection in (self._own, *self._readers):
            connection.close()
        # Last, so that it folds the write-ahead log into the file.
        self._writer.close()

    def _write(self, connection: sqlite3.Connection) -> None:
        while (first := self._writes.get()) is not None:
            jobs, more = self._waiting(first)
            settled = commit_group(connection, jobs)
            self._count(settled)
            self._loop.call_soon_threadsafe(self._settle_writes, settled)
            if not more:
                return

    def _waiting(self, first: Job) -> tuple[list[Job], bool]:
        """All that is queued, up to the limit; and whether the end of the queue has not come yet."""
        jobs = [first]
        try:
            while len(jobs) < GROUP_LIMIT:
                job = self._writes.get_nowait()
                if job is None:
                    return jobs, False
                jobs.append(job)
        except Empty:
            pass
        return jobs, True

    def _count(self, settled: list[tuple[Job, Outcome]]) -> None:
        seen = self._stats
        failed = _has_failed(settled)
        self._stats = Stats(
            queued=0,
            groups=seen.groups + 1,
            writes=seen.writes + len(settled),
            largest_group=max(seen.largest_group, len(settled)),
            failed_groups=seen.failed_groups + failed,
        )

    def _settle_writes(self, settled: list[tuple[Job, Outcome]]) -> None:
        for _ in settled:
            self._room.release()
        self.failures += _has_failed(settled)
        settle(settled)

    def _read(self, connection: sqlite3.Connection) -> None:
        while (job := self._reads.get()) is not None:
            if job.future.cancelled():
                continue
            try:
                outcome = job.attempt(connection)
            except Exception as error:
                outcome = Outcome(error=unavailable(error))
            self._loop.call_soon_threadsafe(settle, [(job, outcome)])


def _has_failed(settled: list[tuple[Job, Outcome]]) -> bool:
    return all(isinstance(outcome.error, StoreUnavailable) for _, outcome in settled)


async def integrity_check(file: SqliteFile) -> str:
    """What SQLite finds wrong with the file, a line each; `ok` if nothing."""
    rows = await file.read(lambda connection: connection.execute("PRAGMA integrity_check").fetchall())
    return "\n".join(str(row[0]) for row in rows)
