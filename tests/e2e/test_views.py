"""Views are rebuilt while traffic flows, found wrong where they are, and healed: over the API and the command line."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.calls.service import SERVICE as CALLS
from services.calls.views.performance import performance, performance_day
from services.moving.contents import SERVICES
from services.simulate.company import Company, company
from services.simulate.driver import Request, requests_of, send, set_up_company, slowly
from services.simulate.stream import deliveries
from shared import metrics, runtime
from shared.kernel import View
from shared.ports import Put
from tests.e2e.processes import server, tallyline
from tests.e2e.systems import System, Time, ask, documents, eventually, of_page, start

SEED = 8
VIEWS = "/api/v1/operations/views"
NAMES = {view.name for service in SERVICES for view in service.views}


def firm() -> Company:
    return company(SEED, partners=2, agents=8, connectors=("native", "twilio"))


def traffic(minutes: int = 60) -> list[Request]:
    now = Time()()
    return list(requests_of(firm(), deliveries(firm(), SEED, now - timedelta(minutes=minutes), now)))


VICTIM = firm().partners[0].agents[0].id


async def deliver(system: System, minutes: int = 60) -> None:
    await set_up_company(system.client, firm(), demo=True)
    sent = await send(system.client, traffic(minutes))
    assert sent.answers.keys() == {202}
    await system.settled()


def rebuilt_on(engine: str) -> list[str]:
    """All; on the distributed engine, of those that one worker keeps side by side, the one with the most indexes: views
    differ in nothing else that lies behind the ports."""
    if engine == "embedded":
        return sorted(NAMES)
    kept: dict[tuple[str, str], list[View[Any, Any, Any]]] = {}
    for service in SERVICES:
        for view in service.views:
            kept.setdefault((service.name, view.topic), []).append(view)
    return sorted(max(views, key=lambda view: (len(view.indexes), view.name)).name for views in kept.values())


class Flow:
    """Traffic that goes on until it is told to end."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._over = asyncio.Event()
        self._sending = asyncio.ensure_future(send(client, self._requests()))
        self._sent = 0

    async def _requests(self) -> AsyncIterator[Request]:
        async for request in slowly(traffic(6000), 40):
            if self._over.is_set():
                return
            self._sent += 1
            yield request

    async def end(self) -> None:
        """All that was sent was taken, up to now."""
        assert not self._sending.done()
        self._over.set()
        assert (await self._sending).answers == {202: self._sent}
        assert self._sent > 10


async def verified(client: httpx.AsyncClient, name: str) -> Any:
    answer = await client.post(f"{VIEWS}/{name}/verify")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def all_identical(client: httpx.AsyncClient) -> None:
    for name in sorted(NAMES):
        found = await verified(client, name)
        assert found["identical"], found["differences"][:3]


async def totals(client: httpx.AsyncClient) -> Any:
    """Figures over all, without the ways to their calls."""
    day = {"from": "2026-11-18", "to": "2026-11-19", "time_zone": "UTC"}
    table = await ask(client, "/api/v1/performance/partners", **day, limit=500)
    return {kpi: figure["value"] for kpi, figure in table["totals"]["figures"].items()}


async def test_views_are_rebuilt_beside_themselves_while_traffic_flows(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "SWITCH_GRACE_S", 0.2)  # there is one process, and there are many views
    # What is sent while nothing is built is no traffic beside a build.
    monkeypatch.setattr(runtime, "BUILDS_EVERY_S", 0.05)
    monkeypatch.setattr("shared.engine.views.ASKED_EVERY_S", 0.05)
    async with start(engine, tmp_path) as system:
        await set_up_company(system.client, firm(), demo=True)
        flow = Flow(system.client)
        before = {item["view"]: item["collection"] for item in (await ask(system.client, VIEWS))["items"]}
        assert before.keys() == NAMES
        names = rebuilt_on(engine)
        for name in names:
            answer = await system.client.post(f"{VIEWS}/{name}/rebuild")
            assert answer.status_code == 200, answer.text
            assert answer.json()["collection"] != before[name]
        await flow.end()
        await system.settled()
        assert (await system.client.get("/readyz")).status_code == 200
        await all_identical(system.client)
        after = (await ask(system.client, VIEWS))["items"]
        for item in after:
            assert (item["collection"] != before[item["view"]]) == (item["view"] in names)
            assert (item["lag"], item["building"]) == (0, None)


async def test_a_view_that_is_not_there_is_neither_rebuilt_nor_verified(engine: str, tmp_path: Path) -> None:
    async with start(engine, tmp_path) as system:
        for what in ("rebuild", "verify"):
            assert (await system.client.post(f"{VIEWS}/weather/{what}")).status_code == 404


@pytest.mark.parametrize("name", ["performance", "performance_day", "performance_month", "evidence"])
async def test_a_counter_changed_behind_our_back_is_found_and_healed(engine: str, name: str, tmp_path: Path) -> None:
    async with start(engine, tmp_path) as system:
        await deliver(system, 20)
        right = await totals(system.client)
        kit = system.runtime.kits["calls"]
        collection = f"{name}_v{next(v.version for v in CALLS.views if v.name == name)}"
        id_, body = next(iter((await documents(kit.documents, collection)).items()))
        changed = _changed(body)
        stored = (await kit.documents.get(collection, [id_]))[id_]
        await kit.documents.put(collection, [Put(id_, stored.revision, json.dumps(changed).encode(), {})])
        found = await verified(system.client, name)
        assert not found["identical"]
        assert found["count"] == 1
        assert id_ in found["differences"][0]
        await system.client.post(f"{VIEWS}/{name}/rebuild")
        await all_identical(system.client)
        assert await totals(system.client) == right


def _changed(body: Any) -> Any:
    """The document with one number made greater by one."""
    if isinstance(body, dict):
        for key, value in body.items():
            if key not in ("at", "interval") and (new := _changed(value)) is not None:
                return body | {key: new}
    if isinstance(body, list):
        for n, value in enumerate(body):
            if (new := _changed(value)) is not None:
                return [*body[:n], new, *body[n + 1 :]]
    return body + 1 if isinstance(body, int) else None


def with_view(patch: pytest.MonkeyPatch, changed: View[Any, Any, Any]) -> None:
    """A release in which this view is another one."""
    views = tuple(changed if view.name == changed.name else view for view in CALLS.views)
    patch.setattr("services.embedded.CALLS", dataclasses.replace(CALLS, views=views))


async def test_a_view_of_a_new_version_is_built_beside_the_old_one_and_switched_to(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start(engine, tmp_path) as system:
        await deliver(system)
        right = await totals(system.client)
        assert right["handled"] > 3
    folded = 0

    def fold(doc: Any, part: Any, sign: int) -> Any:
        nonlocal folded
        folded += 1
        return performance.fold(doc, part, sign)

    with_view(monkeypatch, dataclasses.replace(performance, version=performance.version + 1, fold=fold))
    async with start(engine, tmp_path) as system:
        assert await totals(system.client) == right

        async def switched() -> Any:
            listed = (await ask(system.client, VIEWS))["items"]
            found = next(item for item in listed if item["view"] == "performance")
            return found if found["version"] == performance.version + 1 else None

        found = await eventually(switched)
        assert found["collection"] == f"performance_v{performance.version + 1}_1"
        assert folded > 50
        await system.settled()
        assert await totals(system.client) == right
        await all_identical(system.client)


def _fold(doc: Any, part: Any, sign: int) -> Any:
    cell, _ = part
    if cell.agent == VICTIM and doc is not None:
        raise ZeroDivisionError("a bug of this release")
    return performance.fold(doc, part, sign)


def _fields(doc: Any) -> Any:
    if doc.agent == VICTIM and doc.tally.handled:
        raise ZeroDivisionError("a bug of this release")
    return performance.fields(doc)


@pytest.mark.parametrize("mistake", [{"fold": _fold}, {"fields": _fields}], ids=["fold", "fields"])
async def test_an_event_that_can_not_be_taken_breaks_one_document_until_the_view_is_rebuilt(
    engine: str, mistake: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        with_view(patch, dataclasses.replace(performance, **mistake))
        async with start(engine, tmp_path) as system:
            await deliver(system)
            assert (await system.client.get("/readyz")).status_code == 200
            found = await verified(system.client, "performance")
            assert found["count"] > 0
            assert all(VICTIM in difference for difference in found["differences"])
            assert any("broken" in difference for difference in found["differences"])
            assert (await verified(system.client, "performance_day"))["identical"]
            await _built_by_a_release_that_can_not(system)
    async with start(engine, tmp_path) as system:
        await system.settled()
        found = await verified(system.client, "performance")
        assert not found["identical"]
        assert all(VICTIM in difference for difference in found["differences"])
        wrong = (await listed(system, "performance"))["broken"]
        assert wrong.startswith("ZeroDivisionError at tallyline.calls/")
        assert f"can’t take an event: {wrong}" in (await system.client.get("/health")).text
        assert (await listed(system, "performance_day"))["broken"] is None
        assert (await system.client.post(f"{VIEWS}/performance/rebuild")).status_code == 200
        await all_identical(system.client)
        after = await listed(system, "performance")
        assert (after["failed"], after["broken"]) == (None, None)
        assert "can’t take an event" not in (await system.client.get("/health")).text


async def test_a_stored_document_that_can_not_be_read_is_broken_alone_until_the_view_is_rebuilt(
    engine: str, tmp_path: Path
) -> None:
    async with start(engine, tmp_path) as system:
        await deliver(system, 30)
        kit = system.runtime.kits["calls"]
        collection = kit.views.collection(performance_day)
        victim = next(id_ for id_ in await documents(kit.documents, collection) if VICTIM in id_)
        stored = (await kit.documents.get(collection, [victim]))[victim]
        await kit.documents.put(collection, [Put(victim, stored.revision, b'{"at":1,"doc":"by hand"}', {})])
        await deliver(system, 60)
        assert (await system.client.get("/readyz")).status_code == 200
        wrong = (await listed(system, "performance_day"))["broken"]
        assert wrong.startswith("ValidationError at tallyline.calls/")
        assert 'tallyline_broken_documents{view="performance_day"} 1.0' in (await system.client.get("/metrics")).text
        differences = (await verified(system.client, "performance_day"))["differences"]
        assert differences
        assert all(one.startswith(victim) for one in differences)
        assert (await verified(system.client, "performance"))["identical"]
        assert (await system.client.post(f"{VIEWS}/performance_day/rebuild")).status_code == 200
        assert 'tallyline_broken_documents{view="performance_day"} 0.0' in (await system.client.get("/metrics")).text
        await all_identical(system.client)


async def listed(system: System, name: str) -> Any:
    return next(item for item in (await ask(system.client, VIEWS))["items"] if item["view"] == name)


async def _built_by_a_release_that_can_not(system: System) -> None:
    """Whoever asked is told why, and so is whoever looks later; what is live stays."""
    client, before = system.client, await totals(system.client)
    answer = await client.post(f"{VIEWS}/performance/rebuild")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/rebuild_failed")
    after = await listed(system, "performance")
    cause = after["failed"]
    assert cause.startswith("ZeroDivisionError at tallyline.calls/")
    assert cause in answer.json()["detail"]
    assert (after["collection"], after["building"]) == (f"performance_v{performance.version}", None)
    assert await totals(client) == before
    assert f"failed: {cause}" in (await client.get("/health")).text
    told = await client.post("/health/views/performance/rebuild", headers=of_page(client))
    assert (
        "Not built anew: performance can&#39;t be built anew: ZeroDivisionError"
        in (await client.get(told.headers["location"])).text
    )
    assert 'tallyline_rebuild_failed{view="performance"} 1.0' in metrics.exposition()[0].decode()
    assert 'tallyline_rebuild_failed{view="performance_day"} 0.0' in metrics.exposition()[0].decode()


# The command line, beside a server of its own


async def test_the_command_line_does_the_same_while_traffic_flows(tmp_path: Path) -> None:
    async with server(tmp_path) as client:
        await set_up_company(client, firm(), demo=False)
        flow = Flow(client)
        code, said = await tallyline("views", "rebuild", "performance", data=tmp_path)
        assert (code, said.strip()) == (0, f"performance_v{performance.version}_1")
        code, said = await tallyline("views", "verify", data=tmp_path)
        assert code == 0, said
        assert {line.partition(":")[0] for line in said.splitlines()} == NAMES
        assert all(line.endswith("identical") for line in said.splitlines())
        await flow.end()
        code, said = await tallyline("views", "list", data=tmp_path)
        assert code == 0
        assert all(name in said for name in NAMES)
