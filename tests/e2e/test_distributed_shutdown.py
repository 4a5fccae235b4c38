"""Each process of the distributed system is asked to end while traffic flows: at once, with nothing lost or doubled."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.simulate.driver import Request, send, set_up_company, slowly
from tests.e2e.systems import ask, at_rest, eventually, start
from tests.e2e.test_distributed import free_base
from tests.e2e.test_views import VIEWS, all_identical, firm, traffic
from tests.engines.run_distributed import ROLES, Distributed

pytestmark = [pytest.mark.engines, pytest.mark.timeout(280)]
WITHIN_S = 10.0
HEARS_S = 3.0
"""A busy machine's process may hear a little later that it is to end."""
RATE = 20.0
MINUTES = 3000
"""Of traffic: four minutes at this rate, more than it takes until all have ended, on a slow machine too."""
QUIET_S = 12.0
"""Timers look every five seconds, and what they bring about changes figures: so long these must stay as they are."""


async def ends(system: Distributed, name: str) -> float:
    """Ask a process to end: the seconds that it took. From the moment that it has heard it, it is not ready."""
    process, url = system.running[name], f"http://127.0.0.1:{system.ports[name]}/readyz"
    loop = asyncio.get_running_loop()
    begun = loop.time()
    process.terminate()
    ending = asyncio.ensure_future(process.wait())
    async with httpx.AsyncClient(timeout=2) as client:
        while not ending.done():
            await asyncio.wait((ending,), timeout=0.05)
            asked = loop.time()
            try:
                ready = (await client.get(url)).status_code == 200
            except httpx.TransportError:
                continue
            assert not ready or asked - begun < HEARS_S, f"{name} still asks for more"
    assert await ending == 0, name
    return loop.time() - begun


async def figures(client: httpx.AsyncClient) -> Any:
    """All figures of the traffic's time by agent, and how each partner's items were taken up."""
    period = {"from": "2026-11-01", "to": "2026-12-01", "limit": 500}
    rows = (await ask(client, "/api/v1/performance/agents", **period))["items"]
    intake = {}
    for partner in firm().partners:
        counts = (await ask(client, f"/api/v1/sources/{partner.source}/intake"))["counts"]
        assert counts["received"] == sum(n for verdict, n in counts.items() if verdict != "received")
        # What the client sent again, since it was not answered, may be a duplicate.
        intake[partner.source] = {verdict: counts[verdict] for verdict in ("accepted", "stale", "ignored", "invalid")}
    return [(row["partner"], row["agent"], row["figures"]) for row in rows], intake


async def test_each_process_asked_to_end_under_load_ends_in_order_and_changes_no_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.simulate.driver.ATTEMPTS", 60)  # until the ingest is there again
    requests, sent, over = traffic(MINUTES), 0, asyncio.Event()

    async def flowing() -> AsyncIterator[Request]:
        nonlocal sent
        async for request in slowly(requests, RATE):
            if over.is_set():
                return
            sent += 1
            yield request

    system = Distributed(tmp_path / "distributed", free_base(), f"e2e-{secrets.token_hex(4)}")
    system.data.mkdir()
    try:
        await system.start()
        async with system.caller() as client:
            await set_up_company(client, firm(), demo=True)
            sending = asyncio.ensure_future(send(client, flowing()))
            took = {}
            for name in ROLES:
                await asyncio.sleep(1.0)
                took[name] = await ends(system, name)
                assert not sending.done(), "traffic flows all the while"
                await system.start(name)
            print("seconds until each had ended:", {name: round(seconds, 1) for name, seconds in took.items()})
            assert max(took.values()) < WITHIN_S, took
            over.set()
            assert (await sending).answers == {202: sent}

            async def caught_up() -> bool:
                return all(item["lag"] == 0 for item in (await ask(client, VIEWS))["items"])

            async def settled() -> Any:
                before = await figures(client) if await caught_up() else None
                await asyncio.sleep(QUIET_S)
                return before if before is not None and before == await figures(client) else None

            ours = await eventually(settled, within=150)
            await all_identical(client)
    finally:
        codes = await system.stop()
    assert set(codes.values()) == {0}, codes
    # On a slow machine the traffic goes on past its midnight, where days are closed and states carried over.
    async with start("embedded", tmp_path / "undisturbed", timers_every=0.2) as undisturbed:
        await set_up_company(undisturbed.client, firm(), demo=True)
        assert (await send(undisturbed.client, requests[:sent])).answers == {202: sent}
        await at_rest(undisturbed)

        async def same() -> bool:
            return bool(await figures(undisturbed.client) == ours)

        await eventually(same)
