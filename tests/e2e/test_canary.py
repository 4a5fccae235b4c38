"""A canary's calls are read like any others, count nowhere, and are missed when they do not come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio

from services.canary import LATE_S, Canary, set_up, with_live_sources
from services.embedded import embedded
from services.simulate.driver import INGEST_FOLLOWS_S
from shared import clock, metrics
from shared.runtime import ROLES
from shared.security import local_key
from shared.settings import Settings
from tests.e2e.processes import server, tallyline
from tests.e2e.systems import System, ask, start

SOURCE = "acme-canary"


@pytest_asyncio.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    async with start("embedded", tmp_path, now=clock.now) as system:
        for source, counts in (("acme-pbx", "production"), ("other-pbx", "test")):
            partner = source.partition("-")[0]
            await system.client.post("/api/v1/partners", json={"partner_id": partner, "name": partner.title()})
            settings = {"connector": "native", "partner": partner, "counts": counts}
            answer = await system.client.post("/api/v1/sources", json={"id": source, "settings": settings})
            assert answer.status_code == 201, answer.text
        await system.settled()
        yield system


async def made(system: System, **more: Any) -> Canary:
    return await set_up(system.client, system.client, "acme", local_key(system.settings.data), clock.now)


def counted() -> dict[str, float]:
    found = metrics.CANARIES.collect()
    return {
        s.labels["result"]: s.value
        for s in next(iter(found)).samples
        if s.name.endswith("_total") and s.labels["source"] == SOURCE
    }


async def test_a_call_goes_the_whole_way_and_counts_nowhere(system: System) -> None:
    assert await with_live_sources(system.client) == ["acme"]
    canary = await made(system)
    before = counted()
    assert before.keys() >= {"seen", "late", "refused", "failed"}
    result, seconds = await canary.call()
    assert result == "seen"
    assert 0 < seconds < LATE_S
    assert (await canary.call())[0] == "seen"
    assert counted()["seen"] == before["seen"] + 2
    await system.settled()
    assert (await ask(system.client, "/api/v1/calls", partner="acme"))["items"] == []
    tests = (await ask(system.client, "/api/v1/calls", partner="acme", counts="test"))["items"]
    assert len(tests) == 2
    today = clock.now().date()
    period = {"from": today.isoformat(), "to": (today + timedelta(days=2)).isoformat(), "time_zone": "UTC"}
    assert (await ask(system.client, "/api/v1/performance/partners", **period))["items"] == []
    assert (await made(system)).source == SOURCE, "set up a second time, it stays as it is"


async def test_what_is_not_seen_is_said(system: System) -> None:
    canary = await made(system)
    stranger = Canary(system.client, system.client, SOURCE, "whsec_" + "A" * 40, clock.now)
    assert (await stranger.call())[0] == "refused"
    blind = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(404)), base_url="http://x")
    late = Canary(blind, system.client, SOURCE, canary._secret, clock.now, late_s=0.3)
    assert (await late.call())[0] == "late"

    def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    away = httpx.AsyncClient(transport=httpx.MockTransport(gone), base_url="http://x")
    assert (await Canary(system.client, away, SOURCE, canary._secret, clock.now).call())[0] == "failed"
    for client in (blind, away):
        await client.aclose()


async def test_the_command_calls_beside_a_server(tmp_path: Path) -> None:
    async with server(tmp_path) as client:
        await client.post("/api/v1/partners", json={"partner_id": "acme", "name": "Acme"})
        settings = {"connector": "native", "partner": "acme"}
        await client.post("/api/v1/sources", json={"id": "acme-pbx", "settings": settings})
        await set_up(client, client, "acme", local_key(tmp_path), clock.now)
        await asyncio.sleep(INGEST_FOLLOWS_S)
        code, told = await tallyline("canary", "--times", "1", "--metrics-port", "0", data=tmp_path)
        assert code == 0, told
        assert told.startswith(f"{SOURCE}: seen after ")


async def test_the_command_calls_from_elsewhere_with_a_key(tmp_path: Path) -> None:
    async with server(tmp_path / "server") as client:
        await client.post("/api/v1/partners", json={"partner_id": "acme", "name": "Acme"})
        settings = {"connector": "native", "partner": "acme"}
        await client.post("/api/v1/sources", json={"id": "acme-pbx", "settings": settings})
        rights = ["sources.read", "sources.run", "figures.read"]
        wanted = {"name": "canary", "role": "manager", "rights": rights}
        key = (await client.post("/api/v1/keys", json=wanted)).json()["key"]
        command = ("canary", "--times", "1", "--metrics-port", "0", "--gateway", str(client.base_url))
        code, told = await tallyline(*command, data=tmp_path / "elsewhere", environ={"TALLYLINE_CANARY_KEY": key})
        assert code == 0, told
        assert told.startswith(f"{SOURCE}: seen after ")
        code, told = await tallyline(*command, data=tmp_path / "elsewhere")
        assert (code, "TALLYLINE_CANARY_KEY" in told) == (1, True)


async def test_a_gateway_without_a_door_is_told_apart(system: System, tmp_path: Path) -> None:
    canary = await made(system)
    before = counted()
    async with embedded(Settings(data=tmp_path / "gateway"), roles=ROLES - {"ingest"}) as gateway:
        lost = Canary(system.client, gateway.client, canary.source, canary._secret, clock.now)
        assert (await lost.call())[0] == "no_door"
    assert counted()["no_door"] == before["no_door"] + 1
