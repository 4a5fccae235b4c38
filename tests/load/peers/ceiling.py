"""The ceiling: raw `getmany`, each record decoded, nothing kept. Variant `fetch`: not even decoded."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer

from tests.load.peers.common import Clock, decode, order


async def main() -> None:
    """Read all of it."""
    told = order()
    clock = Clock()
    consumer = AIOKafkaConsumer(told.topic, bootstrap_servers=told.kafka, auto_offset_reset="earliest")
    await consumer.start()
    while clock.records < told.records:
        batch = await consumer.getmany(timeout_ms=1000, max_records=5000)
        clock.begin()
        for records in batch.values():
            if told.variant != "fetch":
                for record in records:
                    decode(record.value)
            clock.count(len(records))
    await consumer.stop()
    clock.answer(None)


asyncio.run(main())
