"""What an agent's panel is told: its calls, as soon as they ring, and nobody else's."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.calls.views.performance import performance_day
from tests.e2e.switch import ENDED, Said, Switch, quiet, source
from tests.e2e.systems import System, Time, ask

pytestmark = pytest.mark.asyncio(loop_scope="module")

RINGS: Said = (
    "call.started",
    0,
    {
        "direction": "inbound",
        "phase": "ringing",
        "campaign": "lamps",
        "agent": "a7",
        "customer_number": "+385911234567",
        "our_number": "+38533000100",
    },
)
ANSWERED: Said = ("call.answered", 4, {"answered_by": "human", "agent": "a7", "leg": "l1"})


async def panel(system: System, partner: str, agent: str) -> httpx.AsyncClient:
    """The panel of an agent."""
    asked = {"name": agent, "role": "agent", "partners": [partner], "agent": agent}
    key = (await system.client.post("/api/v1/keys", json=asked)).json()["key"]
    headers = {"authorization": f"Bearer {key}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://tallyline", headers=headers)


async def told(client: httpx.AsyncClient, known: str | None = None, wait: int = 0) -> dict[str, Any]:
    params: dict[str, str | int] = {"wait": wait} | ({"known": known} if known else {})
    answer = await client.get("/api/v1/panel/calls", params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_panel_hears_of_its_call_when_it_rings_and_until_it_ends(system: System, time: Time) -> None:
    partner = {"partner_id": "adria", "name": "Adria", "country": "HR", "time_zone": "Europe/Zagreb"}
    assert (await system.client.post("/api/v1/partners", json=partner)).status_code == 201
    assert (await system.client.post("/api/v1/sources", json=source("adria-switch", "adria"))).status_code == 201
    await quiet(system)
    await asyncio.sleep(0.5)  # ingest looks for new sources
    switch = Switch(system, time, "adria-switch")
    async with await panel(system, "adria", "a7") as mine, await panel(system, "adria", "a8") as theirs:
        empty = await told(mine)
        assert empty["items"] == []
        waiting = asyncio.create_task(told(mine, empty["version"], wait=20))
        await switch.tell("c-1", time() - timedelta(seconds=5), [RINGS])
        ringing = await asyncio.wait_for(waiting, 5)
        (call,) = ringing["items"]
        assert (call["call"], call["state"], call["our_number"]) == ("adria-switch:c-1", "waiting", "+38533000100")
        assert "+385911234567" not in str(ringing), "the number is the vault's"
        assert (await told(theirs))["items"] == []

        await switch.tell("c-1", time() - timedelta(seconds=5), [ANSWERED])
        talking = await told(mine, ringing["version"], wait=5)
        assert [one["state"] for one in talking["items"]] == ["in_progress"]
        same = await told(mine, talking["version"], wait=0)
        assert same == talking
        foreign = await theirs.post("/api/v1/panel/calls/adria-switch:c-1/result", json={"code": "sale"})
        assert (foreign.status_code, foreign.json()["type"]) == (409, "/problems/unknown_call")
        await switch.tell("c-1", time() - timedelta(seconds=5), [ENDED])
        assert (await told(mine, talking["version"], wait=5))["items"] == []
        assert (await mine.get("/api/v1/panel/calls?wait=26")).status_code == 422
    assert (await system.client.get("/api/v1/panel/calls")).status_code == 403, "it is an agent's, and nobody's else"


async def test_the_result_that_an_agent_says_counts_once_and_can_be_corrected(system: System, time: Time) -> None:
    async def figures() -> dict[str, int]:
        await quiet(system)
        found = await system.runtime.kits["calls"].views.find(performance_day, {"partner": "adria", "agent": "a7"})
        return {name: n for _, day in found for name, n in day.tally.dispositions.items()}

    async with await panel(system, "adria", "a7") as mine:
        route = "/api/v1/panel/calls/adria-switch:c-1/result"
        wrong = await mine.post(route, json={"code": "wonderful"})
        assert (wrong.status_code, wrong.json()["type"]) == (409, "/problems/unknown_code")
        for _ in range(2):
            said = await mine.post(route, json={"code": "callback"}, headers={"idempotency-key": "once"})
            assert said.status_code == 202, said.text
        assert await figures() == {"callback": 1}
        time.forward(timedelta(seconds=20))
        assert (await mine.post(route, json={"code": "sale"})).status_code == 202
        assert await figures() == {"sale": 1}
    call = await ask(system.client, "/api/v1/calls/adria-switch:c-1")
    assert call["summary"]["disposition"] == "sale"
