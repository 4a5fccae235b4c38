"""Brokers and stores that freeze or die: no process is to be started again for it, and all go on by themselves."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.e2e.systems import eventually
from tests.e2e.test_distributed import free_base
from tests.engines import kafka, mongo
from tests.engines.run_distributed import Distributed
from tests.engines.server import Server, listens

pytestmark = [pytest.mark.engines, pytest.mark.timeout(280)]
OUTAGE_S = 12.0
"""Longer than any of our calls waits, and than the group waits for a silent member."""


async def probed(client: httpx.AsyncClient, system: Distributed, probe: str) -> dict[str, int]:
    """What each process answers."""
    answers = {}
    for name, port in system.ports.items():
        answers[name] = (await client.get(f"http://127.0.0.1:{port}/{probe}")).status_code
    return answers


async def live_through(
    client: httpx.AsyncClient,
    system: Distributed,
    harm: Callable[[], None],
    heal: Callable[[], None],
    seconds: float = OUTAGE_S,
) -> list[dict[str, int]]:
    """Whoever is ready while the server is away. Nobody may be taken for dead, then or afterwards."""
    await asyncio.to_thread(harm)
    until = asyncio.get_running_loop().time() + seconds
    ready = []
    try:
        while asyncio.get_running_loop().time() < until:
            assert set((await probed(client, system, "livez")).values()) == {200}
            ready.append(await probed(client, system, "readyz"))
            await asyncio.sleep(0.5)
    finally:
        await asyncio.to_thread(heal)

    async def well() -> bool:
        assert set((await probed(client, system, "livez")).values()) == {200}
        return set((await probed(client, system, "readyz")).values()) == {200}

    await eventually(well)
    assert all(process.returncode is None for process in system.running.values())
    return ready


async def test_no_outage_of_a_broker_or_a_store_makes_a_process_look_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Server("kafka", kafka.command, kafka.ready, own=True)
    store = Server("mongo", mongo.command, listens, own=True)
    monkeypatch.setenv("TALLYLINE_KAFKA", broker.address())
    monkeypatch.setenv("TALLYLINE_KAFKA_REPLICATION", "1")
    monkeypatch.setenv("TALLYLINE_KAFKA_MIN_INSYNC", "1")
    monkeypatch.setenv("TALLYLINE_MONGO", f"mongodb://{store.address()}")
    system = Distributed(tmp_path, free_base(), f"e2e-{secrets.token_hex(4)}")
    try:
        await system.start()
        async with httpx.AsyncClient(timeout=3) as client:
            assert set((await probed(client, system, "startupz")).values()) == {200}
            ready = await live_through(client, system, store.freeze, store.thaw)
            assert {name for name, code in ready[-1].items() if code == 200} == {"gateway", "ingest"}
            ready = await live_through(client, system, broker.freeze, broker.thaw)
            assert ready[-1]["ingest"] == ready[-1]["gateway"] == ready[-1]["calls"] == 200
            await live_through(client, system, broker.crash, broker.restart, 3.0)
    finally:
        await system.stop()
        broker.stop()
        store.stop()
