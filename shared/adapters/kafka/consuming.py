"""A member of a consumer group: reads the partitions that it holds, from the offsets that its owner says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from aiokafka.structs import TopicPartition

from shared.adapters.kafka.cluster import Cluster, LogCut
from shared.adapters.kafka.holdings import Callback, Holdings
from shared.adapters.kafka.records import record_of
from shared.adapters.kafka.sharing import Sharing
from shared.ports import Record, StoreUnavailable

HEARTBEAT_MS = 1_000
"""How soon a member hears that the group divides again; a hand-over takes two rounds."""
SESSION_MS = 10_000
"""A member that has not been heard for so long is taken for gone, and its partitions are given away."""
MOST_MS_BETWEEN_POLLS = 300_000
"""The same for a member that is heard but does not poll: its work hangs."""
COMMIT_EVERY = 5.0
"""Seconds between commits of offsets. Tools that show the lag read them; nothing here does."""

FIRST_ROUND = 3.0
"""Seconds that joining waits for the group's answer: a few heartbeats."""
Divided = Callable[[Collection[TopicPartition]], None]


class KafkaSubscription:
    """Subscription. A partition that it never sought is read from its first record on."""

    def __init__(
        self, cluster: Cluster, topic: str, partitions: int, group: str, on_assigned: Callback, on_revoked: Callback
    ) -> None:
        self._cluster = cluster
        self._topic = cluster.name(topic)
        self._holdings = Holdings(on_assigned, on_revoked, self._ring, self._join_again)
        self._paused: set[int] = set()
        self._dividing = True
        self._joined = asyncio.Event()
        self._waiter: asyncio.Future[None] | None = None
        self._committing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=cluster.bootstrap,
            client_id=cluster.client_id,
            **cluster.arguments,
            group_id=cluster.group(topic, group),
            partition_assignment_strategy=(Sharing(self._topic, partitions, self._claims),),
            enable_auto_commit=False,
            auto_offset_reset="none",
            heartbeat_interval_ms=HEARTBEAT_MS,
            session_timeout_ms=SESSION_MS,
            max_poll_interval_ms=MOST_MS_BETWEEN_POLLS,
            # An answer to a request to join comes when all have joined or are taken for gone.
            request_timeout_ms=max(cluster.request_ms, SESSION_MS + 5_000),
        )

    async def open(self) -> None:
        """Connect and join; partitions come later, never before this has returned. StoreUnavailable without brokers.

        Other members read nothing any more that is to be this one's when it returns, unless the group takes long, as it
        does while it misses somebody.
        """
        async with self._cluster.answering(self._topic):
            await self._consumer.start()
        # Not before the start, which would wait for the first division.
        self._consumer.subscribe([self._topic], listener=_Listener(self._revoked, self._assigned))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._joined.wait(), FIRST_ROUND)
        self._committing = asyncio.create_task(self._commit())
        self._holdings.begin()

    async def poll(self, limit: int, timeout: float) -> Mapping[int, Sequence[Record]]:
        """See the port. What a callback raised is raised here; a waiting poll returns empty when the subscription is
        closed, a later one is a RuntimeError. LogCut when the log does not hold a position."""
        if self.closed:
            raise RuntimeError("the subscription is closed")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            found = await self._look(limit)
            left = deadline - loop.time()
            if found or self.closed or left <= 0:
                return found
            await self._wait(left)

    @property
    def closed(self) -> bool:
        """Was it closed?"""
        return self._closing.is_set()

    def owned(self) -> frozenset[int]:
        """See the port."""
        return frozenset(self._holdings.positions)

    def seek(self, partition: int, offset: int) -> None:
        """See the port. ValueError for a partition that this member does not have."""
        self._holdings.seek(partition, offset)
        # In a division aiokafka may have taken the partition away and not said so yet; afterwards it is told of all.
        if partition in self._holdings.positions and not self._dividing:
            self._consumer.seek(self._place(partition), offset)
        self._ring()

    async def close(self) -> None:
        """See the port. What a callback is doing is broken off: the owner has closed, so its work has ended."""
        if self.closed:
            return
        self._closing.set()
        await self._holdings.close()
        self._ring()
        if self._committing is not None:
            # A commit that is broken off goes on in aiokafka; so it is given a moment.
            await asyncio.wait([self._committing], timeout=1.0)
            self._committing.cancel()
        stopping = asyncio.create_task(self._consumer.stop())
        await asyncio.wait([stopping])
        if stopping.cancelled() or stopping.exception() is not None:
            # While it waits between two tries of a fetch, aiokafka's consumer fails to stop before its connections.
            await self._consumer._client.close()

    async def _look(self, limit: int) -> dict[int, list[Record]]:
        # A sign of life also without partitions: a member that never fetches would be put out of the group, and could
        # not come back (aiokafka issue 1187).
        with self._consumer._subscription.fetch_context():
            pass
        if self._holdings.failure is not None:
            raise self._holdings.failure
        found: dict[int, list[Record]] = {}
        # During a division `getmany` would wait for its end.
        for partition in () if self._dividing else list(self._holdings.positions):
            place = self._place(partition)
            if partition in self._paused:
                self._paused.discard(partition)
                self._consumer.seek(place, self._holdings.positions[partition])
                self._consumer.resume(place)
            try:
                fetched = (await self._consumer.getmany(place, timeout_ms=0, max_records=limit)).get(place)
            except KafkaError as error:
                if not found:
                    raise self._meaning(error, partition) from error
                # It comes again; what was taken before it would not.
                break
            if fetched:
                self._holdings.positions[partition] = fetched[-1].offset + 1
                found[partition] = [record_of(record) for record in fetched]
        if not found and self._consumer._fetcher.error_future.done() and not self.closed:
            raise RuntimeError(f"fetching from {self._topic} has ended")
        return found

    def _meaning(self, error: KafkaError, partition: int) -> Exception:
        if isinstance(error, OffsetOutOfRangeError):
            position = self._holdings.positions[partition]
            return LogCut(f"{self._topic}/{partition} does not go on at {position}")
        if type(error) is KafkaError:
            # aiokafka's word for a fault of its own, after which the consumer does nothing any more.
            return RuntimeError(f"reading {self._topic} has ended: {error}")
        return StoreUnavailable(f"{self._topic}: {type(error).__name__}")

    async def _wait(self, timeout: float) -> None:
        """Until something was fetched, or happened here. `getmany` can wait too, but not be called off: aiokafka would
        take a call that was cancelled for one that goes on."""
        waiter = self._waiter = self._consumer._fetcher._create_fetch_waiter()
        try:
            await asyncio.wait([waiter], timeout=timeout)
        finally:
            if not waiter.cancel():
                waiter.exception()  # the next look raises it too

    def _ring(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _place(self, partition: int) -> TopicPartition:
        return TopicPartition(self._topic, partition)

    def _claims(self) -> Collection[int]:
        self._forfeit_if_put_out()
        return self._holdings.claims()

    def _forfeit_if_put_out(self) -> None:
        if self._consumer._coordinator.generation < 0:
            self._holdings.forfeit()

    def _join_again(self) -> None:
        if not self.closed:
            self._consumer._coordinator.request_rejoin()

    def _revoked(self, _: Collection[TopicPartition]) -> None:
        # aiokafka takes all from everybody whenever the group divides; here it is only a break.
        self._dividing = True
        self._forfeit_if_put_out()

    def _assigned(self, places: Collection[TopicPartition]) -> None:
        granted = frozenset(place.partition for place in places)
        self._holdings.grant(granted)
        self._paused = set()
        for partition in granted:
            self._consumer.seek(self._place(partition), self._holdings.positions.get(partition, 0))
            if partition not in self._holdings.positions:
                # Nothing is fetched before its owner has said from where.
                self._consumer.pause(self._place(partition))
                self._paused.add(partition)
        self._dividing = False
        self._joined.set()
        self._ring()

    async def _commit(self) -> None:
        while not self.closed:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), COMMIT_EVERY)
            offsets = {self._place(p): offset for p, offset in self._holdings.positions.items()}
            # In a division its generation would be wrong, and aiokafka would leave the group for it.
            if offsets and not self._dividing:
                with contextlib.suppress(KafkaError):
                    await self._consumer.commit(offsets)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no type marker
    """Hands aiokafka's calls on."""

    def __init__(self, revoked: Divided, assigned: Divided) -> None:
        self._revoked = revoked
        self._assigned = assigned

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Before each division."""
        self._revoked(revoked)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """After each division."""
        self._assigned(assigned)
