"""Writes a topic's records in an order that is always the same, and goes on where an earlier attempt was killed."""

from __future__ import annotations

from collections import defaultdict

from services.moving.refusals import NotEmpty
from shared.faults import reach
from shared.ports import Bus, Outgoing

RECORDS, BYTES = 500, 2 << 20
"""Of one request."""


class Log:
    """One topic being written. What stands there already must be what is to be written: then it is passed over."""

    def __init__(self, bus: Bus, topic: str, ends: dict[int, int]) -> None:
        self._bus = bus
        self._topic = topic
        self._there = ends
        self._waiting: dict[int, list[Outgoing]] = defaultdict(list)
        self._bytes: dict[int, int] = defaultdict(int)
        self._publisher = bus.publisher()
        self.written = dict.fromkeys(ends, 0)

    async def add(self, partition: int, record: Outgoing) -> None:
        """The partition's next record. NotEmpty when another one stands in its place."""
        self._waiting[partition].append(record)
        self._bytes[partition] += len(record.value)
        if len(self._waiting[partition]) >= RECORDS or self._bytes[partition] >= BYTES:
            await self._send(partition)

    async def close(self) -> dict[int, int]:
        """All is durable; the end of each partition. NotEmpty when there is more than was to be written."""
        for partition in sorted(self._waiting):
            await self._send(partition)
        await self._publisher.close()
        if self.written != await self._bus.ends(self._topic):
            raise self._foreign()
        return self.written

    async def _send(self, partition: int) -> None:
        records, start = self._waiting.pop(partition, []), self.written[partition]
        self._bytes[partition] = 0
        known = records[: max(0, self._there[partition] - start)]
        await self._compare(partition, start, known)
        rest = records[len(known) :]
        if rest and await self._publisher.send(self._topic, partition, rest) != start + len(known):
            raise self._foreign()
        reach("import.sent")
        self.written[partition] += len(records)

    async def _compare(self, partition: int, start: int, expected: list[Outgoing]) -> None:
        while expected:
            found = await self._bus.read(self._topic, partition, start, len(expected))
            if not found or [Outgoing(r.key, r.value) for r in found] != expected[: len(found)]:
                raise self._foreign()
            start, expected = start + len(found), expected[len(found) :]

    def _foreign(self) -> NotEmpty:
        return NotEmpty(f"{self._topic} holds records that are not of this archive: import into an empty system.")
