"""Questions to the read API: rankings over long periods, the board of now, a page of calls."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import date

import httpx

from services.bench.figures import Figures, latencies, measured, report
from services.bench.ground import SEED, drain, fill, opened, projector_of, tracker_of
from services.bench.on import EMBEDDED, On
from services.calls.views.cells import key_of, whose
from services.calls.views.measures import Cell
from services.calls.views.performance_month import MonthPerformance, performance_month
from services.calls.views.tally import tally_of
from services.simulate.company import CONNECTORS
from shared import clock
from shared.codec import encode, partition_of
from shared.engine.projection import Kept, shard
from shared.ports import Put
from shared.runtime import Kit

MONTH = date(2026, 1, 1)
DAYS = 31
CAMPAIGNS = 2
ITEMS = 10_000
CHUNK = 500
COUNTERS = (
    "offered", "answered", "answered_wait_ms", "contacts", "handled", "talk_ms", "talk_known", "hold_ms", "hold_known",
    "wrap_ms", "wrap_known", "sales_reported", "units", "answered_waits:0", "answered_waits:1", "dispositions:sale",
    "dispositions:not_interested", "dispositions:callback", "orders:EUR", "revenue:EUR", "decision_contacts",
)  # fmt: skip


async def query(agents: int, rounds: int, on: On = EMBEDDED) -> Figures:
    """Latency and cost of each question, `rounds` times, over the whole of routing, reading and encoding but without
    a socket. The ranking reads months of `agents` agents that are written directly; the rest, simulated traffic."""
    figures: Figures = on.figures() | {"agents": agents, "rounds": rounds}
    async with opened(CONNECTORS, on) as (system, firm):
        kit = system.runtime.kits["calls"]
        await fill(system, firm, ITEMS)
        await drain(kit.bus, tracker_of(system))
        await drain(kit.bus, projector_of(system).worker)
        await _write_months(kit, agents)
        for name, path in _questions().items():
            figures[name] = await _asked(system.client, path, rounds)
    return report("query", figures)


def _questions() -> dict[str, str]:
    month = f"from={MONTH}&to={MONTH.replace(month=2)}"
    return {
        "ranking_month": f"/api/v1/performance/agents?{month}&sort=-conversion&limit=100",
        "ranking_month_kpis_4": f"/api/v1/performance/agents?{month}&sort=-conversion&limit=100"
        "&kpis=handled,aht,sales_reported,conversion",
        "leaderboard_day": "/api/v1/performance/agents?from=2026-03-02&to=2026-03-03&sort=-sales_reported&limit=100",
        "wallboard_now": f"/internal/calls/now?at={clock.now():%Y-%m-%dT%H:%M:%SZ}",
        "calls_page": "/api/v1/calls?limit=50",
    }


async def _asked(client: httpx.AsyncClient, path: str, rounds: int) -> Figures:
    found: list[float] = []
    size = 0
    with measured() as spent:
        for _ in range(rounds):
            begun = time.perf_counter()
            answer = await client.get(path)
            found.append(time.perf_counter() - begun)
            answer.raise_for_status()
            size = len(answer.content)
    return latencies(found) | {"cpu_ms": round(spent.cpu_s / rounds * 1000, 2), "bytes": size}


async def _write_months(kit: Kit, agents: int) -> None:
    """As the projection would have left them: a document an agent and campaign, in the partition of the agent."""
    collection = kit.views.pointer(performance_month).collection
    partitions = kit.bus.partitions(performance_month.topic)
    puts = list(_months(agents, partitions))
    for first in range(0, len(puts), CHUNK):
        await kit.documents.put(collection, puts[first : first + CHUNK])


def _months(agents: int, partitions: int) -> Iterator[Put]:
    dice = random.Random(SEED)
    for n in range(agents):
        partner, agent = f"partner-{n % 30:02}", f"agent-{n:04}"
        for campaign in range(CAMPAIGNS):
            cell = Cell(0, MONTH.isoformat(), partner, f"campaign-{campaign}", agent, "inbound", "production")
            days = {name: [dice.randint(1, 80) for _ in range(DAYS)] for name in COUNTERS}
            tally = tally_of({name: sum(amounts) for name, amounts in days.items()})
            doc = MonthPerformance(
                month=f"{MONTH:%Y-%m}", days=dict(sorted(days.items())), tally=tally, summed=True, **whose(cell)
            )
            id_ = shard(key_of(doc.month, cell), partition_of(f"{partner}:{agent}", partitions))
            yield Put(id_, 0, encode(Kept(1, doc)), performance_month.fields(doc))
