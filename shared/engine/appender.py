"""Appends to topics for many callers at once: what comes while a partition's request is in flight joins the next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from shared.codec import partition_of
from shared.engine.partitions import together
from shared.ports import Bus, Outgoing, Publisher, StoreUnavailable

MAX_REQUEST = 2_000


class Appender:
    """At least once: a caller that gets StoreUnavailable does not know, and sends again.

    A record that no bus takes is a ValueError for all whose records went with it: whoever appends bounds them first.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._publisher: Publisher | None = None
        self._waiting: dict[tuple[str, int], list[tuple[Sequence[Outgoing], asyncio.Future[None]]]] = {}
        self._flying: dict[tuple[str, int], asyncio.Task[None]] = {}

    async def append(self, topic: str, key: str, records: Sequence[Outgoing]) -> None:
        """Durable on return, in the key's partition."""
        place = (topic, partition_of(key, self._bus.partitions(topic)))
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(place, []).append((records, future))
        if place not in self._flying:
            self._flying[place] = asyncio.create_task(self._drain(place))
        await future

    async def append_all(self, topic: str, records: Sequence[Outgoing]) -> None:
        """Each record in the partition of its own key; durable on return. Some may be durable when it fails."""
        by_partition: dict[int, list[Outgoing]] = {}
        partitions = self._bus.partitions(topic)
        for record in records:
            by_partition.setdefault(partition_of(record.key, partitions), []).append(record)
        await together(*(self.append(topic, mine[0].key, mine) for mine in by_partition.values()))

    async def _drain(self, place: tuple[str, int]) -> None:
        try:
            while waiting := self._waiting.pop(place, []):
                await self._send(place, waiting)
        finally:
            del self._flying[place]

    async def _send(
        self, place: tuple[str, int], waiting: Sequence[tuple[Sequence[Outgoing], asyncio.Future[None]]]
    ) -> None:
        if self._publisher is None:
            self._publisher = self._bus.publisher()
        publisher = self._publisher
        error: Exception | None = None
        try:
            batch = [record for records, _ in waiting for record in records]
            for first in range(0, len(batch), MAX_REQUEST):
                await publisher.send(*place, batch[first : first + MAX_REQUEST])
        except StoreUnavailable as cause:
            error = cause
            if self._publisher is publisher:
                self._publisher = None
        except Exception as wrong:  # nobody may be left waiting
            error = wrong
        for _, future in waiting:
            if future.done():
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(type(error)(str(error)))

    async def close(self) -> None:
        """After what is in flight."""
        if self._flying:
            await asyncio.gather(*self._flying.values())
        if self._publisher is not None:
            await self._publisher.close()
