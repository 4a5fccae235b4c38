"""Records that nobody of ours wrote: no envelope at all, no key, an event of a newer release."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any, NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tests.chaos.book import CALLS, PARTNERS, TELEPHONY

ORIGIN = "newer.1/0"
NEWER = {"origin": ORIGIN, "position": [1, 0], "recorded_at": "2026-03-04T10:00:00Z"}
Message = tuple[bytes | None, bytes | None]
"""Key and value."""
TELEPHONY_RECORDS: tuple[Message, ...] = (
    (b"nobody", b"\x00 no item"),
    (None, b"no key"),
    (b"no value", None),
    (b"\xff\xfe", msgspec.msgpack.encode({"source": "nobody", "correlation": "call:1"})),
)
EVENTS: tuple[Message, ...] = (
    (b"nobody", b"{ no event"),
    (None, b"no key"),
    (b"no value", None),
    (b"newer", json.dumps(NEWER | {"event": {"type": "CallTranscribed", "call": "newer:1"}}).encode()),
    (b"newer", json.dumps(NEWER | {"position": [2, 0], "event": {"type": "CallStarted", "call": 1}}).encode()),
)


class Sent(NamedTuple):
    """Where a foreign record stands. `letter`: the tracker has to keep it as a dead letter."""

    topic: str
    partition: int
    offset: int
    letter: bool


class Refused(Exception):
    """The brokers did not take a record, and why."""


async def send(kafka: str, namespace: str) -> list[Sent]:
    """Into the first partition of each topic; where they stand."""
    producer: Any = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        found: list[Sent] = []
        for topic, messages in ((TELEPHONY, TELEPHONY_RECORDS), (CALLS, EVENTS), (PARTNERS, EVENTS)):
            for key, value in messages:
                sent = await producer.send_and_wait(namespace + topic, value, key, 0)
                found.append(Sent(topic, 0, sent.offset, topic == TELEPHONY))
        return found
    finally:
        await producer.stop()


async def append(kafka: str, namespace: str, within: float) -> None:
    """One record with all acknowledgements, to be passed over by everybody; Refused if it was not taken in time."""
    producer: Any = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", request_timeout_ms=int(within * 1000))
    try:
        async with asyncio.timeout(within):
            await producer.start()
            await producer.send_and_wait(namespace + CALLS, EVENTS[2][1], EVENTS[2][0], 0)
    except (KafkaError, OSError, TimeoutError) as error:
        raise Refused(type(error).__name__) from error
    finally:
        with contextlib.suppress(TimeoutError):  # it would try for ever
            await asyncio.wait_for(producer.stop(), 1.0)
