"""Running systems for the end-to-end tests: a factory for each engine, and what every test asks of any of them."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from services.calls.watch.checks import Checks, Known
from services.embedded import Embedded, embedded
from shared.http import COOKIE
from shared.http.forms import word_of
from shared.ports import Documents
from shared.settings import Settings
from shared.spool import Spool
from tests.engines.kafka import KAFKA
from tests.engines.mongo import MONGO

NEVER = 3_600.0
System = Embedded
"""What a factory gives: a client with the rights of the operator, `settled()`, and the runtime behind it."""


class Time:
    """A clock that a test sets. It stands still until it is moved."""

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at or datetime(2026, 11, 18, 15, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, by: timedelta) -> None:
        """So much later."""
        self.at += by


def _embedded(data: Path) -> Settings:
    return Settings(data=data, demo=True)


def _distributed(data: Path) -> Settings:
    """All services in this process too, on Kafka and a server that speaks MongoDB's protocol."""
    return Settings(
        data=data,
        demo=True,
        engine="distributed",
        kafka=KAFKA.address(),
        kafka_replication=1,
        kafka_min_insync=1,
        mongo=f"mongodb://{MONGO.address()}",
        namespace=f"e2e-{hashlib.sha256(str(data).encode()).hexdigest()[:12]}",
    )


ENGINES = {"embedded": _embedded, "distributed": _distributed}
PARAMS = ["embedded", pytest.param("distributed", marks=pytest.mark.engines)]


@contextlib.asynccontextmanager
async def start(
    engine: str,
    data: Path,
    now: Callable[[], datetime] | None = None,
    timers_every: float = NEVER,
    partitions: int = Settings.partitions,
) -> AsyncIterator[System]:
    """A system on an engine. What time brings about comes every `timers_every` s: not at all unless a test asks."""
    # A test walks hundreds of routes with one key; that nobody asks too often is shown where it is meant.
    settings = replace(ENGINES[engine](data), partitions=partitions, requests_per_second=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.clock.now", now or Time())
        patch.setattr("services.calls.service.TIMERS_EVERY_S", timers_every)
        # On a busy machine a broker that takes its time would be taken for away, and what it has be sent once more.
        patch.setattr("shared.runtime.Spool", partial(Spool, patience=60.0))
        async with embedded(settings) as system:
            yield system


async def ask(client: httpx.AsyncClient, url: str, **params: Any) -> Any:
    """The body of a good answer."""
    answer = await client.get(url, params={name: value for name, value in params.items() if value is not None} or None)
    assert answer.status_code == 200, f"{url} {params}: {answer.status_code} {answer.text}"
    return answer.json()


async def everything(client: httpx.AsyncClient, url: str, **params: Any) -> list[Any]:
    """All items of a list, page by page."""
    found: list[Any] = []
    cursor: str | None = None
    while True:
        page = await ask(client, url, **params, cursor=cursor)
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


async def documents(store: Documents, collection: str, **equal: str) -> dict[str, Any]:
    """All documents of a collection, decoded, by id."""
    found: dict[str, Any] = {}
    cursor: str | None = None
    while True:
        page = await store.find(collection, equal or None, limit=1_000, cursor=cursor)
        found |= {stored.id: msgspec.json.decode(stored.body) for stored in page.items}
        cursor = page.next
        if cursor is None:
            return found


async def at_rest(system: System) -> None:
    """Return when all that was recorded, and what followed from it in whatever service, is published and applied."""
    stores = [kit.store for kit in system.runtime.kits.values()]

    async def waiting() -> bool:
        return any([bool(await store.unnumbered(1)) for store in stores])

    while True:
        while await waiting():  # noqa: ASYNC110 - relays and process managers have to come to rest
            await asyncio.sleep(0.02)
        await system.settled()
        if not await waiting() and not await system.runtime.lag():
            return


async def eventually(holds: Callable[[], Awaitable[Any]], within: float = 60.0) -> Any:
    """The first value that is true, asked for again and again. As long as a busy machine needs: what is true is seen
    at once."""
    begun = time.monotonic()
    while not (value := await holds()):
        assert time.monotonic() - begun < within, f"not within {within} s: {holds}"
        await asyncio.sleep(0.05)
    return value


async def looked() -> None:
    """Return when the checks have looked through everything once, beginning from now: what lacks something and is seen
    for the first time has its grace from there on."""
    begun, known = 0, Checks._known

    async def counted(checks: Checks) -> Known:
        nonlocal begun
        begun += 1
        return await known(checks)

    async def over() -> bool:
        return begun >= 2  # the next look begins when one is over

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checks, "_known", counted)
        await eventually(over)


def of_page(client: httpx.AsyncClient) -> dict[str, str]:
    """The headers of a form that a page of the client's session sends."""
    word = word_of(client.cookies.get(COOKIE) or "")
    return {"sec-fetch-site": "same-origin", "x-csrf-token": word}


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal as JSON, whatever the order of lists of objects in them."""
    return sorted(json.dumps(item, sort_keys=True) for item in one) == sorted(
        json.dumps(item, sort_keys=True) for item in other
    )
