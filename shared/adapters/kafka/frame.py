"""The frame of what is read from partners' own Kafka topics: FastStream's life cycle, metrics, ping and subscriber."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.structs import ConsumerRecord, TopicPartition
from faststream import AckPolicy
from faststream.exceptions import FastStreamException
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.prometheus import KafkaPrometheusMiddleware
from faststream.kafka.schemas import Topic

from shared import metrics
from shared.adapters.kafka.access import security
from shared.engine.streams import ForeignRecord, Place, Take
from shared.ports import StoreUnavailable

log = logging.getLogger(__name__)
framework = logging.getLogger(f"{__name__}.faststream")
framework.setLevel(logging.ERROR)  # it warns of what is meant here: that no topic is created

BATCH = 200
BATCH_WAIT_MS = 100
"""How long a poll waits; FastStream sleeps as long again after an empty one."""
PAUSES = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Seconds before each try to take what could not be taken. All of them, and the tries, must end well before the group
takes a member that does not poll for dead (300 s); then the same records are read again."""
CONNECT_S = 30.0
"""Seconds for connecting and for the group's first answer, which comes when it has missed whoever was killed (10 s)."""
REQUEST_MS = 20_000
PING_S = 3.0
GRACE_S = 8.0
"""Seconds that closing waits for what is being taken."""

AWAY = (KafkaError, FastStreamException, OSError, TimeoutError)

PROMETHEUS = KafkaPrometheusMiddleware(
    registry=metrics.REGISTRY, app_name="tallyline", metrics_prefix="tallyline_stream"
)
"""One for all streams, whose metrics differ by the topic."""


class KafkaStream:
    """Stream. FastStream acknowledges nothing by itself (`AckPolicy.MANUAL`), and never more than was taken is."""

    def __init__(self, place: Place, take: Take) -> None:
        self._place = place
        self._take = take
        self._closing = asyncio.Event()
        self.broker = KafkaBroker(
            place.bootstrap.split(","),
            client_id="tallyline",
            security=security(place.access),
            consumer_only=True,  # a partner has to let us read, and nothing else
            request_timeout_ms=REQUEST_MS,
            graceful_timeout=GRACE_S,
            middlewares=(PROMETHEUS,),
            logger=framework,
            log_level=logging.DEBUG,
            apply_types=False,
        )
        self._subscriber = self.broker.subscriber(
            Topic(place.topic, declare=False),  # it is theirs: if it is not there, it is not ours to create
            group_id=place.group,
            batch=True,
            max_records=BATCH,
            batch_timeout_ms=BATCH_WAIT_MS,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            parser=_as_it_is,
            decoder=_records,
            no_reply=True,
        )
        self._subscriber(self._hand_on)

    async def open(self) -> None:
        """See Stream."""
        try:
            async with asyncio.timeout(CONNECT_S):
                await self.broker.start()
        except BaseException as wrong:
            await self.broker.stop()
            if isinstance(wrong, AWAY):
                raise StoreUnavailable(f"{self._place.topic}: {type(wrong).__name__}") from wrong
            raise

    async def reachable(self) -> bool:
        """See Stream. FastStream's own ping needs an administrator's connection."""
        consumer = self._subscriber.consumer
        try:
            async with asyncio.timeout(PING_S):
                return consumer is not None and bool(await consumer.topics())
        except (KafkaError, TimeoutError):
            return False

    async def close(self) -> None:
        """See Stream."""
        self._closing.set()
        await self.broker.stop()

    async def _hand_on(self, records: Sequence[ForeignRecord]) -> None:
        """Take all of a batch, however often that must be tried; else have it read again. Nothing is passed over."""
        waiting = records
        for pause in PAUSES:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), pause)
            if self._closing.is_set():
                return
            waiting = await self._try(waiting)
            if not waiting:
                await self._acknowledge(records)
                return
        self._read_again(records)

    async def _try(self, records: Sequence[ForeignRecord]) -> Sequence[ForeignRecord]:
        """Those that could not be taken."""
        results = await asyncio.gather(*(self._take(record) for record in records), return_exceptions=True)
        failed = [(record, result) for record, result in zip(records, results, strict=True) if result is not None]
        if failed:
            # The kind only: a text may hold what the record held.
            log.warning(
                "%s: %d of %d wait: %s", self._place.topic, len(failed), len(records), type(failed[0][1]).__name__
            )
        return [record for record, _ in failed]

    async def _acknowledge(self, records: Sequence[ForeignRecord]) -> None:
        """With the offsets of these records: the consumer's own position may be beyond what was taken."""
        ends: dict[TopicPartition, int] = {}
        for record in records:
            place = TopicPartition(record.topic, record.partition)
            ends[place] = max(ends.get(place, 0), record.offset + 1)
        consumer = self._subscriber.consumer
        try:
            if consumer is not None:
                await consumer.commit(ends)
        except (KafkaError, IllegalStateError) as lost:
            # The group has divided meanwhile: whoever has the partition now reads these again, and knows them.
            log.info("%s: not acknowledged: %s", self._place.topic, type(lost).__name__)

    def _read_again(self, records: Sequence[ForeignRecord]) -> None:
        consumer = self._subscriber.consumer
        first: dict[TopicPartition, int] = {}
        for record in records:
            first.setdefault(TopicPartition(record.topic, record.partition), record.offset)
        for place, offset in first.items():
            # One that was taken from us meanwhile is read from what was acknowledged.
            with contextlib.suppress(IllegalStateError):
                if consumer is not None:
                    consumer.seek(place, offset)


async def _as_it_is(raw: tuple[ConsumerRecord, ...]) -> KafkaMessage:
    """FastStream's own parser would fail on a header that is not UTF-8, and the batch would be passed over."""
    first, last = raw[0], raw[-1]
    return KafkaMessage(
        raw_message=raw,
        body=[record.value or b"" for record in raw],
        message_id=f"{first.offset}-{last.offset}-{first.timestamp}",
        consumer=_Nobody(),
    )


async def _records(message: KafkaMessage) -> list[ForeignRecord]:
    """What is handed on: nothing is decoded here, so nothing can fail here."""
    return [
        ForeignRecord(
            one.topic,
            one.partition,
            one.offset,
            one.timestamp,
            one.value or b"",
            tuple((name, value or b"") for name, value in one.headers),
        )
        for one in message.raw_message
    ]


class _Nobody:
    """Stands where a message would acknowledge itself, which would take the consumer's whole position with it."""

    async def commit(self) -> None:
        raise RuntimeError("records are acknowledged with their offsets")

    def seek(self, partition: TopicPartition, offset: int) -> None:
        raise RuntimeError("records are sought with their offsets")
