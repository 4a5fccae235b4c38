"""FastStream, a handler for batches: fold, then upsert, with a table of the ids that were seen in the transaction."""

from __future__ import annotations

import asyncio

from faststream import FastStream
from faststream.kafka import KafkaBroker

from tests.load.peers.common import ADD, Clock, Row, database, fold, order, rows_of, stored
from tests.load.peers.models import ToldModel

told = order()
clock = Clock()
connection = database(told.folder)
broker = KafkaBroker(told.kafka, logger=None)
app = FastStream(broker, logger=None)


@broker.subscriber(
    told.topic, group_id=told.folder, auto_offset_reset="earliest", batch=True, max_records=5000, batch_timeout_ms=50
)
async def count(messages: list[ToldModel]) -> None:
    """As many events as there were."""
    clock.begin()
    connection.execute("BEGIN")
    rows: dict[str, Row] = {}
    for message in messages:
        if connection.execute("INSERT OR IGNORE INTO seen VALUES (?)", (message.id,)).rowcount == 1:
            fold(rows, message.fact)
    connection.executemany(ADD, rows_of(rows))
    connection.execute("COMMIT")
    clock.count(len(messages))
    if clock.records == told.records:
        app.exit()


asyncio.run(app.run())
clock.answer(stored(told.folder))
