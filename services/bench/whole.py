"""The whole way: from a signed delivery to the figure that the API gives, while traffic comes at a steady rate."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta

import msgspec

from services.bench.figures import Figures, latencies, measured, report
from services.bench.ground import SEED, folder
from services.bench.load import Order, exchange, from_another_process, request
from services.bench.on import EMBEDDED, On
from services.bench.serving import served
from services.bench.signed import call_event, delivery, event
from services.embedded import Embedded, embedded
from services.simulate.company import Partner, company
from services.simulate.driver import set_up_company
from shared import clock

PROBE_EVERY_S = 0.25
LOOK_EVERY_S = 0.004
GIVE_UP_S = 10.0
CONNECTIONS = 64


async def end_to_end(rate: float, seconds: float, batch: int = 1, on: On = EMBEDDED) -> Figures:
    """Deliveries of `batch` events at `rate` a second, all services in this process. A probe is a call of a campaign of
    its own: its latency runs from its request until the campaign's figures count it, looked at every few milliseconds,
    which is part of the load."""
    firm = company(SEED, 1, 1, ("native",))
    partner = firm.partners[0]
    partner.settings.campaigns.clear()  # codes count as sent
    async with folder() as data, embedded(on.settings(data), on.ports) as system:
        await set_up_company(system.client, firm, demo=True)
        await system.settled()
        async with served(system.app) as port:
            with measured() as idle:
                await asyncio.sleep(5)
            now = clock.now()
            requests = [_delivery(partner, n, batch, now) for n in range(round(rate * seconds))]
            with measured() as spent:
                load = asyncio.ensure_future(from_another_process(Order(port, requests, CONNECTIONS, rate)))
                probes = await _probes(system, port, partner, seconds)
                heard = await load
            await system.settled()
    return report(
        "end-to-end",
        on.figures()
        | {"rate": rate, "batch": batch, "n": len(requests), "probes": len(probes), "answers": heard.statuses}
        | latencies(probes)
        | {
            "ingest": latencies(heard.latencies),
            "cpu_us_per_event": round(spent.cpu_s / len(requests) / batch * 1e6, 1),
            "cores_busy": round(spent.cpu_s / spent.wall_s, 2),
            "idle_cores_busy": round(idle.cpu_s / idle.wall_s, 4),
        },
    )


def _delivery(partner: Partner, n: int, batch: int, now: datetime) -> bytes:
    secret = partner.secrets["standard-webhooks"][0]
    events = [call_event(event, now) for event in range(n * batch, (n + 1) * batch)]
    return delivery(partner.source, secret, f"load-{n}", events, now)


async def _probes(system: Embedded, port: int, partner: Partner, seconds: float) -> list[float]:
    await asyncio.sleep(1)  # the load generator starts
    found: list[float] = []
    end = time.perf_counter() + seconds - 1
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < end:
        found.append(await _probe(system, reader, writer, partner, f"probe-{len(found)}"))
        await asyncio.sleep(PROBE_EVERY_S)
    writer.close()
    return found


async def _probe(
    system: Embedded, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, partner: Partner, code: str
) -> float:
    now = clock.now()
    started = event(0, "call.started", code, now, direction="inbound", phase="queued", campaign=code)
    signed = delivery(partner.source, partner.secrets["standard-webhooks"][0], code, [started], now)
    path = f"/api/v1/performance/campaigns?campaign={code}&kpis=offered&from={now.date() - timedelta(days=1)}"
    look = request(
        "GET", f"{path}&to={now.date() + timedelta(days=2)}", {"authorization": f"Bearer {system.local_key}"}
    )
    begun = time.perf_counter()
    status, _ = await exchange(reader, writer, signed)
    if status != 202:
        raise RuntimeError(f"the probe was answered {status}")
    while time.perf_counter() - begun < GIVE_UP_S:
        status, body = await exchange(reader, writer, look)
        if status != 200:
            raise RuntimeError(f"the API answered {status}: {body!r}")
        if msgspec.json.decode(body)["items"]:
            return time.perf_counter() - begun
        await asyncio.sleep(LOOK_EVERY_S)
    raise RuntimeError(f"the figure was not there after {GIVE_UP_S} s")
