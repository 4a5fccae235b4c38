"""What no game day brings about: a system in a process of its own is harmed; each alert is told of, and ends.

The rules are those of production in a hurry: budgets a hundred times as fast, all else sixty times. Faults stand side
by side where none hides another.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import re
import secrets
import signal
import sqlite3
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.calls.connectors.registry import CONNECTORS
from services.canary import Canary
from shared import clock
from shared.security import local_key
from shared.webhooks import new_secret
from tests.e2e.processes import tallyline
from tests.e2e.systems import ask, eventually, start
from tests.e2e.test_manager_line import Pbx
from tests.engines.server import free_port
from tests.gameday import hurried
from tests.monitoring.slo import RULES
from tests.monitoring.test_live import asked, firing, prometheus, ready
from tests.unit.shared.test_webhooks import listening

pytestmark = [pytest.mark.monitoring, pytest.mark.timeout(900)]
HURRY, BUDGETS_HURRY = 60, 100
SOURCE, KEY = "acme-pbx", new_secret()
STOPPED_S, RUNS_S = 0.7, 0.8
HANGS_S, WORKS_S = 12.0, 4.0
"""Longer than an event may take until it is visible; and long enough for what has waited."""
WITHIN_S = 150.0


def burns(objective: str) -> set[str]:
    """The alerts of an objective."""
    return {f"Tallyline{objective}BudgetBurns{how}" for how in ("Fast", "Soon", "Slowly", "Unnoticed")}


def passing(alerts: set[str]) -> set[str]:
    """Without those that look back for hours: even in a hurry that is too long to wait for their end."""
    return {alert for alert in alerts if not alert.endswith(("Slowly", "Unnoticed"))}


class Harmed:
    """A system in a process, which makes mistakes when it is told to, and Prometheus beside it. `told`: the alerts
    that fired."""

    def __init__(self, folder: Path, client: httpx.AsyncClient, watching: httpx.AsyncClient, port: int, canary: int):
        self.data, self._mistakes = folder / "data", folder / "mistakes"
        self.client, self._watching, self._port, self._canary = client, watching, port, canary
        self.told: set[str] = set()
        self._mistakes.mkdir()
        self._process: Process | None = None

    async def start(self) -> None:
        """It is ready on return, and Prometheus has seen its counters: what they count before that is no increase."""
        command = ("tests.monitoring.harmed", str(self._mistakes), "run", "--data", str(self.data))
        told = os.environ | {"TALLYLINE_SUBSCRIBER_WEBHOOK_PRIVATE": "1", "TALLYLINE_PORT": str(self._port)}
        with (self.data / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", *command, stdout=log, stderr=log, env=told
            )
        await eventually(lambda: ready(self.client), 120)
        await eventually(lambda: self.tells("tallyline_webhooks_total"), 60)

    def signal(self, number: int) -> None:
        """To the process."""
        if self._process is not None:
            self._process.send_signal(number)

    async def kill(self) -> None:
        """Without a word."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    @contextlib.contextmanager
    def mistaken(self, name: str) -> Iterator[None]:
        """The process makes this mistake meanwhile."""
        mistake = self._mistakes / name
        mistake.touch()
        try:
            yield
        finally:
            mistake.unlink()

    @contextlib.asynccontextmanager
    async def canary(self) -> AsyncIterator[None]:
        """One calls meanwhile; then it is killed."""
        command = ("services.cli", "canary", "--every", "1", "--data", str(self.data))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *command, "--metrics-port", str(self._canary), stdout=DEVNULL, stderr=DEVNULL
        )
        try:
            await eventually(lambda: self.tells("tallyline_canary_calls_total > 0"), 60)
            yield
        finally:
            process.kill()
            await process.wait()

    async def tells(self, query: str) -> Any:
        """What Prometheus answers now."""
        found = await asked(self._watching, "/query", query=query)
        return found and found["result"]

    async def builds(self) -> bool:
        """Is `performance` being built anew, and not done yet?"""
        told = (await self.client.get("/metrics")).text
        [progress] = re.findall(r'^tallyline_rebuild_progress_ratio\{view="performance"\} (\S+)$', told, re.MULTILINE)
        return float(progress) < 1

    async def now(self) -> set[str]:
        """What fires."""
        return set(await firing(self._watching))

    async def fires(self, *names: str) -> None:
        """Each of these does, though not necessarily all at one moment."""
        missing = set(names)

        async def none_left() -> bool:
            missing.difference_update(await self.now())
            return not missing

        await _within(none_left, missing)
        self.told.update(names)

    async def silent(self, *names: str) -> None:
        """Each of these is, though not necessarily all at one moment."""
        missing = set(names)

        async def none_left() -> bool:
            missing.intersection_update(await self.now())
            return not missing

        await _within(none_left, missing)


async def _within(holds: Callable[[], Awaitable[bool]], missing: set[str]) -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while not await holds():
        assert loop.time() - begun < WITHIN_S, f"not within {WITHIN_S} s: {sorted(missing)}"
        await asyncio.sleep(0.1)


async def made(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text


async def yesterday(data: Path) -> None:
    """The last run of a system: a partner with a source, and a call that this release can't read."""
    now = clock.now

    def then() -> datetime:
        return now() - timedelta(hours=25)

    def read(*_: Any) -> Any:
        raise ZeroDivisionError("a mistake of this release")

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(CONNECTORS, "native", dataclasses.replace(CONNECTORS["native"], read=read))
        async with start("embedded", data, now=then) as system:
            client = system.client
            await made(client, "/api/v1/partners", {"partner_id": "acme", "name": "Acme"})
            settings = {"connector": "native", "partner": "acme", "counts": "production"}
            body = {"id": SOURCE, "settings": settings, "secrets": {"standard-webhooks": [KEY]}}
            await made(client, "/api/v1/sources", body)
            caller = Canary(client, client, SOURCE, KEY, then)

            async def put_aside() -> Any:
                return (await ask(client, "/api/v1/operations/dead-letters"))["items"]

            async def accepted() -> bool:
                return await caller._send("call-of-yesterday") == httpx.codes.ACCEPTED

            await eventually(accepted, 60)
            await eventually(put_aside, 60)


@contextlib.asynccontextmanager
async def harmed(folder: Path) -> AsyncIterator[Harmed]:
    data, rules, port, canary = folder / "data", folder / "rules", free_port(), free_port()
    await yesterday(data)
    rules.mkdir()
    hurried.write(RULES, rules, HURRY, "alerts.yaml")
    hurried.write(RULES, rules, BUDGETS_HURRY, "slo.yaml")
    headers = {"authorization": f"Bearer {local_key(data)}"}
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as client,
        prometheus(folder, [port], rules, canaries=[canary]) as watching,
    ):
        system = Harmed(folder, client, watching, port, canary)
        try:
            await system.start()
            yield system
        finally:
            await system.kill()


@contextlib.asynccontextmanager
async def often(step: Callable[[], Awaitable[Any]], every: float) -> AsyncIterator[None]:
    """A step begins every so often meanwhile, whether or not the one before has ended."""
    steps: list[asyncio.Future[Any]] = []

    async def go_on() -> None:
        while True:
            steps.append(asyncio.ensure_future(step()))
            await asyncio.sleep(every)

    going = asyncio.ensure_future(go_on())
    try:
        yield
    finally:
        going.cancel()
        await asyncio.gather(going, *steps, return_exceptions=True)


def calls(system: Harmed) -> AbstractAsyncContextManager[None]:
    """Calls that count come through the door."""
    caller = Canary(system.client, system.client, SOURCE, KEY, clock.now)
    return often(lambda: caller._send(f"call-{secrets.token_hex(8)}"), 0.3)


def commands(system: Harmed) -> AbstractAsyncContextManager[None]:
    """Somebody works."""

    async def registered() -> None:
        partner = {"partner_id": f"p{secrets.token_hex(4)}", "name": "One more"}
        await system.client.post("/api/v1/partners", json=partner)

    return often(registered, 0.3)


async def nobody_looks_at_what_failed(system: Harmed) -> None:
    """Since yesterday, until it is sent again, as the runbook says: this release can read it."""
    await system.fires("TallylineDeadLettersOld")
    code, said = await tallyline("dead-letters", "retry", "all", data=system.data)
    assert code == 0, said
    await system.silent("TallylineDeadLettersOld")


async def a_partners_platform_is_gone(system: Harmed) -> None:
    """The line to it is refused; then there is somebody who answers."""
    port = free_port()
    options = {"ami": {"host": "127.0.0.1", "port": port, "user": "tallyline"}, "trunk_channels": ["PJSIP/trunk-a"]}
    settings = {"connector": "asterisk", "partner": "acme", "options": options}
    await made(
        system.client,
        "/api/v1/sources",
        {"id": "acme-line", "settings": settings, "secrets": {"ami-secret": ["s3cret"]}},
    )
    await system.fires("TallylineStreamDown")
    async with await asyncio.start_server(Pbx().serve, "127.0.0.1", port):
        await system.silent("TallylineStreamDown")


async def nobody_hears_us(system: Harmed) -> None:
    """Whoever asked to be told of new partners says that there is nobody any more."""
    async with listening(410) as receiver:
        url = f"http://127.0.0.1:{receiver.port}/in"
        await made(system.client, "/api/v1/webhooks", {"name": "gone", "url": url, "events": ["PartnerRegistered"]})
        await made(system.client, "/api/v1/partners", {"partner_id": "other", "name": "Other"})
        await system.fires("TallylineWebhooksGivenUp")


async def the_canary_dies(system: Harmed) -> None:
    """Until it is started again."""
    async with system.canary():
        pass
    await system.fires("TallylineCanarySilent")
    async with system.canary():
        await system.silent("TallylineCanarySilent")


async def a_worker_hangs(system: Harmed) -> None:
    """What it should have taken becomes old, and is there once it goes on."""

    async def hang() -> None:
        with system.mistaken("hangs"):
            await asyncio.sleep(HANGS_S)

    async with calls(system), often(hang, HANGS_S + WORKS_S):
        await system.fires("TallylineStuck", *burns("Freshness"))
    await system.silent("TallylineStuck", "TallylineFreshnessBudgetBurnsFast")


async def no_processor_is_left(system: Harmed) -> None:
    """It belongs to others most of the time."""

    async def take_it() -> None:
        system.signal(signal.SIGSTOP)
        await asyncio.sleep(STOPPED_S)
        system.signal(signal.SIGCONT)

    async with often(take_it, STOPPED_S + RUNS_S):
        await system.fires("TallylineLoopSlow")
    await system.silent("TallylineLoopSlow")


@contextlib.asynccontextmanager
async def held_while_a_view_is_built(system: Harmed) -> AsyncIterator[None]:
    """Another program holds the file, as a backup may do. A view that was being built anew stands still."""

    async def ask() -> None:
        await system.client.post("/api/v1/operations/views/performance/rebuild")

    with contextlib.closing(sqlite3.connect(system.data / "tallyline.db", 60, isolation_level=None)) as other:
        while True:
            asking = asyncio.ensure_future(ask())
            await eventually(system.builds, 60)
            other.execute("BEGIN IMMEDIATE")
            if await system.builds():
                break
            other.execute("ROLLBACK")  # it was done a moment before
            await asking
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            await asyncio.gather(asking, return_exceptions=True)


async def nothing_can_be_written(system: Harmed) -> None:
    async with calls(system), commands(system):
        async with held_while_a_view_is_built(system):
            await system.fires("TallylineRebuildStalls", *burns("Ingest"), *burns("Api"))
        await system.silent("TallylineRebuildStalls", "TallylineIngestBudgetBurnsFast", "TallylineApiBudgetBurnsFast")


async def an_item_is_lost(system: Harmed) -> None:
    """No restart brings it back; the count begins anew with the process."""
    with system.mistaken("forgets"):
        async with calls(system):
            await system.fires("TallylineItemsUnbalanced")
    await system.kill()
    await system.start()
    await system.silent("TallylineItemsUnbalanced")


async def a_release_can_not_build_a_view(system: Harmed) -> None:
    """Until one can."""
    rebuild = "/api/v1/operations/views/performance_day/rebuild"
    with system.mistaken("stumbles"):
        assert (await system.client.post(rebuild)).status_code == httpx.codes.CONFLICT
        await system.fires("TallylineRebuildFailed")
    assert (await system.client.post(rebuild)).status_code == httpx.codes.OK
    await system.silent("TallylineRebuildFailed")


PHASES: Sequence[Mapping[Callable[[Harmed], Awaitable[None]], set[str]]] = (
    {
        nobody_looks_at_what_failed: {"TallylineDeadLettersOld"},
        a_partners_platform_is_gone: {"TallylineStreamDown"},
        nobody_hears_us: {"TallylineWebhooksGivenUp"},
        the_canary_dies: {"TallylineCanarySilent"},
        a_worker_hangs: {"TallylineStuck", *burns("Freshness")},
    },
    {nothing_can_be_written: {"TallylineRebuildStalls", *burns("Ingest"), *burns("Api")}},
    {no_processor_is_left: {"TallylineLoopSlow"}},
    {a_release_can_not_build_a_view: {"TallylineRebuildFailed"}},
    {an_item_is_lost: {"TallylineItemsUnbalanced"}},
)
"""Side by side, and one after the other, with what each brings about. What is known for an hour is waited for at the
end."""
FIRED = set[str]().union(*(alerts for phase in PHASES for alerts in phase.values()))


async def test_whatever_else_can_go_wrong_is_told_of_and_ends(tmp_path: Path) -> None:
    async with harmed(tmp_path) as system:

        async def one(fault: Callable[[Harmed], Awaitable[None]], alerts: set[str]) -> None:
            # Else it would show nothing. A machine that is slow burns the budgets too: those of hours remember it.
            await system.silent(*passing(alerts - {"TallylineDeadLettersOld"}))
            begun = time.monotonic()
            await fault(system)
            print(f"{fault.__name__}: {time.monotonic() - begun:.0f} s", flush=True)

        for phase in PHASES:
            async with asyncio.TaskGroup() as beside:
                for fault, alerts in phase.items():
                    beside.create_task(one(fault, alerts))
        assert system.told == FIRED
        await system.silent(*passing(FIRED - {"TallylineCanarySilent"}))  # the last one was ended with its fault
