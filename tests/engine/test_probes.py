"""What the probes say of a process: of one that hangs, of one whose loop died, of one that starts, waits or ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from services.web import application, drain
from shared import clock, runtime
from shared.ports import Outgoing, Record, StoreUnavailable
from shared.runtime import Kit, Loop, Parts, Role, Runtime, Service
from shared.settings import Settings
from tests.e2e.systems import eventually

TOPIC = "tallyline.words"


class Hanging:
    """A worker that takes up a record and never comes back."""

    name, topic = "hanging", TOPIC

    async def begin(self, partition: int) -> int:
        return 0

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        await asyncio.sleep(3_600)

    def end(self, partition: int) -> None:
        pass


@contextlib.asynccontextmanager
async def process(
    data: Path, *, roles: frozenset[Role] = runtime.ROLES, loops: Sequence[tuple[Role | None, Loop]] = (), **more: Any
) -> AsyncIterator[tuple[Runtime, httpx.AsyncClient]]:
    """A process with one worker, and somebody who probes it."""

    async def build(kit: Kit) -> Parts:
        return Parts(workers=(Hanging(),), loops=loops)

    service = Service(name="words", topics=(TOPIC,), build=build, **more)
    running = Runtime(Settings(data=data), (service,), clock.now, roles)
    await running.open()
    app = application(running, cast(Any, None))  # nobody is asked who comes to a probe
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://probe") as client:
            yield running, client
    finally:
        await running.stop()


async def answers(client: httpx.AsyncClient) -> dict[str, int]:
    """The probes and their answers."""
    return {name: (await client.get(f"/{name}z")).status_code for name in ("live", "startup", "ready")}


async def test_a_process_is_started_when_its_workers_have_begun_or_their_minute_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with process(tmp_path) as (running, client):
        await running.start()
        assert await answers(client) == {"live": 200, "startup": 503, "ready": 503}

        async def begun() -> bool:
            return set((await answers(client)).values()) == {200}

        await eventually(begun)
        drain(running)
        assert await answers(client) == {"live": 200, "startup": 200, "ready": 503}
    async with process(tmp_path) as (running, client):
        monkeypatch.setattr(running.engine.bus, "subscribe", _away)
        monkeypatch.setattr(runtime, "STARTED_S", 0.2)
        await running.start()
        assert (await answers(client))["startup"] == 503
        await asyncio.sleep(0.3)
        assert await answers(client) == {"live": 200, "startup": 200, "ready": 503}


async def _away(*_: Any) -> Any:
    raise StoreUnavailable("away")


async def test_a_loop_that_died_has_its_process_started_again(tmp_path: Path) -> None:
    async def dies(stopping: asyncio.Event) -> None:
        raise RuntimeError("a mistake of ours")

    async with process(tmp_path, loops=((None, dies),)) as (running, client):
        await running.start()
        await asyncio.sleep(0.05)
        said = await client.get("/livez")
        assert (said.status_code, said.json()["status"]) == (503, "not alive")
        assert "a mistake of ours" in said.json()["loop"]
        assert (await client.get("/readyz")).status_code == 503


async def test_a_worker_that_hangs_has_its_process_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "STUCK_S", 1.0)
    async with process(tmp_path) as (running, client):
        await running.start()
        await asyncio.sleep(1.5)
        assert (await client.get("/livez")).status_code == 200, "it has nothing to do, and asks again and again"
        publisher = running.engine.bus.publisher()
        await publisher.send(TOPIC, 0, [Outgoing("k", b"v")])

        async def stuck() -> bool:
            said = (await client.get("/livez")).json()
            return bool(said == {"status": "not alive", "stuck": "hanging"})

        await eventually(stuck)
        for task in running._tasks:
            task.cancel()


@pytest.mark.parametrize(
    ("roles", "more", "ready"),
    [({"api"}, {}, 503), ({"worker"}, {}, 503), ({"ingest"}, {}, 200), ({"api"}, {"bridges": True}, 200)],
)
async def test_the_store_being_away_takes_those_out_who_are_of_no_use_without_it_and_ends_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, roles: set[Role], more: dict[str, Any], ready: int
) -> None:
    monkeypatch.setattr(runtime, "PING_EVERY_S", 0.05)
    async with process(tmp_path, roles=frozenset(roles), **more) as (running, client):
        await running.start()

        async def is_ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await eventually(is_ready)
        monkeypatch.setattr(running.engine, "ping", _away)
        await asyncio.sleep(0.3)
        assert await answers(client) == {"live": 200, "startup": 200, "ready": ready}
        monkeypatch.undo()
        await eventually(is_ready)
