"""pyeventsourcing's projection into SQLite. Its events have to lie in its own log, which is in memory, since that on
SQLite can't be subscribed to; putting them there is not part of the clock. Ids that were seen stand in a table."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from aiokafka import AIOKafkaConsumer
from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.sqlite import SQLiteTrackingRecorder

from tests.load.peers.common import ADD, Clock, Fact, Row, decode, delta, keys, order

told = order()
clock = Clock()
filled = threading.Event()
TABLES = (
    "CREATE TABLE IF NOT EXISTS views (key TEXT PRIMARY KEY, offered INT, answered INT, handled INT, talk_ms INT, "
    "sales INT) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY) WITHOUT ROWID",
)


class Agent(Aggregate):
    """What happened to one agent's calls."""

    @event("Opened")
    def __init__(self) -> None:
        pass

    @event("Happened")
    def happen(self, told_as: str, fact: dict[str, Any]) -> None:
        """One event."""


class Log(Application[Any]):
    """The events."""


class Views(SQLiteTrackingRecorder):
    """Tables beside the tracking of what was processed."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.create_table_statements.extend(TABLES)

    def take(self, id_: str, fact: Fact, tracking: Tracking) -> None:
        """One event and its place, in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute("INSERT OR IGNORE INTO seen VALUES (?) RETURNING id", (id_,))
            if cursor.fetchone() is not None:
                change = delta(fact)
                for key in keys(fact):
                    cursor.execute(ADD, (key, *change))

    def skip(self, tracking: Tracking) -> None:
        """Nothing of interest."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)

    def rows(self) -> dict[str, Row]:
        """What they say."""
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute("SELECT * FROM views")
            return {row[0]: tuple(row[1:]) for row in cursor.fetchall()}


class Counting(Projection[Views]):
    """Log to tables."""

    name = "views"
    topics = ()

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """What opens an agent counts for nothing."""
        filled.wait()
        self.view.skip(tracking)

    @process_event.register
    def _(self, domain_event: Agent.Happened, tracking: Tracking) -> None:
        clock.begin()
        self.view.take(domain_event.told_as, Fact(**domain_event.fact), tracking)
        clock.count(1)


async def fill(log: Log) -> int:
    """All records of the topic into the log; its last number."""
    consumer = AIOKafkaConsumer(told.topic, bootstrap_servers=told.kafka, auto_offset_reset="earliest")
    await consumer.start()
    agents: dict[str, Agent] = {}
    done = 0
    while done < told.records:
        for records in (await consumer.getmany(timeout_ms=1000, max_records=2000)).values():
            touched = {}
            for record in records:
                one = decode(record.value)
                name = f"{one.event.partner}:{one.event.agent}"
                touched[name] = agent = agents.setdefault(name, Agent())
                fact = {field: getattr(one.event, field) for field in Fact.__struct_fields__}
                agent.happen(told_as=one.id, fact=fact)
            log.save(*touched.values())
            done += len(records)
    await consumer.stop()
    return log.recorder.max_notification_id() or 0


env = {
    "VIEWS_PERSISTENCE_MODULE": "eventsourcing.sqlite",
    "VIEWS_SQLITE_DBNAME": f"{told.folder}/views.db",
}
with ProjectionRunner(application_class=Log, projection_class=Counting, view_class=Views, env=env) as runner:
    last = asyncio.run(fill(runner.app))
    filled.set()
    runner.wait(last, timeout=600)
    totals = runner.projection.view.rows()
clock.answer(totals)
