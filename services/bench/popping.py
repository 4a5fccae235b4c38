"""The screen of a call: how long an agent waits for it, and from its ring, while traffic comes at a steady rate."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

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
from shared.master import master_key
from shared.security import Principal, ServiceTokens
from shared.settings import Settings

POP_EVERY_S = 0.03
RING_EVERY_S = 0.5
GIVE_UP_S = 10.0
CONNECTIONS = 64
AGENT, NUMBER = "bench-agent", "+38513334444"
OFFERS = 8
"""Products and offers of the campaign: as many as a screen shows."""


async def screen_pop(rate: float, seconds: float, batch: int = 1, on: On = EMBEDDED) -> Figures:
    """Deliveries of `batch` events at `rate` a second, all services in this process; on the distributed engine the
    panel asks an API of the calls service in a process of its own, as it does there. `pop`: from the request for a
    call's screen to its last byte; `ring`: from the delivery that says that a call rings until the panel, which waits
    for it, is told; `unheard`: rings that it was not told of within ten seconds. Goal: the screen
    within 30 ms in 99 of 100 cases while events stream in."""
    firm = company(SEED, 1, 1, ("native",))
    partner = firm.partners[0]
    partner.settings.campaigns.clear()  # codes count as sent
    async with folder() as data, embedded(settings := on.settings(data), on.ports) as system:
        await set_up_company(system.client, firm, demo=True)
        await _shop(system)
        async with served(system.app) as port, _panel(system, settings, partner, port) as panel:
            now = clock.now()
            requests = [
                delivery(
                    partner.source,
                    partner.secrets["standard-webhooks"][0],
                    f"load-{n}",
                    [call_event(one, now) for one in range(n * batch, (n + 1) * batch)],
                    now,
                )
                for n in range(round(rate * seconds))
            ]
            await _ring(port, partner, panel, 0)  # so that there is a call whose screen is asked for
            with measured() as spent:
                load = asyncio.ensure_future(from_another_process(Order(port, requests, CONNECTIONS, rate)))
                pops, rings, unheard = await _watched(port, partner, panel, seconds)
                heard = await load
            await system.settled()
    return report(
        "screen-pop",
        on.figures()
        | {"rate": rate, "batch": batch, "n": len(requests), "answers": heard.statuses}
        | {"pops": len(pops), "pop": latencies(pops), "rings": len(rings), "ring": latencies(rings), "unheard": unheard}
        | {"cores_busy": round(spent.cpu_s / spent.wall_s, 2)},
    )


async def _shop(system: Embedded) -> None:
    """A campaign with its number, products with prices, and offers by the rules."""
    skus = [f"P-{n}" for n in range(OFFERS)]
    for sku in skus:
        await _done(system, "PUT", f"/products/{sku}", {"name": sku})
        prices = [{"country": "HR", "currency": "EUR", "net_minor": 3192}]
        body = {"prices": prices, "tax_rates": {"HR": "25"}, "reason": "As measured."}
        await _done(system, "POST", f"/products/{sku}/prices", body)
    spring = {"name": "Spring", "countries": ["HR"], "languages": ["hr"], "products": skus, "starts": "2026-01-01"}
    await _done(system, "PUT", "/campaigns/spring", spring)
    await _applied(system)
    await _done(system, "PUT", f"/numbers/{NUMBER}", {"campaign": "spring", "country": "HR"})
    offers = [{"name": sku.lower(), "sku": sku, "kind": "main", "discount_percent": "10"} for sku in skus]
    await _done(system, "PUT", "/selling-rules/spring", {"rules": {"offers": offers}, "reason": "As measured."})
    await _applied(system)


async def _applied(system: Embedded) -> None:
    """Return when what commands said is published, and in the views."""
    while await system.runtime.kits["calls"].store.unnumbered(1):  # noqa: ASYNC110 - the relay has to come round
        await asyncio.sleep(0.02)
    await system.settled()


async def _done(system: Embedded, method: str, path: str, body: Any) -> Any:
    answer = await system.client.request(method, f"/api/v1{path}", json=body)
    answer.raise_for_status()
    return answer.json()


class _Panel(NamedTuple):
    """Where the panel asks, and what proves whose it is."""

    port: int
    key: str


@asynccontextmanager
async def _panel(system: Embedded, settings: Settings, partner: Partner, port: int) -> AsyncIterator[_Panel]:
    """On the embedded engine the same door; else a process that is nothing but the API of the calls service."""
    if settings.engine == "embedded":
        asked = {"name": AGENT, "role": "agent", "partners": [partner.id], "agent": AGENT}
        yield _Panel(port, (await _done(system, "POST", "/keys", asked))["key"])
        return
    secret = master_key(settings)
    with tempfile.TemporaryDirectory() as data:
        environment = {
            "TALLYLINE_ENGINE": "distributed", "TALLYLINE_NAMESPACE": settings.namespace, "TALLYLINE_DATA": data,
            "TALLYLINE_MASTER_KEY": base64.b64encode(secret).decode(), "TALLYLINE_PORT": str(own := _free_port()),
        }  # fmt: skip
        command = (sys.executable, "-m", "services.cli", "serve", "calls", "--role", "api")
        process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, env=os.environ | environment)
        try:
            if process.stdout is None or b"listens on" not in await process.stdout.readline():
                raise RuntimeError("the API of the calls service does not listen")
            agent = Principal(AGENT, "agent", frozenset({partner.id}), agent=AGENT)
            yield _Panel(own, ServiceTokens(secret, clock.now).issue(agent))
        finally:
            process.terminate()
            await process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


async def _watched(port: int, partner: Partner, panel: _Panel, seconds: float) -> tuple[list[float], list[float], int]:
    """Latencies of screens and of rings, and how many rings were given up."""
    await asyncio.sleep(1)  # the load generator starts
    end = time.perf_counter() + seconds - 1
    pops, (rings, unheard) = await asyncio.gather(
        _pops(panel, f"{partner.source}:ring-0", end), _rings(port, partner, panel, end)
    )
    return pops, rings, unheard


async def _pops(panel: _Panel, call: str, end: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", panel.port)
    look = request("GET", f"/api/v1/panel/calls/{call}/pop", {"authorization": f"Bearer {panel.key}"})
    found: list[float] = []
    while time.perf_counter() < end:
        begun = time.perf_counter()
        status, body = await exchange(reader, writer, look)
        found.append(time.perf_counter() - begun)
        screen = msgspec.json.decode(body)
        if status != 200 or len(screen["offers"]) != OFFERS:
            raise RuntimeError(f"the screen was answered {status}: {body!r}")
        await asyncio.sleep(POP_EVERY_S)
    writer.close()
    return found


async def _rings(port: int, partner: Partner, panel: _Panel, end: float) -> tuple[list[float], int]:
    found: list[float] = []
    unheard = 0
    while time.perf_counter() < end:
        try:
            found.append(await _ring(port, partner, panel, len(found) + unheard + 1))
        except TimeoutError:
            unheard += 1
        await asyncio.sleep(RING_EVERY_S)
    return found, unheard


async def _ring(port: int, partner: Partner, panel: _Panel, number: int) -> float:
    """A call rings at the agent: seconds until the panel knows."""
    reader, writer = await asyncio.open_connection("127.0.0.1", panel.port)
    telling, told = await asyncio.open_connection("127.0.0.1", port)
    bearer = {"authorization": f"Bearer {panel.key}"}
    _, body = await exchange(reader, writer, request("GET", "/api/v1/panel/calls", bearer))
    version = msgspec.json.decode(body)["version"]
    now, code = clock.now(), f"ring-{number}"
    about = {"direction": "inbound", "phase": "ringing", "agent": AGENT, "our_number": NUMBER}
    rings = event(0, "call.started", code, now, customer_number=f"+38591{1_000_000 + number}", **about)

    async def told_of_it() -> None:
        known = version
        while True:  # it is told of changes to earlier calls as well
            look = request("GET", f"/api/v1/panel/calls?known={known}&wait=10", bearer)
            answer = msgspec.json.decode((await exchange(reader, writer, look))[1])
            if any(one["call"].endswith(f":{code}") for one in answer["items"]):
                return
            known = answer["version"]

    waiting = asyncio.ensure_future(told_of_it())
    await asyncio.sleep(0.01)
    begun = time.perf_counter()
    await exchange(telling, told, delivery(partner.source, partner.secrets["standard-webhooks"][0], code, [rings], now))
    await asyncio.wait_for(waiting, GIVE_UP_S)
    heard = time.perf_counter() - begun
    writer.close()
    told.close()
    return heard
