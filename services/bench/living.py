"""The live wallboard: what viewers cost, what those cost who do not read, and how soon figures are on the screen."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from services.bench.figures import Figures, latencies, measured, report
from services.bench.ground import SEED, folder
from services.bench.load import Order, exchange, from_another_process
from services.bench.on import EMBEDDED, On
from services.bench.serving import served
from services.bench.signed import call_event, delivery, event
from services.bench.viewing import Seen, Watch
from services.embedded import Embedded, embedded
from services.simulate.company import Partner, company
from services.simulate.driver import set_up_company
from shared import clock

AGENTS = 500
PER_DELIVERY = 50
CONNECTIONS = 64
PROBE_EVERY_S = 0.25
CALM_S = 8
"""So long the costs of viewers are measured while nothing comes in, and so long without them."""
SETTLES_S = 2
THROTTLED = 4
OPENED_TIMES = 5


async def live(
    rate: float, seconds: float, viewers: int = 50, stalled: int = 100, batch: int = 10, on: On = EMBEDDED
) -> Figures:
    """A wallboard of 500 agents, all services in this process, viewers in another one.

    `viewers_cores`: the share of a core that `viewers` streams cost more than one, while no events come. `screen`: from
    the request that tells a new agent's state until a viewer has read the row, with `rate` deliveries of `batch` events
    a second. `read_mb`: by how much this process grew meanwhile; `stalled_mb`: and under as much load again, with
    `stalled` streams that nobody reads. `usable`: until the page is live in a browser, the CPU of which is made four
    times slower; nothing where no browser can be driven. Goals: 0.03 cores, 1 s in 99 of 100 cases, no growth, 2.5 s.
    """
    firm = company(SEED, 1, 1, ("native",))
    partner = firm.partners[0]
    partner.settings.campaigns.clear()  # codes count as sent
    async with folder() as data, embedded(on.settings(data), on.ports) as system:
        await set_up_company(system.client, firm, demo=True)
        keys = [await _key(system, n) for n in range(max(viewers, stalled) + 1)]
        async with served(system.app) as port:
            await _staffed(system, port, partner)
            usable = await _usable(port, keys[-1])
            async with _watching(Watch(port, keys[:1], [])):
                one = await _calm()
            async with _watching(Watch(port, keys[:viewers], [])) as ended:
                all_ = await _calm()
                before = _rss_mb()
                load = asyncio.ensure_future(from_another_process(_load(port, partner, rate, seconds, batch, "load")))
                with measured() as spent:
                    sent = await _probes(port, partner, seconds)
                heard = await load
                await asyncio.sleep(SETTLES_S)
                seen = await ended()
            await system.settled()
            read_mb = round(_rss_mb() - before, 1)
            grown, still = await _grown(port, keys[:stalled], partner, (rate, seconds, batch))
            await system.settled()
            system.drain()
    screens = [seen.probes[name] - at for name, at in sent.items() if name in seen.probes]
    return report(
        "live",
        on.figures()
        | {"agents": AGENTS, "rate": rate, "batch": batch, "answers": heard.statuses, "viewers": viewers}
        | {"viewers_cores": round(all_ - one, 4), "one_viewer_cores": round(one, 4)}
        | {"probes": len(sent), "on_screen": len(screens), "screen": latencies(screens)}
        | {"mb_a_viewer": round(seen.bytes_read / viewers / 1e6, 2), "ticks_a_viewer": round(seen.ticks / viewers, 1)}
        | {"cores_busy": round(spent.cpu_s / spent.wall_s, 2)}
        | {"read_mb": read_mb, "stalled": stalled, "stalled_mb": grown, "stalled_still_held": still, "usable": usable},
    )


async def _key(system: Embedded, n: int) -> str:
    """Of a viewer of their own: each may have a few streams only."""
    answer = await system.client.post("/api/v1/keys", json={"name": f"viewer-{n}", "role": "supervisor"})
    return str(answer.raise_for_status().json()["key"])


async def _staffed(system: Embedded, port: int, partner: Partner) -> None:
    """The agents are there: each has said its state."""
    now = clock.now()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for first in range(0, AGENTS, PER_DELIVERY):
        events = [_state(n, f"agent-{n}", now) for n in range(first, first + PER_DELIVERY)]
        await exchange(reader, writer, _signed(partner, f"staff-{first}", events, now))
    writer.close()
    await system.settled()


def _state(n: int, agent: str, at: Any) -> dict[str, Any]:
    return event(n, "agent.state_changed", "", at) | {"data": {"call": None, "agent": agent, "native": "READY"}}


def _signed(partner: Partner, name: str, events: list[dict[str, Any]], at: Any) -> bytes:
    return delivery(partner.source, partner.secrets["standard-webhooks"][0], name, events, at)


def _load(port: int, partner: Partner, rate: float, seconds: float, batch: int, name: str) -> Order:
    now = clock.now()
    requests = [
        _signed(partner, f"{name}-{n}", [call_event(one, now) for one in range(n * batch, (n + 1) * batch)], now)
        for n in range(round(rate * seconds))
    ]
    return Order(port, requests, CONNECTIONS, rate)


async def _probes(port: int, partner: Partner, seconds: float) -> dict[str, float]:
    """Agents that nobody has heard of before come one after the other: when each was told."""
    await asyncio.sleep(1)  # the load generator starts
    sent: dict[str, float] = {}
    end = time.perf_counter() + seconds - 1
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < end:
        name, now = f"probe-{len(sent)}", clock.now()
        body = _signed(partner, name, [_state(0, name, now)], now)
        sent[name] = time.perf_counter()
        status, _ = await exchange(reader, writer, body)
        if status != 202:
            raise RuntimeError(f"the probe was answered {status}")
        await asyncio.sleep(PROBE_EVERY_S)
    writer.close()
    return sent


async def _calm() -> float:
    """Cores that this process keeps busy."""
    await asyncio.sleep(SETTLES_S)
    with measured() as spent:
        await asyncio.sleep(CALM_S)
    return spent.cpu_s / spent.wall_s


@asynccontextmanager
async def _watching(watch: Watch) -> AsyncIterator[Any]:
    """Viewers; what is yielded ends them, and tells what they saw."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.bench.viewing", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    heard = child.stdin
    if heard is None:
        raise RuntimeError("the viewers do not hear")
    heard.write(msgspec.json.encode(watch) + b"\n")
    await heard.drain()

    async def ended() -> Seen:
        heard.close()
        out, _ = await child.communicate()
        if child.returncode:
            raise RuntimeError(f"the viewers ended with {child.returncode}")
        return msgspec.json.decode(out, type=Seen)

    try:
        yield ended
    finally:
        if child.returncode is None:
            heard.close()
            await child.communicate()


async def _grown(port: int, keys: list[str], partner: Partner, traffic: tuple[float, float, int]) -> tuple[float, int]:
    """MB by which this process grows under such a load with streams that stall, and how many of these it holds."""
    rate, seconds, batch = traffic
    before = _rss_mb()
    async with _watching(Watch(port, keys[:1], keys)) as ended:
        await asyncio.sleep(SETTLES_S)
        await from_another_process(_load(port, partner, rate, seconds, batch, "again"))
        grown = _rss_mb() - before
        return round(grown, 1), (await ended()).open_stalled


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _browser() -> str | None:
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    return path if Path(path).exists() else None


async def _usable(port: int, key: str) -> Figures | None:
    """Milliseconds until the page is live, from the address entered, in a browser that has nothing of it yet."""
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        return None
    path = _browser()
    if path is None:
        return None
    took: list[float] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--headless", "--no-sandbox"])
        for _ in range(OPENED_TIMES):
            context = await browser.new_context(extra_http_headers={"authorization": f"Bearer {key}"})
            page = await context.new_page()
            devtools = await context.new_cdp_session(page)
            await devtools.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLED})
            begun = time.perf_counter()
            await page.goto(f"http://127.0.0.1:{port}/wallboard")
            await page.locator("#live[data-state=live]").wait_for()
            took.append(time.perf_counter() - begun)
            await context.close()
        await browser.close()
    return latencies(took)
