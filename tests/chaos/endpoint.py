"""Another company's system that is told of agents, and figures that are watched, so that the gateway has its work."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import httpx

from shared.engine.again import within
from tests.chaos.journal import Journal

LIMITS = (1, 5, 15, 40, 80)
"""Calls in progress beyond which somebody is called: the live source's never end while a run lasts."""
APPEARS_S = 60.0


@contextlib.asynccontextmanager
async def listening(journal: Journal) -> AsyncIterator[str]:
    """The address at which every message is taken, and noted before it is."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            told = json.loads(await reader.readexactly(int(headers["content-length"])))["data"]
            journal.note("hooked", id=headers["webhook-id"], origin=told["origin"], position=told["position"])
            writer.write(b"HTTP/1.1 204 Taken\r\nconnection: close\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/in"


async def asked_for(http: httpx.AsyncClient, url: str) -> None:
    """From here on the address is told of agents, and calls in progress are watched. TimeoutError when it is not known
    in time."""
    wanted = {"name": "agents", "url": url, "events": ["AgentRegistered"]}
    (await http.post("/api/v1/webhooks", json=wanted)).raise_for_status()
    for limit in LIMITS:
        rule = {
            "name": f"More than {limit}",
            "kpi": "in_progress",
            "kind": "threshold",
            "direction": "above",
            "limit": limit,
            "clear_at": limit,
            "levels": [{"after_minutes": 0}],
        }
        (await http.post("/api/v1/alerts", json=rule)).raise_for_status()

    async def known() -> bool:
        return bool((await http.get("/api/v1/webhooks")).json()["items"])

    if not await within(APPEARS_S, known, every=0.2):
        raise TimeoutError("the endpoint is not known")
