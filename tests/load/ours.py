"""The product's own projector on the same job: Kafka to SQLite, three small views, kept as all views are kept."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from services.bench.ground import drain
from shared.adapters.kafka import KafkaBus
from shared.adapters.sqlite import SqliteDocuments, SqliteFile
from shared.contracts.calls import CallAnswered, CallEnded, CallStarted, SaleRecorded
from shared.engine.partitions import CHECKPOINTS, Checkpoints
from shared.engine.projection import Kept, Projector, Target
from shared.interpreter import tune
from shared.kernel import View
from shared.ports import every
from tests.load.peers.common import Order
from tests.load.traffic import PARTITIONS, Totals

Counted = CallStarted | CallAnswered | CallEnded | SaleRecorded


class Sums(msgspec.Struct, array_like=True):
    """Offered, answered, handled, milliseconds of talk, sales."""

    offered: int = 0
    answered: int = 0
    handled: int = 0
    talk_ms: int = 0
    sales: int = 0

    def take(self, event: Counted, sign: int) -> None:
        """One event in, or out."""
        if isinstance(event, CallStarted):
            self.offered += sign * event.offered
        elif isinstance(event, CallAnswered):
            self.answered += sign * event.first
        elif isinstance(event, SaleRecorded):
            self.sales += sign
        elif event.scope == "leg":
            self.handled += sign
            self.talk_ms += sign * (event.talk_ms or 0)


def fold(doc: Sums | None, event: Counted, sign: int) -> Sums:
    """Take an event into a row."""
    doc = doc or Sums()
    doc.take(event, sign)
    return doc


def merge(one: Sums, other: Sums) -> Sums:
    """Two shards of a row."""
    added = [a + b for a, b in zip(msgspec.structs.astuple(one), msgspec.structs.astuple(other), strict=True)]
    return Sums(*added)


def by_agent(event: Counted) -> list[tuple[str, Counted]]:
    """Of its agent in this hour."""
    at = event.interval
    return [(f"a|{event.partner}|{event.agent}|{at.year}-{at.month:02}-{at.day:02}T{at.hour:02}", event)]


def by_campaign(event: Counted) -> list[tuple[str, Counted]]:
    """Of its campaign."""
    return [(f"c|{event.campaign}", event)]


def by_partner(event: Counted) -> list[tuple[str, Counted]]:
    """Of its partner."""
    return [(f"p|{event.partner}", event)]


def views(topic: str) -> Sequence[View[Any, Any, Any]]:
    """The three."""
    routes = {"agents": by_agent, "campaigns": by_campaign, "partners": by_partner}
    return [
        View(name, version=1, topic=topic, events=Counted, doc=Sums, route=route, fold=fold, merge=merge)
        for name, route in routes.items()
    ]


async def main(told: Order) -> None:
    """Count all of it, and say what it took and what was counted."""
    tune()
    bus = KafkaBus(told.kafka)
    file = SqliteFile(Path(told.folder) / "views.db")
    documents = SqliteDocuments(file, "load")
    await bus.open()
    await bus.declare({told.topic: PARTITIONS})
    await file.open()
    await documents.declare(CHECKPOINTS)
    kept = views(told.topic)
    targets = [Target(view, view.name, documents) for view in kept]
    for target in targets:
        await target.declare()
    projector = Projector(f"load-{Path(told.folder).name}", told.topic, targets, Checkpoints(documents))
    spent = await drain(bus, projector)
    counted: dict[str, Sums] = {}
    for view in kept:
        async for stored in every(documents, view.name):
            key, doc = stored.id.rpartition("|")[0], msgspec.json.decode(stored.body, type=Kept[Sums]).doc or Sums()
            counted[key] = merge(counted[key], doc) if key in counted else doc
    totals: Totals = {key: list(msgspec.structs.astuple(doc)) for key, doc in counted.items()}
    await bus.close()
    await file.close()
    print(json.dumps({"records": told.records, "wall_s": spent.wall_s, "cpu_s": spent.cpu_s, "totals": totals}))


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=Order)))
