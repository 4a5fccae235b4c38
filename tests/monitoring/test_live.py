"""A real Prometheus watches a running system: it is up, its exemplars arrive, and whoever is killed is told of."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import yaml

from services.simulate.driver import send, set_up_company
from shared.security import local_key
from tests.e2e.systems import eventually
from tests.e2e.test_distributed import free_base
from tests.e2e.test_views import firm, traffic
from tests.engines.run_distributed import Distributed
from tests.engines.server import free_port
from tests.monitoring.slo import ROOT

pytestmark = [pytest.mark.monitoring, pytest.mark.timeout(600)]
RULES = ROOT / "deploy/monitoring/rules"
TOLD_WITHIN_S = 90.0
"""The rule waits for a minute; scrapes and evaluations come once a second here."""
FIRED = {"TallylineDown", "TallylineSignaturesFail"}


class Watched(NamedTuple):
    """A system, where its processes listen, and how one of them is killed and started again."""

    client: httpx.AsyncClient
    ports: Sequence[int]
    victim: int
    kill: Callable[[], Awaitable[None]]
    again: Callable[[], Awaitable[None]]


@contextlib.asynccontextmanager
async def embedded(data: Path) -> AsyncIterator[Watched]:
    port = free_port()
    running: list[Process] = []
    command = (sys.executable, "-m", "services.cli", "run", "--data", str(data), "--port", str(port))

    async def started() -> None:
        running.append(await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL))

    async def kill() -> None:
        running[-1].kill()
        await running[-1].wait()

    await started()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            await eventually(lambda: ready(client), 60)
            client.headers["authorization"] = f"Bearer {local_key(data)}"
            yield Watched(client, [port], port, kill, started)
    finally:
        running[-1].terminate()
        await running[-1].wait()


@contextlib.asynccontextmanager
async def distributed(data: Path) -> AsyncIterator[Watched]:
    await asyncio.to_thread(data.mkdir)
    system = Distributed(data, free_base(), f"mon-{secrets.token_hex(4)}")
    try:
        await system.start()
        async with system.caller() as client:
            ports = system.ports
            yield Watched(
                client,
                list(ports.values()),
                ports["worker"],
                lambda: system.kill("worker"),
                lambda: system.start("worker"),
            )
    finally:
        await system.stop()


async def ready(client: httpx.AsyncClient) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return (await client.get("/readyz")).status_code == 200
    return False


@contextlib.asynccontextmanager
async def prometheus(
    folder: Path, targets: Sequence[int], rules: Path = RULES, every: str = "1s", canaries: Sequence[int] = ()
) -> AsyncIterator[httpx.AsyncClient]:
    """One that looks every second or so, by the rules as they are, or by those of another folder."""
    config = {
        "global": {"scrape_interval": every, "evaluation_interval": "1s"},
        "rule_files": [str(rules / "*.yaml")],
        "scrape_configs": [
            {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}]}
            for name, ports in (("tallyline", targets), ("tallyline-canary", canaries))
        ],
    }
    path, port = folder / "prometheus.yaml", free_port()
    path.write_text(yaml.safe_dump(config))
    process = await asyncio.create_subprocess_exec(
        "prometheus",
        f"--config.file={path}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=exemplar-storage",
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=30) as client:
            yield client
    finally:
        process.terminate()
        await process.wait()


async def asked(client: httpx.AsyncClient, path: str, **params: str) -> Any:
    """What Prometheus answers; None while it is not there yet."""
    with contextlib.suppress(httpx.TransportError):
        answer = await client.get(path, params=params)
        return answer.json()["data"] if answer.status_code == httpx.codes.OK else None
    return None


async def has(client: httpx.AsyncClient, query: str) -> None:
    """Return when Prometheus has found something by this query: a counter which it has not seen at 0 does not rise."""

    async def found() -> Any:
        answer = await asked(client, "/query", query=query)
        return answer and answer["result"]

    await eventually(found, 60)


def refused(source: str) -> str:
    """The counter of deliveries to a source that do not prove that they come from it."""
    return f'tallyline_deliveries_total{{source="{source}",answer="not_authentic"}}'


def but_budgets(alerts: Iterable[str]) -> set[str]:
    """Without the objectives': on a machine that is slow they are told of, and rightly."""
    return {alert for alert in alerts if "BudgetBurns" not in alert}


async def firing(client: httpx.AsyncClient) -> dict[str, Any]:
    """The alerts that fire, by name. Asked until there is an answer: none would pass for silence."""
    found = await eventually(lambda: asked(client, "/alerts"), 60)
    return {alert["labels"]["alertname"]: alert for alert in found["alerts"] if alert["state"] == "firing"}


SYSTEMS = {"embedded": embedded, "distributed": distributed}


@pytest.mark.parametrize("engine", ["embedded", pytest.param("distributed", marks=pytest.mark.engines)])
async def test_a_killed_process_is_told_of_and_is_over_when_it_is_back(engine: str, tmp_path: Path) -> None:
    async with SYSTEMS[engine](tmp_path / "data") as system, prometheus(tmp_path, system.ports) as watching:

        async def all_up() -> bool:
            found = await asked(watching, "/query", query="up")
            return bool(found) and [row["value"][1] for row in found["result"]] == ["1"] * len(system.ports)

        await eventually(all_up, 60)
        await set_up_company(system.client, firm(), demo=engine == "distributed")
        assert (await send(system.client, traffic(10))).answers[202] > 0

        async def exemplars() -> Any:
            found = await asked(
                watching,
                "/query_exemplars",
                query='tallyline_event_age_seconds_bucket{stage="projected"}',
                start="0",
                end="4102444800",
            )
            return [e["labels"]["event"] for series in found or [] for e in series["exemplars"]]

        assert all("@" in event for event in await eventually(exemplars, 60))
        assert but_budgets(await firing(watching)) == set()
        source = firm().partners[0].source
        await has(watching, refused(source))
        for _ in range(20):
            assert (await system.client.post(f"/v1/in/{source}", content=b"{}")).status_code == 401
        told = await eventually(lambda: named(watching, "TallylineSignaturesFail"), TOLD_WITHIN_S)
        assert told["labels"]["source"] == source
        assert but_budgets(await firing(watching)) == FIRED - {"TallylineDown"}
        began = asyncio.get_running_loop().time()
        await system.kill()
        told = await eventually(lambda: named(watching, "TallylineDown"), TOLD_WITHIN_S)
        print(f"told of after {asyncio.get_running_loop().time() - began:.0f} s")
        assert (await firing(watching)).keys() >= FIRED
        assert told["labels"]["instance"] == f"127.0.0.1:{system.victim}"
        assert told["labels"]["severity"] == "page"
        assert told["annotations"]["summary"] == f"127.0.0.1:{system.victim} does not answer."
        assert (ROOT / told["annotations"]["runbook"]).is_file()
        await system.again()

        async def over() -> bool:
            return "TallylineDown" not in await firing(watching)

        await eventually(over, 60)


async def named(client: httpx.AsyncClient, name: str) -> Any:
    return (await firing(client)).get(name)
