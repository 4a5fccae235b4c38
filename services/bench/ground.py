"""The ground for measurements: a whole system in a folder of its own, with a simulated company and filled logs."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import msgspec

from services.bench.figures import Spent, measured
from services.bench.on import EMBEDDED, On
from services.calls.connectors.base import Delivery
from services.calls.doors.ingest import items_of, split_delivery
from services.calls.doors.sources import Sources
from services.calls.tracker.items import encode_item
from services.calls.tracking.tracking import Tracker
from services.embedded import Embedded, embedded
from services.simulate.company import CONNECTORS, Company, company
from services.simulate.driver import set_up_company
from services.simulate.stream import TimedDelivery, history_day
from shared.contracts.calls import TELEPHONY_TOPIC, TOPIC
from shared.engine.partitions import Partitions, Worker
from shared.engine.projection import Projector
from shared.ports import Bus, Outgoing
from shared.runtime import Kit, Running

PARTNERS, AGENTS, SEED = 6, 120, 1
FIRST_DAY = date(2026, 3, 2)
FILL = 500


@asynccontextmanager
async def folder() -> AsyncIterator[Path]:
    """A data folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tallyline-bench-") as path:
        yield Path(path)


@asynccontextmanager
async def opened(
    connectors: Sequence[str] = CONNECTORS, on: On = EMBEDDED, partners: int = PARTNERS, agents: int = AGENTS
) -> AsyncIterator[tuple[Embedded, Company]]:
    """A system that knows the company, with its routes but without its loops: a measurement runs what it measures."""
    firm = company(SEED, partners, agents, connectors)
    async with folder() as data:
        settings = on.settings(data)
        async with embedded(settings, on.ports) as system:
            await set_up_company(system.client, firm, demo=True)
            await system.settled()
        system = Embedded(settings, on.ports)
        try:
            await system.open()
            yield system, firm
        finally:
            await system.stop()


def tracker_of(system: Embedded) -> Tracker:
    """The worker of the tracker. LookupError when there is none."""
    for worker in system.runtime.parts["calls"].workers:
        if isinstance(worker, Tracker):
            return worker
    raise LookupError("the calls service has no tracker")


def projector_of(system: Embedded) -> Running:
    """The projector that keeps the views of the calls topic. LookupError when there is none."""
    for running in system.runtime.running:
        if isinstance(running.worker, Projector) and running.worker.topic == TOPIC:
            return running
    raise LookupError("nothing keeps the views of calls")


def traffic(firm: Company) -> Iterator[TimedDelivery]:
    """The company's days one after the other, without end."""
    days = (date.fromordinal(FIRST_DAY.toordinal() + n) for n in count())
    return chain.from_iterable(history_day(firm, SEED, day) for day in days)


async def fill(system: Embedded, firm: Company, items: int) -> int:
    """Put at least so many items on the telephony log, as ingest would, without its door; how many."""
    return await put(system, traffic(firm), items)


async def put(system: Embedded, found: Iterator[TimedDelivery], items: int | None = None, run: int = 0) -> int:
    """Put these deliveries there, all or until there are so many items; how many. `run` is another each time."""
    kit = system.runtime.kits["calls"]
    sources = Sources(kit.views, kit.vault)
    await sources.refresh()
    written = 0
    while deliveries := list(islice(found, FILL)):
        batch: list[Outgoing] = []
        for n, delivery in enumerate(deliveries):
            batch += await _sealed(kit, sources, delivery, f"{run:04x}{written:08x}{n:016x}")
        await kit.appender.append_all(TELEPHONY_TOPIC, batch)
        written += len(batch)
        if items is not None and written >= items:
            break
    return written


async def _sealed(kit: Kit, sources: Sources, delivery: TimedDelivery, id_: str) -> list[Outgoing]:
    source = sources.get(delivery.source)
    if source is None:
        raise LookupError(delivery.source)
    key = await kit.vault.month_key(source.settings.partner, f"{delivery.received_at:%Y-%m}")
    url = f"{source.settings.public_url}{delivery.path.partition(delivery.source)[2]}"
    meta = msgspec.json.decode(delivery.headers.get("tallyline-meta", "{}"), type=dict[str, Any])
    whole = Delivery(delivery.method, url, delivery.headers, delivery.body, delivery.received_at, meta)
    items = items_of(id_, source, split_delivery(source, whole), delivery.received_at, key)
    return [Outgoing(item.document, encode_item(item)) for item in items]


async def drain(bus: Bus, worker: Worker) -> Spent:
    """Run one worker alone, in its own loop, until it has applied all that its topic holds; what that took, from the
    moment at which it had joined its group and knew where to start."""
    partitions = Partitions(bus, worker)
    stopping = asyncio.Event()
    ends = await bus.ends(worker.topic)
    running = asyncio.ensure_future(partitions.run(stopping))
    while not running.done() and len(partitions.applied) < len(ends):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.001)
    with measured() as spent:
        while not running.done() and partitions.applied != ends:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)
    stopping.set()
    await running
    return spent
