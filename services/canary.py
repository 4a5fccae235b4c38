"""`tallyline canary`: every minute a test call through the door of each partner, read again as anybody would read it.

While traffic is low, ratios say nothing, and while nobody calls, nothing fails. A canary calls all the time. Its calls
come from a source of its own for each partner, which counts as a test: no figure has them. It is no sandbox, since what
comes there counts for the partner's checklist.

Beside a server its key follows from the data folder's local key, so there is none to keep. Elsewhere, as in a pod of
its own, it shows an API key, and its key follows from that.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import os
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
import typer
from prometheus_client import start_http_server

from services.client import connected, said
from services.terminal import fail, out
from shared import clock, metrics
from shared.contracts.partners import SourceSettings
from shared.security import local_key
from shared.settings import Settings
from shared.webhooks import signature

LATE_S = 30.0
"""After so long a call that can't be read yet is late, and is looked for no longer."""
LOOKS_EVERY_S = 0.1
KNOWN_S, FOLLOWS_S = 30.0, 0.5
RESULTS = ("seen", "late", "refused", "no_door", "failed")
Data = Annotated[Path | None, typer.Option(help="Data folder (TALLYLINE_DATA, data).")]


def canary(
    every: Annotated[float, typer.Option(min=1, help="Seconds between two calls of a partner.")] = 60.0,
    partner: Annotated[list[str] | None, typer.Option(help="Whose door; all with a live source without it.")] = None,
    times: Annotated[int, typer.Option(min=0, help="So many rounds; 0: until told to stop.")] = 0,
    metrics_port: Annotated[int, typer.Option(help="Where its metrics are to be had; 0: nowhere.")] = 8330,
    host: Annotated[str, typer.Option(help="On which address.")] = "127.0.0.1",
    ingest: Annotated[str, typer.Option(help="The door, where it is another one than the gateway.")] = "",
    gateway: Annotated[
        str, typer.Option(help="Elsewhere than beside a server, which takes TALLYLINE_CANARY_KEY.")
    ] = "",
    data: Data = None,
) -> None:
    """Send test calls through the door and measure until they can be read. Ends with 1 if one was not seen in time."""
    settings = Settings.from_environment(os.environ)
    settings = settings if data is None else replace(settings, data=data)
    if gateway and not settings.canary_key:
        fail("TALLYLINE_CANARY_KEY must be set with --gateway: an API key.")
    if metrics_port:
        start_http_server(metrics_port, host, registry=metrics.REGISTRY)
    if not asyncio.run(_watch(settings, every, partner or [], times, ingest, gateway)):
        raise SystemExit(1)


async def _watch(settings: Settings, every: float, partners: list[str], times: int, ingest: str, gateway: str) -> bool:
    key = settings.canary_key if gateway else local_key(settings.data)
    async with contextlib.AsyncExitStack() as stack:
        shown = {"authorization": f"Bearer {key}"}
        reached = httpx.AsyncClient(base_url=gateway, headers=shown, timeout=60) if gateway else connected(settings)
        client: httpx.AsyncClient = await stack.enter_async_context(reached)
        door = client if not ingest else await stack.enter_async_context(httpx.AsyncClient(base_url=ingest, timeout=60))
        canaries = [
            await set_up(client, door, one, key, clock.now) for one in partners or await with_live_sources(client)
        ]
        good, done = True, 0
        while not times or done < times:
            begun = asyncio.get_running_loop().time()
            results = await asyncio.gather(*(one.call() for one in canaries))
            for one, (result, seconds) in zip(canaries, results, strict=True):
                out.print(f"{one.source}: {result} after {seconds:.2f} s")
                if result == "no_door":
                    out.print(f"There is no door at {door.base_url}: say with --ingest where it is.")
            good, done = good and {result for result, _ in results} <= {"seen"}, done + 1
            if not times or done < times:
                await asyncio.sleep(max(0.0, every - (asyncio.get_running_loop().time() - begun)))
        return good


async def with_live_sources(client: httpx.AsyncClient) -> list[str]:
    """The partners that have a live source which counts."""
    found: set[str] = set()
    cursor: str | None = None
    while True:
        answer = await client.get("/api/v1/sources", params={"limit": 100} | ({"cursor": cursor} if cursor else {}))
        if answer.status_code != httpx.codes.OK:
            fail(said(answer))
        page = answer.json()
        for source in page["items"]:
            if (source["settings"]["clock"], source["settings"]["counts"]) == ("live", "production"):
                found.add(source["partner"])
        cursor = page["next"]
        if cursor is None:
            return sorted(found)


async def set_up(
    client: httpx.AsyncClient, door: httpx.AsyncClient, partner: str, key: str, now: Callable[[], datetime]
) -> Canary:
    """The canary of a partner; its source is set up where it is missing."""
    source = f"{partner}-canary"
    secret = "whsec_" + base64.b64encode(hmac.digest(key.encode(), source.encode(), "sha256")).decode()
    settings = SourceSettings(connector="native", partner=partner, counts="test")
    body = {"id": source, "settings": msgspec.to_builtins(settings), "secrets": {"standard-webhooks": [secret]}}
    if (await client.get(f"/api/v1/sources/{source}")).status_code == httpx.codes.NOT_FOUND:
        headers = {"idempotency-key": f"canary-{source}"}
        answer = await client.post("/api/v1/sources", json=body, headers=headers)
        if answer.status_code != httpx.codes.CREATED:
            fail(said(answer))
        await _known(client, source)
    know(source)
    return Canary(client, door, source, secret, now)


async def _known(client: httpx.AsyncClient, source: str) -> None:
    """Wait until the door, in whatever process, has heard of a new source: views follow commands after a moment."""
    for _ in range(int(KNOWN_S / LOOKS_EVERY_S)):
        answer = await client.get(f"/api/v1/sources/{source}/intake")
        if answer.status_code == httpx.codes.OK and answer.json()["schemes"]:
            break
        await asyncio.sleep(LOOKS_EVERY_S)
    await asyncio.sleep(FOLLOWS_S)


def know(source: str) -> None:
    """Have its counters before it calls."""
    for result in RESULTS:
        metrics.CANARIES.labels(source, result)
    metrics.CANARY_SECONDS.labels(source)


class Canary:
    """The test calls of one partner."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        door: httpx.AsyncClient,
        source: str,
        secret: str,
        now: Callable[[], datetime],
        late_s: float = LATE_S,
    ) -> None:
        self.source = source
        self._client = client
        self._door = door
        self._secret = secret
        self._now = now
        self._late_s = late_s

    async def call(self) -> tuple[str, float]:
        """One call from its beginning to its end: what came of it, and after how many seconds.

        `seen`: it can be read, and its facts are told; `late`: not in time; `refused`: the door did not take it;
        `no_door`: whoever answers there is none; `failed`: nobody answers.
        """
        loop = asyncio.get_running_loop()
        call, begun = f"canary-{secrets.token_hex(8)}", loop.time()
        try:
            match await self._send(call):
                case httpx.codes.ACCEPTED:
                    async with asyncio.timeout(self._late_s):
                        result = await self._seen(call)
                case httpx.codes.NOT_FOUND:  # a door says of no source that it does not know it
                    result = "no_door"
                case _:
                    result = "refused"
        except TimeoutError:
            result = "late"
        except httpx.HTTPError:
            result = "failed"
        seconds = loop.time() - begun
        metrics.CANARIES.labels(self.source, result).inc()
        if result == "seen":
            metrics.CANARY_SECONDS.labels(self.source).observe(seconds)
        return result, seconds

    async def _send(self, call: str) -> int:
        at = self._now()
        events = [
            self._event(call, "started", at, direction="inbound"),
            self._event(call, "ended", at, scope="call"),
        ]
        body = msgspec.json.encode(events)
        second = int(at.timestamp())
        headers = {
            "content-type": "application/cloudevents-batch+json",
            "webhook-id": call,
            "webhook-timestamp": str(second),
            "webhook-signature": signature(self._secret, call, second, body),
        }
        answer = await self._door.post(f"/v1/in/{self.source}", content=body, headers=headers)
        return answer.status_code

    def _event(self, call: str, kind: str, at: datetime, **more: str) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "id": f"{call}-{kind}",
            "source": "https://canary.tallyline.example",
            "type": f"com.tallyline.call.{kind}.v1",
            "time": at.isoformat(),
            "data": {"call": call, **more},
        }

    async def _seen(self, call: str) -> str:
        while True:
            answer = await self._client.get(f"/api/v1/calls/{self.source}:{call}")
            if answer.status_code == httpx.codes.OK and "CallEnded" in answer.text:
                return "seen"
            await asyncio.sleep(LOOKS_EVERY_S)
