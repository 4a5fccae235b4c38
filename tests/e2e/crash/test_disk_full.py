"""A disk that is full: nothing is taken that can't be kept, nothing taken is lost, and with room again all goes on."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from services.embedded import Embedded, embedded
from services.simulate.driver import Request, set_up_company
from shared.adapters.engines import Embedded as EmbeddedEngine
from shared.settings import Settings
from tests.e2e.crash.checker import breaches
from tests.e2e.crash.load import DAY, Journal, firm, planned
from tests.e2e.crash.logbook import Logbook
from tests.e2e.crash.rest import night, wrong_views
from tests.e2e.crash.servers import servers
from tests.e2e.crash.test_kills import undisturbed

BEFORE, PLANNED = 300, 900
REFUSALS = 20
MOST_COMMANDS = 500
ROOMY = 1_000_000_000
FILE_BYTES = 1 << 20
"""Nothing can be written behind it: the log that SQLite writes ahead is longer after a few hundred deliveries."""


async def deliver(client: httpx.AsyncClient, requests: Sequence[Request], journal: Journal, refusals: int) -> int:
    """One after the other, none twice, until so many were refused; how many were sent. A refusal says when to come
    again."""
    refused = 0
    for sent, request in enumerate(requests):
        if refused == refusals:
            return sent
        answer = await client.request(request.method, request.path, headers=request.headers, content=request.body)
        journal.statuses[answer.status_code] += 1
        if answer.status_code == 202:
            journal.taken.setdefault(request.n, []).append(answer.json()["delivery"])
        else:
            refused += 1
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
            assert int(answer.headers["retry-after"]) > 0
    return len(requests)


async def still_reads(client: httpx.AsyncClient) -> None:
    """All that only reads goes on: probes, figures, lists."""
    partner = firm().partners[0]
    period = {"from": DAY.isoformat(), "to": "2026-03-05", "counts": "test"}
    for path, query in (
        ("/livez", {}),
        ("/api/v1/performance/agents", period | {"partner": partner.id}),
        ("/api/v1/agents", {"partner": partner.id}),
        ("/api/v1/operations/dead-letters", {}),
        (f"/api/v1/sources/{partner.source}/intake", {}),
    ):
        answer = await client.get(path, params=query)
        assert answer.status_code == 200, f"{path}: {answer.text}"


async def commands_until_refused(client: httpx.AsyncClient, journal: Journal) -> int:
    """Commands too are done or refused; the number of the first that was refused. The last page may take a few."""
    for n in range(MOST_COMMANDS):
        answer = await command(client, n)
        if answer.status_code != 201:
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
            assert int(answer.headers["retry-after"]) > 0
            return n
        journal.agents.append(f"full-{n}")
    raise AssertionError("no command was refused")


async def command(client: httpx.AsyncClient, n: int) -> httpx.Response:
    """An agent is registered, under a key of its own."""
    body = {"partner_id": firm().partners[2].id, "agent": f"full-{n}", "name": "x" * 100}
    return await client.post("/api/v1/agents", json=body, headers={"idempotency-key": f"full-{n}"})


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Logbook:
    """What an undisturbed system makes of the plan."""
    return Logbook(asyncio.run(undisturbed(tmp_path_factory.mktemp("undisturbed"), planned(PLANNED)))[0])


async def as_if_nothing_had_been(
    client: httpx.AsyncClient, data: Path, reference: Logbook, plan: list[Request], journal: Journal, refused: int
) -> None:
    """With room again, without a restart: the rest is taken, and the whole is what an undisturbed system says."""
    assert (await command(client, refused)).status_code == 201
    journal.agents.append(f"full-{refused}")
    rest = [request for request in plan if request.n not in journal.taken]
    assert await deliver(client, rest, journal, 1) == len(rest), "nobody is refused any more"
    book = Logbook(data)
    await night(client, book)
    assert breaches(book, reference, journal) == []
    assert await wrong_views(client) == []
    assert (await client.get("/readyz")).status_code == 200, "no loop has died"


@asynccontextmanager
async def no_room(system: Embedded) -> AsyncIterator[None]:
    """The database may not have more pages than it has."""

    def limit(connection: sqlite3.Connection) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    def lift(connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA max_page_count = {ROOMY}")

    engine = system.runtime.engine
    assert isinstance(engine, EmbeddedEngine)
    file = engine.file
    await file.write(limit)
    try:
        yield
    finally:
        await file.write(lift)


@pytest.mark.slow
async def test_a_full_database_refuses_and_forgets_nothing(tmp_path: Path, reference: Logbook) -> None:
    plan, journal = planned(PLANNED), Journal()
    async with embedded(Settings(data=tmp_path / "data", log_level="error")) as system:
        client = system.client
        await set_up_company(client, firm(), demo=False)
        assert await deliver(client, plan[:BEFORE], journal, 1) == BEFORE
        await system.settled()
        async with no_room(system):
            sent = await deliver(client, plan[BEFORE:], journal, REFUSALS)
            assert journal.statuses[503] == REFUSALS
            assert sent < PLANNED - BEFORE
            await still_reads(client)
            refused = await commands_until_refused(client, journal)
            await asyncio.sleep(1.0)  # the workers try again and again
            assert Logbook(tmp_path / "data").integrity() == "ok"
            assert system.runtime.failed is None
        await as_if_nothing_had_been(client, tmp_path / "data", reference, plan, journal, refused)


@pytest.mark.slow
async def test_a_disk_that_refuses_to_grow_is_survived_by_the_process(tmp_path: Path, reference: Logbook) -> None:
    plan, journal = planned(PLANNED), Journal()
    async with servers(tmp_path) as mine:
        mine.start()
        assert await mine.ready()
        async with mine.client() as client:
            await set_up_company(client, firm(), demo=False)
            assert await deliver(client, plan[:BEFORE], journal, 1) == BEFORE
            assert mine.process is not None
            pid = mine.process.pid or 0
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (FILE_BYTES, resource.RLIM_INFINITY))
            await deliver(client, plan[BEFORE:], journal, REFUSALS)
            assert journal.statuses[503] == REFUSALS
            await still_reads(client)
            refused = await commands_until_refused(client, journal)
            assert Logbook(mine.data).integrity() == "ok"
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            await as_if_nothing_had_been(client, mine.data, reference, plan, journal, refused)
