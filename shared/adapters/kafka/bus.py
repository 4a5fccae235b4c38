"""The bus on Kafka: topics that keep everything, publishers of their own, members of groups."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from shared.adapters.kafka import topics as making
from shared.adapters.kafka.access import arguments
from shared.adapters.kafka.cluster import Cluster
from shared.adapters.kafka.consuming import KafkaSubscription
from shared.adapters.kafka.log import KafkaLog
from shared.adapters.kafka.publishing import KafkaPublisher
from shared.engine.streams import IN_THE_CLEAR, Access
from shared.ports import Publisher, Record, Subscription

log = logging.getLogger(__name__)


class KafkaBus:
    """Bus. Between `open` and `close`; publishers and subscriptions that are left open are closed with it."""

    def __init__(
        self,
        bootstrap: str,
        *,
        replication: int = 1,
        min_insync: int = 1,
        client_id: str = "tallyline",
        namespace: str = "",
        timeout: float = 10.0,
        access: Access = IN_THE_CLEAR,
    ) -> None:
        self._cluster = Cluster(bootstrap, client_id, namespace, replication, min_insync, timeout, arguments(access))
        self._log = KafkaLog(self._cluster)
        self._topics: dict[str, int] = {}
        self._publishers: list[KafkaPublisher] = []
        self._subscriptions: list[KafkaSubscription] = []
        self._ending: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect. StoreUnavailable when no broker answers."""
        await self._log.open()

    async def close(self) -> None:
        """Close all that was opened. Idempotent."""
        await asyncio.gather(*(subscription.close() for subscription in self._subscriptions))
        for publisher in self._publishers:
            await publisher.close()
        if self._ending:
            await asyncio.wait(self._ending)
        await self._log.close()

    async def declare(self, topics: Mapping[str, int]) -> None:
        """See the port. ValueError too when an existing topic may lose records; StoreUnavailable without brokers."""
        for name, partitions in topics.items():
            if partitions < 1:
                raise ValueError(f"{name} cannot have {partitions} partitions")
        await making.declare(self._cluster, topics)
        await self._log.follow({self._cluster.name(name): partitions for name, partitions in topics.items()})
        self._topics |= topics

    def partitions(self, topic: str) -> int:
        """See the port. LookupError for a topic that was not declared."""
        try:
            return self._topics[topic]
        except KeyError:
            raise LookupError(f"topic {topic} is not declared") from None

    def publisher(self) -> Publisher:
        """See the port."""
        publisher = KafkaPublisher(self._cluster, self._place, self._end, self._later)
        self._publishers = [one for one in self._publishers if not one.closed]
        self._publishers.append(publisher)
        return publisher

    async def subscribe(
        self,
        topic: str,
        group: str,
        on_assigned: Callable[[frozenset[int]], Awaitable[None]],
        on_revoked: Callable[[frozenset[int]], Awaitable[None]],
    ) -> Subscription:
        """See the port. The callbacks run in a task of the subscription, never before this has returned.

        StoreUnavailable when no broker answers.
        """
        subscription = KafkaSubscription(self._cluster, topic, self.partitions(topic), group, on_assigned, on_revoked)
        self._subscriptions = [one for one in self._subscriptions if not one.closed]
        self._subscriptions.append(subscription)
        try:
            await subscription.open()
        except BaseException:
            await subscription.close()
            raise
        return subscription

    async def read(self, topic: str, partition: int, offset: int, limit: int) -> list[Record]:
        """See the port. LogCut for an offset that the log no longer holds; StoreUnavailable without brokers."""
        return await self._log.read(self._place(topic, partition), partition, offset, limit)

    async def ends(self, topic: str) -> dict[int, int]:
        """See the port. StoreUnavailable without brokers."""
        return await self._log.ends(self._cluster.name(topic), self.partitions(topic))

    async def _end(self, topic: str, partition: int) -> int:
        return (await self.ends(topic))[partition]

    def _place(self, topic: str, partition: int) -> str:
        if not 0 <= partition < self.partitions(topic):
            raise ValueError(f"{topic} has no partition {partition}")
        return self._cluster.name(topic)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._ending.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._ending.discard(task)
        if error := task.exception():
            log.warning("a producer was not ended as it should: %s", type(error).__name__)
