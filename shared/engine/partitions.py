"""The loop under every worker: partitions come and go, batches are applied one after the other, sessions end early.

A session is one owner's work on one partition from a checkpoint on. A refused write, a failed or unknown answer ends
the whole session: all that it remembers is dropped, and the next begins from the checkpoint if the partition is still
owned. One lock stands around *apply + checkpoint*, and whoever gives a partition away takes it too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from shared import metrics, tracing
from shared.kernel import Position
from shared.logs import about
from shared.ports import Bus, Documents, Put, Record, Refused, StoreUnavailable, Subscription

log = logging.getLogger(__name__)

CHECKPOINTS = "checkpoints"
Seen = dict[str, Position]


async def together(*steps: Awaitable[Any]) -> list[Any]:
    """The results of all, when all have ended; then the first failure, if there is one.

    Side by side they share a commit of the store. None is left running behind the back of the session that comes next.
    """
    if len(steps) == 1:
        return [await steps[0]]
    results = await asyncio.gather(*steps, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def batch(
    worker: str, topic: str, partition: int, records: Sequence[Record], causes: Iterable[str]
) -> AbstractContextManager[tracing.Span]:
    """The span in which a worker applies records, linked to what brought them about."""
    told: dict[str, str | int] = {
        "messaging.destination.name": topic,
        "messaging.destination.partition.id": str(partition),
        "messaging.batch.message_count": len(records),
    }
    return tracing.span(worker, "consumer", causes=causes, attributes=told)


class Checkpoint(msgspec.Struct, omit_defaults=True):
    """All below `offset` is applied; `seen` is the highest position of each origin below it."""

    offset: int = 0
    seen: Seen = {}


class Checkpoints:
    """Where each worker stands, in the store of what it covers.

    An old one would cost work and no more; but whoever reads a view is told of it, and must never hear of an
    earlier one. So a former owner's is refused, as is whatever else it writes.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._revisions: dict[str, int] = {}
        self._decode = msgspec.json.Decoder(Checkpoint).decode

    async def load(self, worker: str, partition: int) -> Checkpoint:
        """The checkpoint, or one at 0."""
        key = f"{worker}/{partition}"
        found = await self._documents.get(CHECKPOINTS, [key])
        self._revisions[key] = found[key].revision if key in found else 0
        return self._decode(found[key].body) if key in found else Checkpoint()

    async def offsets(self, worker: str, partitions: Iterable[int]) -> dict[int, int]:
        """How far each partition is applied, in one read; 0 without a checkpoint."""
        asked = list(partitions)
        return dict(zip(asked, await self._offsets([f"{worker}/{partition}" for partition in asked]), strict=True))

    async def least(self, workers: Iterable[str], partition: int) -> int | None:
        """How far all these workers have applied a partition, in one read; None without any."""
        return min(await self._offsets([f"{worker}/{partition}" for worker in workers]), default=None)

    async def _offsets(self, keys: Sequence[str]) -> list[int]:
        found = await self._documents.get(CHECKPOINTS, keys)
        return [self._decode(found[key].body).offset if key in found else 0 for key in keys]

    async def fence(self, worker: str, partition: int) -> int:
        """Write the checkpoint as it stands, so that every session that has loaded it is refused: its offset."""
        while True:
            checkpoint = await self.load(worker, partition)
            try:
                await self.save([worker], partition, checkpoint)
            except Refused:  # it was moved between the two
                continue
            return checkpoint.offset

    async def save(self, workers: Collection[str], partition: int, checkpoint: Checkpoint) -> None:
        """That of each of the workers, in one write: a service has forty views. Refused when another owner has moved
        one since it was loaded here or saved; the others may then be written."""
        revisions = {key: self._revisions.get(key, 0) for key in (f"{worker}/{partition}" for worker in workers)}
        body = msgspec.json.encode(checkpoint)
        await self._documents.put(CHECKPOINTS, [Put(key, revision, body) for key, revision in revisions.items()])
        self._revisions |= {key: revision + 1 for key, revision in revisions.items()}


class CheckpointBeyondLog(Exception):
    """The log is shorter than what was applied of it: another topic under the same name. The worker stops."""


class Worker(Protocol):
    """What is done with the records of a topic's partitions."""

    name: str
    topic: str

    async def begin(self, partition: int) -> int:
        """A session begins: forget all, load the checkpoint, say at which offset to start."""
        ...

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        """Apply the records and move the checkpoint. Raises Refused or StoreUnavailable to end the session."""
        ...

    def end(self, partition: int) -> None:
        """The partition is somebody else's, or the session failed: drop what is remembered of it."""
        ...


class Partitions:
    """Runs one worker on the partitions that this member of its group owns, at most `limit` records at a time.

    After each failure of a partition half as many, and after each success twice as many again: a store that is slow may
    not take a whole backlog in the time that it is given, and would be asked for ever.
    """

    def __init__(self, bus: Bus, worker: Worker, limit: int = 1000) -> None:
        self._bus = bus
        self._worker = worker
        self._limit = limit
        self._fresh: set[int] = set()
        self._waits: dict[int, float] = {}
        self._sizes: dict[int, int] = {}
        self._subscription: Subscription | None = None
        self.lock = asyncio.Lock()
        self.applied: dict[int, int] = {}
        self.turned: float | None = None
        """When the loop last began a turn, on the event loop's clock; None before the first and after the last."""

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set, or the log is shorter than the checkpoint."""
        known = self._worker.name
        metrics.REBALANCES.labels(known)
        metrics.UNREADABLE.labels(known)
        metrics.SKIPPED.labels(known)
        for cause in (Refused, StoreUnavailable):
            metrics.SESSIONS.labels(known, cause.__name__)
        subscription = await self._join(stopping)
        if subscription is None:
            return
        try:
            while not stopping.is_set():
                self.turned = asyncio.get_running_loop().time()
                metrics.POLLED.labels(known).set_to_current_time()
                metrics.ASSIGNED.labels(known).set(len(subscription.owned()))
                await self._begin_sessions(subscription)
                try:
                    batches = await subscription.poll(self._limit, 0.25)
                except StoreUnavailable:
                    log.warning("%s can't read %s", self._worker.name, self._worker.topic)
                    await asyncio.sleep(1.0)
                    continue
                async with self.lock:
                    await together(*(self._apply(subscription, *batch) for batch in batches.items()))
        finally:
            self.turned = None
            metrics.ASSIGNED.labels(known).set(0)
            await subscription.close()

    async def _join(self, stopping: asyncio.Event) -> Subscription | None:
        """Once the broker is there; None if the process is told to stop before."""
        while not stopping.is_set():
            self.turned = asyncio.get_running_loop().time()
            try:
                self._subscription = await self._bus.subscribe(
                    self._worker.topic, self._worker.name, self._assigned, self._revoked
                )
            except StoreUnavailable:
                log.warning("%s can't join its group", self._worker.name)
                await asyncio.sleep(1.0)
            else:
                return self._subscription
        return None

    def starting(self, alone: bool) -> bool:
        """Whether a session of an owned partition has yet to begin; `alone`: every partition is to be owned."""
        if self._subscription is None:
            return True
        if alone:
            return len(self.applied) < self._bus.partitions(self._worker.topic)
        return not self._subscription.owned() <= self.applied.keys()

    async def _assigned(self, partitions: frozenset[int]) -> None:
        self._fresh |= partitions
        metrics.REBALANCES.labels(self._worker.name).inc()

    async def _revoked(self, partitions: frozenset[int]) -> None:
        async with self.lock:
            for partition in partitions:
                self._worker.end(partition)
                self._fresh.discard(partition)
                self.applied.pop(partition, None)

    async def _begin_sessions(self, subscription: Subscription) -> None:
        for partition in sorted(self._fresh & subscription.owned()):
            async with self.lock:
                await self._begin(subscription, partition)

    async def _begin(self, subscription: Subscription, partition: int) -> None:
        try:
            start = await self._worker.begin(partition)
            end = (await self._bus.ends(self._worker.topic)).get(partition, 0)
        except StoreUnavailable as cause:
            await self._fail(partition, cause)
            return
        if partition not in subscription.owned():  # it went while we asked; nothing is awaited from here to the seek
            self._worker.end(partition)
            return
        if start > end:
            raise CheckpointBeyondLog(
                f"{self._worker.name}: the checkpoint of {self._worker.topic}/{partition} is {start}, its log ends "
                f"at {end}"
            )
        subscription.seek(partition, start)
        self.applied[partition] = start
        self._fresh.discard(partition)

    async def _apply(self, subscription: Subscription, partition: int, records: Sequence[Record]) -> None:
        if partition not in subscription.owned() or partition in self._fresh or not records:
            return
        size = self._sizes.get(partition, self._limit)
        taken = records[:size]
        try:
            with about(worker=self._worker.name, topic=self._worker.topic, partition=partition, offset=taken[0].offset):
                await self._worker.apply(partition, taken)
        except (Refused, StoreUnavailable) as cause:
            self._sizes[partition] = max(1, len(taken) // 2)
            await self._fail(partition, cause)
            return
        self._sizes[partition] = min(self._limit, 2 * size)
        self._waits.pop(partition, None)
        self.applied[partition] = taken[-1].offset + 1
        if len(taken) < len(records) and partition in subscription.owned():
            subscription.seek(partition, self.applied[partition])  # the rest comes again, when others had their turn
        metrics.AGE.labels(self._worker.name).set_to_current_time()

    async def _fail(self, partition: int, cause: Exception) -> None:
        """The session is over. Wait a little longer each time: a store that is away is not helped by haste."""
        self._worker.end(partition)
        self._fresh.add(partition)
        wait = min(2.0, self._waits.get(partition, 0.01) * 2)
        self._waits[partition] = wait
        metrics.SESSIONS.labels(self._worker.name, type(cause).__name__).inc()
        log.warning("session of %s/%d ended: %s", self._worker.name, partition, type(cause).__name__)
        await asyncio.sleep(wait)
