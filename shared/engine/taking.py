"""A worker that takes the events of a topic, each once: what all such workers share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from shared.engine.partitions import Checkpoint, Checkpoints, Seen, batch
from shared.engine.reading import First, Reader
from shared.ports import Record


class Taking(ABC):
    """Reads first copies of the events of a union and moves the checkpoint when they were taken.

    What was taken and not yet noted is taken again after a kill, so `take` must change nothing the second time.
    """

    def __init__(self, name: str, topic: str, events: Any, checkpoints: Checkpoints) -> None:
        self.name = name
        self.topic = topic
        self._checkpoints = checkpoints
        self._reader = Reader(name, events)
        self._seen: dict[int, Seen] = {}

    async def begin(self, partition: int) -> int:
        """From the checkpoint."""
        checkpoint = await self._checkpoints.load(self.name, partition)
        self._seen[partition] = dict(checkpoint.seen)
        return checkpoint.offset

    def end(self, partition: int) -> None:
        """Nothing is remembered."""
        self._seen.pop(partition, None)

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        """What the events bring about is durable before the checkpoint moves."""
        seen = self._seen[partition]
        firsts = await self._reader.read(records, seen)
        with batch(self.name, self.topic, partition, records, (first.recorded.trace for first in firsts)):
            await self.take(partition, records, firsts)
        await self._checkpoints.save([self.name], partition, Checkpoint(records[-1].offset + 1, seen))

    @abstractmethod
    async def take(self, partition: int, records: Sequence[Record], firsts: Sequence[First]) -> None:
        """Do what the events ask for, durably. `records` are all that were read, `firsts` the events among them."""
