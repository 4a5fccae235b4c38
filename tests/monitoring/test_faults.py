"""Real faults of a running system, one after the other: a real Prometheus tells of each, and of nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from services.calls.views.performance import performance
from services.canary import Canary, set_up
from services.simulate.driver import set_up_company
from shared import clock
from shared.ports import Outgoing, Put
from shared.security import local_key
from tests.e2e.systems import System, documents, eventually, start
from tests.e2e.test_views import deliver, firm, with_view
from tests.engines.server import free_port
from tests.monitoring.test_live import but_budgets, firing, has, named, prometheus, refused

pytestmark = [pytest.mark.monitoring, pytest.mark.timeout(600)]
TOLD_WITHIN_S = 60.0
"""None of these rules waits."""
FIRED = {
    "TallylineSignaturesFail", "TallylineDeadLetters", "TallylineUnreadable", "TallylineCanaryUnseen",
    "TallylineViewDiffers", "TallylineViewBroken",
}  # fmt: skip


@contextlib.asynccontextmanager
async def served(system: System) -> AsyncIterator[int]:
    """The system's own routes on a port."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(system.app, port=port, lifespan="off", access_log=False, log_level="error"))
    serving = asyncio.ensure_future(server.serve())
    try:
        yield port
    finally:
        system.drain()
        server.should_exit = True
        await serving


async def publish(system: System, topic: str, value: bytes) -> None:
    publisher = system.runtime.kits["calls"].bus.publisher()
    await publisher.send(topic, 0, [Outgoing("x", value)])
    await publisher.close()


async def changed_behind_our_back(system: System) -> None:
    """A document of a view says something else, and the view is compared with its log."""
    kit = system.runtime.kits["calls"]
    collection = kit.views.collection(performance)
    id_, body = next(iter((await documents(kit.documents, collection)).items()))
    stored = (await kit.documents.get(collection, [id_]))[id_]
    del body["doc"]
    await kit.documents.put(collection, [Put(id_, stored.revision, json.dumps(body).encode(), {})])
    answer = await system.client.post("/api/v1/operations/views/performance/verify")
    assert not answer.json()["identical"]


async def unseen(system: System, watching: httpx.AsyncClient) -> None:
    """Three test calls go through the door, and nobody can read them."""
    partner, key = firm().partners[0].id, local_key(system.settings.data)
    canary = await set_up(system.client, system.client, partner, key, clock.now)
    blind = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(404)), base_url="http://x")
    late = Canary(blind, system.client, canary.source, canary._secret, clock.now, late_s=0.1)
    await has(watching, f'tallyline_canary_calls_total{{source="{canary.source}",result="late"}}')
    for _ in range(4):
        assert (await late.call())[0] == "late"
    await blind.aclose()


async def test_each_real_fault_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = False

    def fold(doc: Any, part: Any, sign: int) -> Any:
        if wrong:
            raise ZeroDivisionError("a mistake of this release")
        return performance.fold(doc, part, sign)

    with_view(monkeypatch, dataclasses.replace(performance, fold=fold))
    async with start("embedded", tmp_path / "data", now=clock.now) as system, served(system) as port:
        await set_up_company(system.client, firm(), demo=True)
        async with prometheus(tmp_path, [port]) as watching:
            await has(watching, "count_over_time(tallyline_items_received_total[1m]) > 3")
            assert but_budgets(await firing(watching)) == set()
            expected = set()

            async def told(name: str) -> None:
                alert = await eventually(lambda: named(watching, name), TOLD_WITHIN_S)
                assert alert["annotations"]["summary"]
                expected.add(name)
                assert but_budgets(await firing(watching)) == expected

            source = firm().partners[0].source
            await has(watching, refused(source))
            for _ in range(20):
                assert (await system.client.post(f"/v1/in/{source}", content=b"{}")).status_code == 401
            await told("TallylineSignaturesFail")
            await publish(system, "tallyline.telephony", b"no item")
            await told("TallylineDeadLetters")
            odd = {"origin": "elsewhere.1/0", "position": [1, 0], "recorded_at": 7, "event": {"type": "CallStarted"}}
            await publish(system, "tallyline.calls", json.dumps(odd, separators=(",", ":")).encode())
            await told("TallylineUnreadable")
            await unseen(system, watching)
            await told("TallylineCanaryUnseen")
            await deliver(system, 20)
            await changed_behind_our_back(system)
            await told("TallylineViewDiffers")
            wrong = True
            await deliver(system, 60)
            await told("TallylineViewBroken")
            wrong = False
            rebuilt = await system.client.post("/api/v1/operations/views/performance/rebuild")
            assert rebuilt.status_code == 200, rebuilt.text

            async def mended() -> bool:
                return "TallylineViewBroken" not in await firing(watching)

            await eventually(mended, TOLD_WITHIN_S)
            assert expected == FIRED
