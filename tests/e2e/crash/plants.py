"""Mistakes planted into a server, each of which the checker must find; one schedule that is no mistake; and ends that
never come."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from services.calls.tracking.tracking import Tracker, collection_of
from shared import interpreter
from shared.adapters.engines import Embedded
from shared.adapters.sqlite import SqliteDocuments
from shared.codec import recorded_decoder
from shared.contracts.calls import PublicCallEvent
from shared.engine.appender import Appender
from shared.engine.partitions import Checkpoint, Seen
from shared.engine.reading import First, Reader
from shared.faults import reach
from shared.ports import Outgoing, Put, Record, Refused

ASLEEP = 40
"""How many batches of a partition have a slow owner."""
LATE_S = 0.4


def checkpoint_before_write() -> None:
    """The tracker's checkpoint is moved before its documents are written."""

    async def apply(self: Any, partition: int, records: Sequence[Record]) -> None:
        session = self._sessions[partition]
        taken, notes = await _folded(self, session, partition, records)
        await self._checkpoints.save([self.name], partition, Checkpoint(records[-1].offset + 1))
        reach("tracker.checkpointed")
        await self._note(session, partition, taken, notes)
        await self._write(session, [(a, t) for a, t in taken if t.changed])
        await self._publish(session, taken)
        session.checkpoint = records[-1].offset + 1

    Tracker.apply = apply  # type: ignore[method-assign]


def slow_owner() -> None:
    """No mistake: a former owner of a partition writes what it had folded long ago, and the process dies."""
    original = Tracker.apply
    asleep: dict[int, list[Any]] = {}

    async def apply(self: Any, partition: int, records: Sequence[Record]) -> None:
        ghosts = asleep.setdefault(partition, [])
        if len(ghosts) < ASLEEP:
            ghosts.append(await _fallen_asleep(self, partition, records))
        await original(self, partition, records)
        for ghost, session, taken in ghosts:
            if _overtaken(self._sessions[partition], session, taken) and not _journal().exists():
                try:
                    await ghost._write(session, taken)
                    outcome = "written"
                except Refused:
                    outcome = "refused"
                _note(f"the slow owner's write was {outcome}")
                os.kill(os.getpid(), signal.SIGKILL)

    Tracker.apply = apply  # type: ignore[method-assign]


def _overtaken(now: Any, then: Any, taken: Sequence[Any]) -> bool:
    """Whether a document was written once more after the batch that the slow owner holds."""
    keys = [(collection_of(arrival.item), arrival.item.document) for arrival, _ in taken]
    return any(now.calls[key].revision > then.calls[key].revision + 1 for key in keys)


def _journal() -> Path:
    return Path(os.environ["TALLYLINE_FAULT_JOURNAL"])


def _note(line: str) -> None:
    _journal().write_text(f"{line}\n", encoding="utf-8")


async def _folded(owner: Any, session: Any, partition: int, records: Sequence[Record]) -> tuple[Any, Any]:
    """A batch opened, loaded and folded, with the notes of its deliveries; nothing is written."""
    items, _ = await owner._readable(partition, records)
    arrivals = await owner._open(session, partition, items)
    notes = await owner._load_notes(partition, arrivals)
    await owner._load_documents(session, arrivals)
    await owner._load_days(session, partition, arrivals)
    return [owner._fold(session, arrival) for arrival in arrivals], notes


async def _fallen_asleep(owner: Any, partition: int, records: Sequence[Record]) -> tuple[Any, Any, Any]:
    """A second owner that has folded the batch and not written it."""
    ghost: Any = Tracker(
        owner._bus,
        owner._documents,
        owner._checkpoints,
        owner._sources,
        owner._vault,
        owner._letters,
        owner._now,
        owner._generation,
        owner._told,
    )
    await ghost.begin(partition)
    session = ghost._sessions[partition]
    taken, _ = await _folded(ghost, session, partition, records)
    return ghost, session, [(a, t) for a, t in taken if t.changed]


def no_revision_condition() -> None:
    """Documents are written whatever their revision is, and a former owner is slow."""
    original = SqliteDocuments.put

    async def put(self: SqliteDocuments, collection: str, puts: Sequence[Put]) -> None:
        await original(self, collection, [p._replace(revision=None) for p in puts])

    SqliteDocuments.put = put  # type: ignore[method-assign]
    slow_owner()


def no_origin_check() -> None:
    """The reader takes every record for a first copy."""
    decode = recorded_decoder(PublicCallEvent).decode
    original = Reader.first_copies

    def first_copies(self: Reader, records: Sequence[Record], seen: Seen) -> Iterator[First]:
        for record in records:
            try:
                yield First(record.offset, decode(record.value))
            except msgspec.ValidationError:
                yield from original(self, [record], seen)

    Reader.first_copies = first_copies  # type: ignore[method-assign]


def answer_before_storing() -> None:
    """Ingest answers as soon as the items are on their way to the log."""
    original = Appender.append_all
    late: set[asyncio.Task[None]] = set()

    async def append_all(self: Appender, topic: str, records: Sequence[Outgoing]) -> None:
        async def store() -> None:
            await asyncio.sleep(LATE_S)
            await original(self, topic, records)

        task = asyncio.create_task(store())
        late.add(task)
        task.add_done_callback(late.discard)

    Appender.append_all = append_all  # type: ignore[method-assign]


def loop_that_never_ends() -> None:
    """Something waits on, however often it is cancelled, when all is closed."""

    async def never(engine: Embedded) -> None:
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(1)

    _closes(never)


def event_loop_that_hangs() -> None:
    """Nothing else gets its turn any more when all is closed."""

    async def never(engine: Embedded) -> None:
        time.sleep(3600)  # noqa: ASYNC251 - this is what is planted

    _closes(never)


def thread_that_never_ends() -> None:
    """A thread works on when all is closed."""

    async def never(engine: Embedded) -> None:
        await asyncio.to_thread(time.sleep, 3600)

    _closes(never)


def _closes(never: Callable[[Embedded], Awaitable[None]]) -> None:
    Embedded.close = never  # type: ignore[method-assign,assignment]
    interpreter.ENDS_AFTER_S = 2.0
