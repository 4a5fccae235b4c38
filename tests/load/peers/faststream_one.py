"""FastStream, a handler for one message with a pydantic model, an upsert for each event. Variant `exact`: with a table
of the ids that were seen, in the same transaction."""

from __future__ import annotations

import asyncio

from faststream import FastStream
from faststream.kafka import KafkaBroker

from tests.load.peers.common import ADD, Clock, database, delta, keys, order, stored
from tests.load.peers.models import ToldModel

told = order()
clock = Clock()
connection = database(told.folder)
broker = KafkaBroker(told.kafka, logger=None)
app = FastStream(broker, logger=None)


@broker.subscriber(told.topic, group_id=told.folder, auto_offset_reset="earliest")
async def count(message: ToldModel) -> None:
    """One event."""
    clock.begin()
    connection.execute("BEGIN")
    fresh = True
    if told.variant == "exact":
        fresh = connection.execute("INSERT OR IGNORE INTO seen VALUES (?)", (message.id,)).rowcount == 1
    if fresh:
        fact = message.fact
        change = delta(fact)
        for key in keys(fact):
            connection.execute(ADD, (key, *change))
    connection.execute("COMMIT")
    clock.count(1)
    if clock.records == told.records:
        app.exit()


asyncio.run(app.run())
clock.answer(stored(told.folder))
