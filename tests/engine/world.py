"""A store and a broker that lie: they delay, fail before or after doing, and everything that uses them may be killed.

One event loop, no threads, seeded: a seed is a schedule. The product's own loops run on it.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence

from shared.ports import Outgoing, Page, Put, Record, Refused, Stored, StoreUnavailable


class World:
    """What outlives a crash: documents and logs."""

    def __init__(self, seed: int, partitions: int = 2) -> None:
        self.dice = random.Random(seed)
        self.calm = False
        self.partitions = partitions
        self.collections: dict[str, dict[str, Stored]] = defaultdict(dict)
        self.fields: dict[str, dict[str, Mapping[str, str | int | None]]] = defaultdict(dict)
        self.logs: dict[tuple[str, int], list[Record]] = defaultdict(list)

    async def pause(self) -> None:
        """Somebody else may go first."""
        for _ in range(self.dice.choice((0, 0, 1, 1, 2, 5, 20))):
            await asyncio.sleep(0)

    async def act(self, work: Callable[[], None]) -> None:
        """Do it, or not; say so, or not."""
        await self.pause()
        chance = 1.0 if self.calm else self.dice.random()
        if chance < 0.03:
            raise StoreUnavailable("not done")
        work()
        await self.pause()
        if chance < 0.06:
            raise StoreUnavailable("done, and the answer lost")


class Documents:
    """One service's documents in the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def declare(self, collection: str, indexes: Sequence[str] = ()) -> None:
        self._world.collections[collection]

    async def get(self, collection: str, ids: Sequence[str]) -> dict[str, Stored]:
        await self._world.act(lambda: None)
        found = self._world.collections[collection]
        return {id_: found[id_] for id_ in ids if id_ in found}

    async def put(self, collection: str, puts: Sequence[Put]) -> None:
        """One after the other, others between them: an adapter promises no more."""
        refused: list[str] = []
        for put in self._world.dice.sample(list(puts), len(puts)):

            def write(put: Put = put) -> None:
                stored = self._world.collections[collection].get(put.id)
                now = stored.revision if stored else 0
                if put.revision is not None and put.revision != now:
                    refused.append(put.id)
                    return
                self._world.collections[collection][put.id] = Stored(put.id, now + 1, put.body)
                self._world.fields[collection][put.id] = put.fields

            await self._world.act(write)
        if refused:
            raise Refused(refused)

    async def find(
        self,
        collection: str,
        equal: Mapping[str, str | int] | None = None,
        order: str | None = None,
        low: str | int | None = None,
        high: str | int | None = None,
        descending: bool = False,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> Page:
        wanted = dict(equal or {})
        fields = self._world.fields[collection]
        rows = [
            stored
            for id_, stored in sorted(self._world.collections[collection].items())
            if all(fields[id_].get(name) == value for name, value in wanted.items())
        ]
        return Page(rows, None)

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        for id_ in ids:
            self._world.collections[collection].pop(id_, None)

    async def drop(self, collection: str) -> None:
        self._world.collections.pop(collection, None)


class Publisher:
    """A producing session."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._closed = False
        self._flying: set[tuple[str, int]] = set()

    async def send(self, topic: str, partition: int, records: Sequence[Outgoing]) -> int:
        if self._closed:
            raise StoreUnavailable("closed")
        place = (topic, partition)
        assert place not in self._flying, "two requests in flight for one partition"
        self._flying.add(place)
        first: list[int] = []

        def append() -> None:
            log = self._world.logs[place]
            first.append(len(log))
            log.extend([Record(len(log) + n, r.key, r.value) for n, r in enumerate(records)])

        try:
            await self._world.act(append)
        except StoreUnavailable:
            self._closed = True
            raise
        finally:
            self._flying.discard(place)
        return first[0]

    async def close(self) -> None:
        self._closed = True


class Subscription:
    """Owns every partition, whoever else does: a former owner that has not noticed."""

    def __init__(self, world: World, topic: str) -> None:
        self._world = world
        self._topic = topic
        self._positions = dict.fromkeys(range(world.partitions), 0)

    async def poll(self, limit: int, timeout: float) -> dict[int, list[Record]]:
        await self._world.pause()
        found = {}
        for partition, position in self._positions.items():
            size = self._world.dice.randint(1, 4)
            records = self._world.logs[self._topic, partition][position : position + size]
            if records:
                found[partition] = records
                self._positions[partition] = records[-1].offset + 1
        return found

    def owned(self) -> frozenset[int]:
        return frozenset(self._positions)

    def seek(self, partition: int, offset: int) -> None:
        self._positions[partition] = offset

    async def close(self) -> None:
        pass


class Bus:
    """The broker in the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def declare(self, topics: Mapping[str, int]) -> None:
        pass

    def partitions(self, topic: str) -> int:
        return self._world.partitions

    def publisher(self) -> Publisher:
        return Publisher(self._world)

    async def subscribe(
        self,
        topic: str,
        group: str,
        on_assigned: Callable[[frozenset[int]], Awaitable[None]],
        on_revoked: Callable[[frozenset[int]], Awaitable[None]],
    ) -> Subscription:
        subscription = Subscription(self._world, topic)
        await on_assigned(subscription.owned())
        return subscription

    async def read(self, topic: str, partition: int, offset: int, limit: int) -> list[Record]:
        return self._world.logs[topic, partition][offset : offset + limit]

    async def ends(self, topic: str) -> dict[int, int]:
        await self._world.pause()
        return {p: len(self._world.logs[topic, p]) for p in range(self._world.partitions)}
