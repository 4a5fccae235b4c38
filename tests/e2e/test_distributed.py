"""Every role a process of its own, on Kafka and a server of MongoDB's protocol: killed, started again, stopped."""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.simulate.driver import send_recorded
from tests.e2e.processes import tallyline
from tests.engines.run_distributed import ROLES, Distributed
from tests.engines.server import PROCESSES

pytestmark = [pytest.mark.engines, pytest.mark.timeout(280)]
TWILIO = Path(__file__).parents[1] / "fixtures" / "telephony" / "twilio"


def free_base() -> int:
    """Of as many free ports in a row as there are processes: any of our own, since what is started beside us looks for
    some too, and takes them a moment later; below those that connections get."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    bases = range(20_000 + 50 * (worker % PROCESSES), 32_000, 50 * PROCESSES)
    for base in random.sample(bases, len(bases)):
        try:
            for port in range(base, base + len(ROLES)):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base
    raise RuntimeError("no free ports")


async def verdicts(client: httpx.AsyncClient, accepted: dict[int, str]) -> dict[int, str]:
    """What became of each delivery, once all are settled."""
    found: dict[int, str] = {}
    async with asyncio.timeout(60):
        while len(found) < len(accepted):
            for n, delivery in accepted.items():
                answer = await client.get(f"/api/v1/deliveries/{delivery}")
                if answer.status_code == 200 and answer.json()["verdict"]:
                    found[n] = answer.json()["verdict"]
            await asyncio.sleep(0.1)
    return found


async def figures(client: httpx.AsyncClient) -> Any:
    """All figures of the set's month, by agent."""
    period: dict[str, str | int] = {"from": "2026-03-01", "to": "2026-04-01", "limit": 100}
    answer = await client.get("/api/v1/performance/agents", params=period)
    assert answer.status_code == 200, answer.text
    return [(item["agent"], item["figures"]) for item in answer.json()["items"]]


async def settled_figures(client: httpx.AsyncClient) -> Any:
    """The figures when they have stopped changing, and every view has what was told."""
    before = None
    async with asyncio.timeout(60):
        while (now := await figures(client)) != before or not now or await lags(client):
            before = now
            await asyncio.sleep(1.0)
    return now


async def lags(client: httpx.AsyncClient) -> bool:
    """Whether a view is behind its log."""
    answer = await client.get("/api/v1/operations/views")
    return answer.status_code != 200 or any(view["lag"] for view in answer.json()["items"])


async def test_a_killed_worker_and_a_killed_ingest_change_no_figure(tmp_path: Path) -> None:
    expected = json.loads((TWILIO / "expected.json").read_text(encoding="utf-8"))
    system = Distributed(tmp_path, free_base(), f"e2e-{secrets.token_hex(4)}")
    try:
        await system.start()
        async with system.caller() as client:
            _, sent, _ = await send_recorded(client, TWILIO, demo=True)
            assert await verdicts(client, sent.accepted) == {d["n"]: d["verdict"] for d in expected["deliveries"]}
            first = await settled_figures(client)
            await system.kill("worker")
            _, again, _ = await send_recorded(client, TWILIO, demo=True)
            assert set(again.answers) == {202}, "the ingest needs no worker"
            await system.start("worker")
            repeated = await verdicts(client, again.accepted)
            assert set(repeated.values()) == {"duplicate"}
            await system.kill("ingest")
            await system.start("ingest")
            _, third, _ = await send_recorded(client, TWILIO, demo=True)
            assert set((await verdicts(client, third.accepted)).values()) == {"duplicate"}
            assert await settled_figures(client) == first
            intake = (await client.get("/api/v1/sources/tw-ex-01/intake")).json()["counts"]
            assert intake["received"] == 3 * len(expected["deliveries"])
            assert intake["received"] == sum(n for name, n in intake.items() if name != "received")
            page = await client.get("/wallboard")
            assert page.status_code == 200
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{system.ports['calls']}") as stranger:
                assert (await stranger.get("/api/v1/calls")).status_code == 401, "services let in services only"
    finally:
        codes = await system.stop()
    assert set(codes.values()) == {0}, codes


async def test_the_command_line_finds_the_door_though_a_worker_of_the_gateway_came_later(tmp_path: Path) -> None:
    """It has the same data folder, and answers nobody."""
    system = Distributed(tmp_path, free_base(), f"e2e-{secrets.token_hex(4)}")
    try:
        for name in ("gateway", "gateway-worker"):
            await system.start(name)
        code, said = await tallyline("keys", "list", data=tmp_path)
        assert code == 0, said
    finally:
        await system.stop()
