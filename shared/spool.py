"""The bounded disk queue of ingest: while the broker is away, what is accepted waits here, fsynced, on our own disk.

It gives repeats and disorder, and nothing else: a key goes to the same partition as always, an entry is removed after
the broker's acknowledgement, and the tracker knows an item that comes twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from shared import metrics
from shared.ports import Documents, Outgoing, Put, Stored, StoreUnavailable, every

log = logging.getLogger(__name__)
COLLECTION = "spool"
BATCH = 500
RETRY_S = 1.0
RESERVE_BYTES = 8 << 20
"""So much of the disk is left free: to remove entries takes room too, and a disk that the spool itself has filled would
never be emptied again."""
LOG_PAGES = 256
"""Pages (8 kB) of the file's log between two checkpoints: it is part of what the disk has to hold."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """Records of one topic that were accepted together."""

    topic: str
    records: list[tuple[str, bytes]]


class Appends(Protocol):
    """The way to the broker."""

    async def append_all(self, topic: str, records: Sequence[Outgoing]) -> None:
        """Durable on return; StoreUnavailable when that is not known."""
        ...


class Spool:
    """Stands before the broker with the same promise: durable on return. `limit` is in bytes of records; `room` says
    how many bytes the disk has left."""

    def __init__(
        self,
        documents: Documents,
        broker: Appends,
        limit: int,
        patience: float = 2.0,
        room: Callable[[], int] = lambda: RESERVE_BYTES,
    ) -> None:
        self._documents = documents
        self._broker = broker
        self._limit = limit
        self._patience = patience
        self._room = room
        self._sent: list[Stored] = []
        self._next = 0
        self._away = False
        self._since: float | None = None
        self.size = 0
        self.waiting = 0
        metrics.SPOOL_AGE.set_function(self._age)

    async def open(self) -> None:
        """Find out what waits from the time before."""
        await self._documents.declare(COLLECTION)
        async for stored in every(self._documents, COLLECTION, limit=BATCH):
            self.size += len(stored.body)
            self.waiting += 1
            self._next = int(stored.id) + 1
        self._measure()

    async def append_all(self, topic: str, records: Sequence[Outgoing]) -> None:
        """To the broker, or while it is away to the disk. StoreUnavailable when the spool is full too."""
        if not self._away:
            try:
                await asyncio.wait_for(self._broker.append_all(topic, records), self._patience)
            except (StoreUnavailable, TimeoutError) as cause:
                log.warning("the broker is away (%s): spooling", type(cause).__name__)
                self._away = True
            else:
                return
        await self._keep(topic, records)

    async def _keep(self, topic: str, records: Sequence[Outgoing]) -> None:
        body = msgspec.msgpack.encode(Entry(topic, [(r.key, r.value) for r in records]))
        if self.size + len(body) > self._limit or self._room() < RESERVE_BYTES:
            raise StoreUnavailable("the spool is full")
        self.size += len(body)
        self.waiting += 1
        number, self._next = self._next, self._next + 1
        try:
            await self._documents.put(COLLECTION, [Put(f"{number:020d}", 0, body)])
        except BaseException:
            self.size -= len(body)
            self.waiting -= 1
            raise
        finally:
            self._measure()

    async def run(self, stopping: asyncio.Event) -> None:
        """Drain, oldest first, whenever the broker is there."""
        while not stopping.is_set():
            try:
                if self.waiting or self._away:
                    await self.drain()
            except StoreUnavailable as cause:
                log.warning("the spool can't be drained: %s", cause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), RETRY_S)

    async def drain(self) -> int:
        """Send what waits; an entry is removed after its acknowledgement. How many entries."""
        drained = await self._forget()
        while True:
            page = await self._documents.find(COLLECTION, limit=BATCH)
            if not page.items:
                self._away = False
                return drained
            entries = [msgspec.msgpack.decode(stored.body, type=Entry) for stored in page.items]
            by_topic: dict[str, list[Outgoing]] = {}
            for entry in entries:
                by_topic.setdefault(entry.topic, []).extend(Outgoing(key, value) for key, value in entry.records)
            for topic, records in by_topic.items():
                await self._broker.append_all(topic, records)
            # Before the disk is asked to forget: full, it could not, and the way to the broker is open again.
            self._away = False
            self._sent = page.items
            drained += await self._forget()

    async def _forget(self) -> int:
        """Remove what was sent; how many entries. While the disk can't, they are not sent again by this process."""
        sent = self._sent
        if not sent:
            return 0
        await self._documents.delete(COLLECTION, [stored.id for stored in sent])
        self._sent = []
        self.size -= sum(len(stored.body) for stored in sent)
        self.waiting -= len(sent)
        self._measure()
        return len(sent)

    def _age(self) -> float:
        return 0.0 if self._since is None else time.monotonic() - self._since

    def _measure(self) -> None:
        if not self.waiting:
            self._since = None
        elif self._since is None:
            self._since = time.monotonic()
        metrics.SPOOL_ENTRIES.set(self.waiting)
        metrics.SPOOL_BYTES.set(self.size)
        metrics.SPOOL_SHARE.set(self.size / self._limit)
