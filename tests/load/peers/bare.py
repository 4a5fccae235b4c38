"""A loop by hand: fetch, fold, and flush in a thread while the next batch is folded; places stand in the same
transaction as the rows, so what comes again is known by its position, also after a restart."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from aiokafka import AIOKafkaConsumer

from tests.load.peers.common import SET, Clock, Row, add, database, decode, delta, keys, order, rows_of, stored

PLACES = "CREATE TABLE IF NOT EXISTS places (part INTEGER PRIMARY KEY, next INT, origin TEXT, seen INT, nth INT)"


async def main() -> None:
    """Count all of it."""
    told = order()
    clock = Clock()
    connection = database(told.folder)
    connection.execute(PLACES)
    rows: dict[str, Row] = stored(told.folder)
    places = {place[0]: place[1:] for place in connection.execute("SELECT * FROM places")}
    consumer = AIOKafkaConsumer(told.topic, bootstrap_servers=told.kafka)
    await consumer.start()
    for part in consumer.assignment():
        consumer.seek(part, places[part.partition][0] if part.partition in places else 0)

    def flush(changed: dict[str, Row], at: list[tuple[int, int, str, int, int]]) -> None:
        connection.execute("BEGIN")
        connection.executemany(SET, rows_of(changed))
        connection.executemany("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?)", at)
        connection.execute("COMMIT")

    loop = asyncio.get_running_loop()
    flushing = None
    waiting = 0
    with ThreadPoolExecutor(1) as pool:
        while clock.records + waiting < told.records:
            batch = await consumer.getmany(timeout_ms=1000, max_records=5000)
            clock.begin()
            changed: dict[str, Row] = {}
            count = 0
            for part, records in batch.items():
                place = places.get(part.partition, (0, "", -1, -1))
                origin, seen = place[1], (place[2], place[3])
                for record in records:
                    event = decode(record.value)
                    if event.origin == origin and event.position <= seen:
                        continue
                    origin, seen = event.origin, event.position
                    change = delta(event.event)
                    for key in keys(event.event):
                        rows[key] = changed[key] = add(rows[key], change) if key in rows else change
                places[part.partition] = (records[-1].offset + 1, origin, *seen)
                count += len(records)
            if flushing is not None:
                await flushing
                clock.count(waiting)
            waiting = count
            flushing = loop.run_in_executor(pool, flush, changed, [(part, *place) for part, place in places.items()])
        if flushing is not None:
            await flushing
            clock.count(waiting)
    await consumer.stop()
    clock.answer(stored(told.folder))


asyncio.run(main())
