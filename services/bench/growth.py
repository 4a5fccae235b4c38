"""How a system grows: what a day of calls costs after how many days, and how many bytes each kind of thing takes."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import date
from typing import Any

from services.bench.figures import Figures, report
from services.bench.ground import FIRST_DAY, SEED, drain, opened, projector_of, put, tracker_of
from services.bench.on import EMBEDDED, On
from services.calls.tracker.call_document import AGENTS, AGENTS_NOW, CALLS
from services.calls.tracker.intake import DELIVERIES, INTAKE
from services.calls.views.evidence import evidence
from services.calls.views.performance import performance, performance_day
from services.calls.views.performance_month import performance_month
from services.embedded import Embedded
from services.simulate.company import CONNECTORS
from services.simulate.stream import history_day
from shared.contracts.calls import TELEPHONY_TOPIC, TOPIC
from shared.ports import Bus, Documents, every
from shared.runtime import Kit

VIEWS: Sequence[Any] = (performance, performance_day, performance_month, evidence)
READ = 2_000
BATCH = 100
"""Records that are compressed together, as a batch on its way to a broker: by zlib, which does it about as well."""


async def growth(days: int, partners: int, agents: int, on: On = EMBEDDED) -> Figures:
    """`days` of a company, one after the other: microseconds of CPU for an item and an event on each of them, then the
    size of all that has come together."""
    costs: list[Figures] = []
    async with opened(CONNECTORS, on, partners, agents) as (system, firm):
        kit = system.runtime.kits["calls"]
        for n in range(days):
            day = date.fromordinal(FIRST_DAY.toordinal() + n)
            items = await put(system, iter(history_day(firm, SEED, day)), run=n)
            before = sum((await kit.bus.ends(TOPIC)).values())
            tracked = await drain(kit.bus, tracker_of(system))
            events = sum((await kit.bus.ends(TOPIC)).values()) - before
            folded = await drain(kit.bus, projector_of(system).worker)
            if items and events:
                costs.append(
                    {
                        "items": items,
                        "tracker_us": round(tracked.cpu_s / items * 1e6, 1),
                        "events": events,
                        "views_us": round(folded.cpu_s / events * 1e6, 1),
                    }
                )
        sizes = await _sizes(system, kit)
    return report(
        "growth",
        on.figures() | {"days": days, "partners": partners, "agents": agents, "costs": costs, "sizes": sizes},
    )


async def _sizes(system: Embedded, kit: Kit) -> Figures:
    """Records and documents, with the bytes of their keys and bodies: the stores' own frames come on top."""
    collections = [CALLS, AGENTS, AGENTS_NOW, DELIVERIES, INTAKE, *(kit.views.collection(view) for view in VIEWS)]
    sizes: Figures = {topic: await _log(kit.bus, topic) for topic in (TELEPHONY_TOPIC, TOPIC)}
    sizes |= {name: await _collection(kit.documents, name) for name in collections}
    file = system.settings.data / "tallyline.db"
    return sizes | ({"file": file.stat().st_size} if file.exists() else {})


async def _log(bus: Bus, topic: str) -> Figures:
    n = size = packed = 0
    for partition, end in (await bus.ends(topic)).items():
        offset = 0
        while offset < end:
            records = await bus.read(topic, partition, offset, READ)
            offset = records[-1].offset + 1
            n += len(records)
            size += sum(len(record.key) + len(record.value) for record in records)
            for first in range(0, len(records), BATCH):
                packed += len(zlib.compress(b"".join(each.value for each in records[first : first + BATCH])))
    return {"n": n, "bytes": size, "packed": packed, "each": round(size / n, 1) if n else 0}


async def _collection(documents: Documents, collection: str) -> Figures:
    sizes = [len(found.id) + len(found.body) async for found in every(documents, collection)]
    return {
        "n": len(sizes),
        "bytes": sum(sizes),
        "each": round(sum(sizes) / len(sizes), 1) if sizes else 0,
        "largest": max(sizes, default=0),
    }
