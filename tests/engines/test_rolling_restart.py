"""A rolling restart of the workers on a real Kafka: how long a partition stands still while its member is away."""

from __future__ import annotations

import asyncio
import os
import time
from collections import defaultdict
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest

from shared.adapters.kafka import KafkaBus
from shared.ports import Outgoing, Subscription
from tests.engines.kafka import KAFKA

pytestmark = pytest.mark.engines
TOPIC = "tallyline.calls"
PARTITIONS, MEMBERS = 12, 3
AWAY_S = 6.0
STILL_S = 5.0
"""Less than a member is away, or may be silent: somebody else has its partitions meanwhile."""


class Reading:
    """What was read of each partition, by all members together, and when."""

    def __init__(self) -> None:
        self.offsets: dict[int, list[int]] = defaultdict(list)
        self.times: dict[int, list[float]] = defaultdict(list)

    def stood_still(self) -> float:
        """The longest time, in seconds, in which nothing of some partition was read."""
        return max(b - a for times in self.times.values() for a, b in pairwise(times))


class Worker:
    """A process with one member, which begins where the last owner of a partition ended, as from a checkpoint."""

    def __init__(self, namespace: str, reading: Reading) -> None:
        self._bus = KafkaBus(KAFKA.address(), namespace=namespace)
        self._reading = reading
        self._subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._bus.open()
        await self._bus.declare({TOPIC: PARTITIONS})
        joined: asyncio.Future[Subscription] = asyncio.get_running_loop().create_future()

        async def assigned(partitions: frozenset[int]) -> None:
            subscription = await joined
            for partition in partitions:
                subscription.seek(partition, len(self._reading.offsets[partition]))

        async def revoked(partitions: frozenset[int]) -> None:
            pass

        joined.set_result(await self._bus.subscribe(TOPIC, "views", assigned, revoked))
        self._task = asyncio.create_task(self._run(joined.result()))
        self._subscription = joined.result()

    async def _run(self, subscription: Subscription) -> None:
        while True:
            for partition, records in (await subscription.poll(1000, 0.25)).items():
                self._reading.offsets[partition] += [record.offset for record in records]
                self._reading.times[partition].append(time.monotonic())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._subscription is not None:
            await self._subscription.close()
        await self._bus.close()


async def test_no_partition_stands_still_while_its_member_is_away(capsys: pytest.CaptureFixture[str]) -> None:
    namespace, reading = f"t{os.urandom(6).hex()}.", Reading()
    async with AsyncExitStack() as stack:
        bus = KafkaBus(KAFKA.address(), namespace=namespace)
        stack.push_async_callback(bus.close)
        await bus.open()
        await bus.declare({TOPIC: PARTITIONS})
        workers = [Worker(namespace, reading) for _ in range(MEMBERS)]
        for worker in workers:
            await worker.start()
        publisher, over = bus.publisher(), asyncio.Event()

        async def telling() -> None:
            while not over.is_set():
                await asyncio.gather(*(publisher.send(TOPIC, p, [Outgoing("k", b"v")]) for p in range(PARTITIONS)))
                await asyncio.sleep(0.05)

        told = asyncio.create_task(telling())
        await asyncio.sleep(5)
        for place, worker in enumerate(workers):
            await worker.stop()
            await asyncio.sleep(AWAY_S)
            workers[place] = Worker(namespace, reading)
            await workers[place].start()
            await asyncio.sleep(3)
        over.set()
        await told
        ends = await bus.ends(TOPIC)
        async with asyncio.timeout(20):
            while any(len(reading.offsets[p]) < end for p, end in ends.items()):  # noqa: ASYNC110 - others read
                await asyncio.sleep(0.1)
        for worker in workers:
            await worker.stop()
    for partition, end in ends.items():
        assert reading.offsets[partition] == list(range(end)), "nothing is lost, and nothing is read twice"
    with capsys.disabled():
        print(f"a rolling restart of {MEMBERS}, {AWAY_S:.0f} s each: {reading.stood_still():.1f} s at the longest")
    assert reading.stood_still() < STILL_S
