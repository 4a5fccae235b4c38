"""bytewax: keyed by agent, ids that were seen and sums in its state with recovery; accepted changes go to SQLite."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import cluster_main

from tests.load.peers.common import ADD, Clock, Row, Told, add, database, decode, delta, keys, order, rows_of, stored

told = order()
clock = Clock()
connection = database(told.folder)


class Once(StatefulBatchLogic[Told, tuple[str, Row], set[str]]):
    """The events of one agent, each once."""

    def __init__(self, seen: set[str] | None) -> None:
        self.seen = seen or set()

    def on_batch(self, values: list[Told]) -> tuple[Iterable[tuple[str, Row]], bool]:
        """The changes of those that are new."""
        found = []
        for event in values:
            id_ = event.id
            if id_ not in self.seen:
                self.seen.add(id_)
                change = delta(event.event)
                found += [(key, change) for key in keys(event.event)]
        return found, StatefulBatchLogic.RETAIN

    def snapshot(self) -> set[str]:
        """For recovery."""
        return set(self.seen)


class Rows(StatelessSinkPartition[tuple[str, tuple[str, Row]]]):
    """Changes, added to the rows in one transaction for each batch."""

    def write_batch(self, items: list[tuple[str, tuple[str, Row]]]) -> None:
        """All of them."""
        rows: dict[str, Row] = {}
        for _, (key, change) in items:
            rows[key] = add(rows[key], change) if key in rows else change
        connection.execute("BEGIN")
        connection.executemany(ADD, rows_of(rows))
        connection.execute("COMMIT")
        clock.count(0)


class ToSqlite(DynamicSink[tuple[str, tuple[str, Row]]]):
    """One for each worker."""

    def build(self, step_id: str, worker_index: int, worker_count: int) -> Rows:
        """This one's."""
        return Rows()


def read(message: Any) -> Told:
    """One record."""
    clock.begin()
    clock.records += 1
    return decode(message.value)


flow = Dataflow("peer")
records = op.input("in", flow, KafkaSource([told.kafka], [told.topic], tail=False, batch_size=5000))
events = op.map("decode", records, read)
keyed = op.key_on("agent", events, lambda event: f"{event.event.partner}:{event.event.agent}")
changes = op.stateful_batch("once", keyed, Once)
op.output("out", changes, ToSqlite())
recovery = Path(told.folder, "recovery")
recovery.mkdir()
init_db_dir(recovery, 1)
cluster_main(flow, [], 0, recovery_config=RecoveryConfig(recovery))
clock.count(0)
clock.answer(stored(told.folder))
