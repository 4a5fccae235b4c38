"""Reading partitions at any offset, outside any group: one request an answer, nothing fetched ahead."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import CorruptRecordException, KafkaError, LeaderNotAvailableError, OffsetOutOfRangeError, for_code
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition

from shared.adapters.kafka.cluster import Cluster, LogCut
from shared.adapters.kafka.records import record_of
from shared.ports import Record

FETCH_BYTES = 1 << 20
BYTES_A_RECORD = 1_000
"""How much is asked for; the first batch comes whole in any case."""
LATEST = -1
NO_REPLICA = -1
READ_UNCOMMITTED = 0  # speaks of transactions, of which there are none; what is not replicated is never given out
PAUSE = 0.1


class KafkaLog:
    """The partitions, as their leaders have them. Topics go by their names on the brokers.

    aiokafka's consumer would fetch ahead for as long as it has an assignment, and start anew with each other one: so
    the requests are made here, on its client.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._client: Any = AIOKafkaClient(
            bootstrap_servers=cluster.bootstrap,
            client_id=cluster.client_id,
            request_timeout_ms=cluster.request_ms,
            **cluster.arguments,
        )
        self._topics: set[str] = set()

    async def open(self) -> None:
        """Connect. StoreUnavailable when no broker answers."""
        async with self._cluster.answering("connect"):
            await self._client.bootstrap()

    async def close(self) -> None:
        """Let the brokers go."""
        await self._client.close()

    async def follow(self, topics: Mapping[str, int]) -> None:
        """Know these topics too. Returns when each of their partitions has a leader."""
        self._topics |= topics.keys()
        async with self._cluster.answering("topics"):
            await self._client.set_topics(self._topics)
            for topic, partitions in topics.items():
                await self._ends_at_last(topic, partitions)

    async def ends(self, topic: str, partitions: int) -> dict[int, int]:
        """For each partition the offset that the next record will get."""
        async with self._cluster.answering(topic):
            return await self._ends_at_last(topic, partitions)

    async def read(self, topic: str, partition: int, offset: int, limit: int) -> list[Record]:
        """Up to `limit` records from `offset` on; none from the end on. LogCut below the first that is there."""
        records: list[Record] = []
        async with self._cluster.answering(topic):
            while len(records) < limit:
                try:
                    found = await self._fetch(TopicPartition(topic, partition), offset, limit - len(records))
                except OffsetOutOfRangeError:
                    end = (await self._ends_at_last(topic, partition + 1))[partition]
                    if offset < end:
                        raise LogCut(f"{topic}/{partition} has no record {offset}, though it ends at {end}") from None
                    break
                except KafkaError as error:
                    await self._recover(error)
                    continue
                if not found:
                    break
                records += found
                offset = records[-1].offset + 1
        return records

    async def _ends_at_last(self, topic: str, partitions: int) -> dict[int, int]:
        while True:
            try:
                return await self._ends(topic, partitions)
            except KafkaError as error:
                await self._recover(error)

    async def _ends(self, topic: str, partitions: int) -> dict[int, int]:
        by_leader: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for partition in range(partitions):
            by_leader[self._leader(TopicPartition(topic, partition))].append((partition, LATEST))
        ends = {}
        for leader, asked in by_leader.items():
            request = OffsetRequest(NO_REPLICA, READ_UNCOMMITTED, [(topic, asked)])
            for _, answers in (await self._client.send(leader, request)).topics:
                for partition, error, _, offset in answers:
                    if error:
                        raise for_code(error)()
                    ends[partition] = offset
        return ends

    async def _fetch(self, place: TopicPartition, offset: int, limit: int) -> list[Record]:
        size = min(FETCH_BYTES, limit * BYTES_A_RECORD)
        request = FetchRequest(0, 1, size, READ_UNCOMMITTED, [(place.topic, [(place.partition, offset, size)])])
        response = await self._client.send(self._leader(place), request)
        ((_, ((_, error, *_, batches),)),) = response.topics
        if error:
            raise for_code(error)()
        return list(islice(records_of(batches, offset), limit))

    def _leader(self, place: TopicPartition) -> int:
        leader: int | None = self._client.cluster.leader_for_partition(place)
        if leader is None or leader < 0:
            raise LeaderNotAvailableError(place)
        return leader

    async def _recover(self, error: KafkaError) -> None:
        """Before another try; there is none when another would end in the same way."""
        if not error.retriable:
            raise error
        await self._client.force_metadata_update()
        await asyncio.sleep(PAUSE)


def records_of(batches: bytes, offset: int) -> Iterator[Record]:
    """The records from `offset` on; a batch is always sent whole, also when `offset` lies within it."""
    buffer = MemoryRecords(batches)
    while buffer.has_next():
        batch = buffer.next_batch()
        if not batch.validate_crc():
            raise CorruptRecordException
        if not batch.is_control_batch:
            for record in batch:
                if record.offset >= offset:
                    yield record_of(record)
