"""`tallyline run`: the server, and in a demo's folder a simulated company beside it, in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from services.client import DEMO, announce, connected
from services.embedded import Embedded, embedded
from services.gateway.views.inputs import History
from services.simulate.company import company
from services.simulate.driver import (
    Sent,
    enter_dealings,
    enter_programme,
    enter_training,
    requests_of,
    send,
    send_history,
    send_live,
    set_up_company,
    slowly,
)
from services.simulate.filling import fill_in
from services.simulate.months import enter_months
from services.simulate.stream import deliveries, paced
from services.simulate.watching import enter_alerts, enter_views
from services.web import start_serving
from shared import clock
from shared.logs import configure
from shared.settings import Settings

PARTNERS, AGENTS = 6, 120
DELIVERIES_A_DAY = 28_000
"""About what such a company's platforms send."""
HISTORY_RATE = 400.0
"""Deliveries a second of the past, so that the present stays quick on a small machine."""

GRACE_MINUTES = 3
"""For which a missing fact is waited for: nobody looks at a demo for half an hour."""


class DemoState(msgspec.Struct):
    """What a demo's folder remembers: the seed, when it began, how many days of its past are in."""

    seed: int
    began: datetime
    days: int
    done: int = 0


def _read(data: Path) -> DemoState | None:
    path = data / DEMO
    return msgspec.json.decode(path.read_bytes(), type=DemoState) if path.exists() else None


def _write(data: Path, state: DemoState) -> None:
    draft = data / f".{DEMO}"
    draft.write_bytes(msgspec.json.encode(state))
    draft.replace(data / DEMO)


async def run_server(settings: Settings, demo: bool, seed: int, days: int, say: Callable[[str], None]) -> None:
    """Serve until told to stop. `demo` makes an empty data folder a demo's; a folder that is one stays one."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if demo and not (settings.data / "tallyline.db").exists():
        _write(settings.data, DemoState(seed, clock.now(), days))
    state = _read(settings.data)
    settings = in_demo(settings) if state is not None else settings
    async with embedded(settings) as system:
        serving, listens = await start_serving(settings, system.app, system.drain)
        traffic = None
        if listens:
            announce(settings)
            say(f"Tallyline listens on {settings.base_url}. Sign in, once, with this link:")
            say(await system.sign_in_link())
            if state is not None:
                traffic = asyncio.ensure_future(_traffic(system, state))
        await serving
        if traffic is not None:
            traffic.cancel()
            await asyncio.gather(traffic, return_exceptions=True)


def in_demo(settings: Settings) -> Settings:
    """The settings of a demo: what is missing is to be looked at soon, unless somebody says when."""
    usual = settings.work_grace_minutes == Settings.work_grace_minutes
    return replace(settings, demo=True, work_grace_minutes=GRACE_MINUTES if usual else settings.work_grace_minutes)


async def _traffic(system: Embedded, state: DemoState) -> None:
    """The company in a process of its own: it has the other core, and is no part of the server's."""
    data = system.settings.data
    system.history = History(state.done, state.days)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.demo", str(data), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        if child.stdout is None:
            raise RuntimeError("the company has no voice")
        async for line in child.stdout:
            state.done = json.loads(line)["done"]
            _write(data, state)
            system.history = History(state.done, state.days)
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()


async def play(settings: Settings, state: DemoState) -> None:
    """The demo's company: what happens now, and behind it the past, newest day first."""
    firm = company(state.seed, PARTNERS, AGENTS)
    async with connected(settings) as client:
        await set_up_company(client, firm, demo=True)
        await enter_programme(client, firm, state.began.date())
        await enter_training(client, firm, state.began.date())
        await enter_dealings(client, firm, state.began.date())
        await enter_alerts(client, firm)
        if not state.done:  # later they are people's to change and to delete
            await enter_views(client)

        def done(days: int) -> None:
            sys.stdout.write(json.dumps({"done": days}) + "\n")
            sys.stdout.flush()

        await asyncio.gather(
            send_live(client, firm, state.seed, clock.now),
            send_history(client, firm, state.seed, state.began, state.days, done, state.done, HISTORY_RATE),
            enter_months(client, state.began.date()),
            fill_in(client, firm, state.began.date(), clock.now),
        )


async def while_heard(work: Coroutine[Any, Any, None]) -> None:
    """Do the work until the server that started this process is gone, however it ended: its end of our standard input
    is closed then."""
    heard = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(heard)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    working, gone = asyncio.ensure_future(work), asyncio.ensure_future(heard.read())
    await asyncio.wait((working, gone), return_when=asyncio.FIRST_COMPLETED)
    if gone.done():
        working.cancel()
    await asyncio.gather(working, return_exceptions=gone.done())


async def simulate_at(client: httpx.AsyncClient, seed: int, rate: float, duration: float, demo: bool) -> Sent:
    """A simulated company's traffic at a steady rate: life played faster, from a past that ends about now."""
    firm = company(seed, PARTNERS, AGENTS)
    await set_up_company(client, firm, demo)
    now = clock.now()
    found = deliveries(firm, seed, now - timedelta(days=rate * duration / DELIVERIES_A_DAY), now + timedelta(days=365))
    steady = (delivery for _, delivery in paced(found, rate, duration))
    return await send(client, slowly(requests_of(firm, steady), rate))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    remembered = _read(folder)
    if remembered is None:
        raise SystemExit(f"{folder} is not a demo's data folder")
    configure("info", "text")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(while_heard(play(Settings(data=folder, demo=True), remembered)))
