"""What an agent's panel is told: its calls, as soon as they ring, and nobody else's."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.e2e.switch import ENDED, Said, Switch, quiet, source
from tests.e2e.systems import System, Time

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
        await switch.tell("c-1", time() - timedelta(seconds=5), [ENDED])
        assert (await told(mine, talking["version"], wait=5))["items"] == []
        assert (await mine.get("/api/v1/panel/calls?wait=26")).status_code == 422
    assert (await system.client.get("/api/v1/panel/calls")).status_code == 403, "it is an agent's, and nobody's else"
