"""Producing sessions: one request in flight for a partition, and none ever again after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerClosed

from shared.adapters.kafka.cluster import Cluster
from shared.adapters.kafka.topics import MAX_BATCH
from shared.ports import Outgoing, StoreUnavailable

RECORD_OVERHEAD = 128
"""Bytes that a batch and its one record may take beside key and value."""

Place = Callable[[str, int], str]
"""Topic and partition -> the topic's name on the brokers. LookupError or ValueError for what there is not."""
End = Callable[[str, int], Coroutine[Any, Any, int]]


class KafkaPublisher:
    """A producing session: one idempotent producer of its own, connected with the first send.

    A producer that failed on a batch may still have it in a queue, or have it on its way; so it is never used again.
    """

    def __init__(self, cluster: Cluster, place: Place, end: End, later: Callable[[Coroutine[Any, Any, None]], None]):
        self._cluster = cluster
        self._place = place
        self._end = end
        self._later = later
        self._producer: Any = None
        self._starting: asyncio.Task[None] | None = None
        self._sending: set[tuple[str, int]] = set()
        self.closed = False

    async def send(self, topic: str, partition: int, records: Sequence[Outgoing]) -> int:
        """See the port. What is larger than one request goes out as several, in order, each after the one before.

        ValueError, with nothing sent, for a record that no request can hold; RuntimeError for a second call for a
        partition while the first is under way.
        """
        if self.closed:
            raise StoreUnavailable("the publisher is closed")
        name = self._place(topic, partition)
        for record in records:
            if len(record.key.encode()) + len(record.value) + RECORD_OVERHEAD > MAX_BATCH:
                raise ValueError(f"a record of {len(record.value)} bytes is too large for {topic}")
        if (topic, partition) in self._sending:
            raise RuntimeError(f"a send to {topic}/{partition} is under way")
        self._sending.add((topic, partition))
        try:
            if not records:
                return await self._end(topic, partition)
            async with self._cluster.answering(topic):
                return await self._send(name, partition, records)
        except BaseException:
            # Also when the caller goes away: whether the records are there is then not known to anybody.
            await self.close()
            raise
        finally:
            self._sending.discard((topic, partition))

    async def close(self) -> None:
        """See the port. Does not wait for the brokers: what is left of the producer ends behind the session's back."""
        if not self.closed:
            self.closed = True
            if self._producer is not None:
                self._later(_end(self._producer, self._starting))

    async def _send(self, name: str, partition: int, records: Sequence[Outgoing]) -> int:
        producer = await self._started()
        firsts = []
        start = 0
        while start < len(records):
            batch = producer.create_batch()
            count = start
            while count < len(records) and _append(batch, records[count]):
                count += 1
            sent = await (await producer.send_batch(batch, name, partition=partition))
            if sent.offset < 0:
                # The broker remembers that it has the batch, but no longer where.
                raise StoreUnavailable(f"{name}/{partition} has the records at an unknown offset")
            firsts.append(sent.offset)
            start = count
        return int(firsts[0])

    async def _started(self) -> Any:
        if self._starting is None:
            self._producer = AIOKafkaProducer(
                bootstrap_servers=self._cluster.bootstrap,
                client_id=self._cluster.client_id,
                **self._cluster.arguments,
                request_timeout_ms=self._cluster.request_ms,
                acks="all",
                enable_idempotence=True,
                compression_type="zstd",
                linger_ms=0,
                max_batch_size=MAX_BATCH,
            )
            self._starting = asyncio.create_task(self._producer.start())
        # One that goes away must not take the start from the others.
        await asyncio.shield(self._starting)
        return self._producer


def _append(batch: Any, record: Outgoing) -> bool:
    return batch.append(timestamp=None, key=record.key.encode(), value=record.value) is not None


async def _end(producer: Any, starting: asyncio.Task[None] | None) -> None:
    """End a producer, whatever it is doing.

    `stop` alone sends what is queued first, and an idempotent producer tries for ever: so its sender is ended before
    (it waits for its requests, each of which has a timeout), then what is queued is given up.
    """
    if starting is not None and not starting.done():
        starting.cancel()
    if starting is not None:
        await asyncio.wait([starting])
        if not starting.cancelled():
            starting.exception()
    await producer._sender.close()
    accumulator = producer._message_accumulator
    # A batch that waits for another try is queued, but no longer among those whose end aiokafka expects.
    accumulator._pending_batches.update(batch for queue in accumulator._batches.values() for batch in queue)
    given_up = list(accumulator._pending_batches)
    accumulator.fail_all(ProducerClosed())
    for batch in given_up:
        # The sends that waited for them may be gone; a failure that nobody asks for would be complained of.
        batch.future.exception()
        batch._drain_waiter.exception()
    await producer.stop()
