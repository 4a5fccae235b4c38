"""A partner's floor with calls that have ended, and its people, as the tests of training need them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import httpx

from tests.e2e.shop import done
from tests.e2e.switch import Said, Switch, source
from tests.e2e.systems import System, Time, at_rest

SOURCE = "adria-switch"


async def open_floor(system: System, time: Time) -> Switch:
    """A partner with a switch of its own."""
    partner = {"partner_id": "adria", "name": "Adria", "time_zone": "Europe/Zagreb"}
    await done(system.client, "POST", "/partners", partner)
    await done(system.client, "POST", "/sources", source(SOURCE, "adria"))
    await at_rest(system)
    await asyncio.sleep(0.5)  # ingest looks for new sources
    return Switch(system, time, SOURCE)


def talk(agent: str, seconds: int, code: str) -> list[Said]:
    """A call in, answered by an agent, that ends after so many seconds of talk with a result."""
    numbers = {"customer_number": "+385911234567", "our_number": "+38533000100"}
    leg = {"agent": agent, "leg": "l1"}
    return [
        ("call.started", 0, {"direction": "inbound", "phase": "queued", "campaign": "lamps", **numbers}),
        ("call.answered", 10, {"answered_by": "human", **leg}),
        ("call.ended", 10 + seconds, {"scope": "call", "reason": "completed", "ended_by": "customer"}),
        ("call.dispositioned", 12 + seconds, {**leg, "native": code}),
    ]


async def talked(switch: Switch, time: Time, calls: Mapping[str, list[Said]]) -> None:
    """These calls, one hour ago."""
    for call, said in calls.items():
        await switch.tell(call, time() - timedelta(hours=1), said)


def client_of(system: System, key: str) -> httpx.AsyncClient:
    """Somebody with a key."""
    transport, headers = httpx.ASGITransport(system.app), {"authorization": f"Bearer {key}"}
    return httpx.AsyncClient(transport=transport, base_url="http://tallyline", headers=headers)


async def somebody(system: System, name: str, role: str = "reconciler", *partners: str) -> httpx.AsyncClient:
    """Somebody with a key of their own, of these partners or of the company."""
    made = await system.client.post(
        "/api/v1/keys", json={"name": name, "role": role, "partners": list(partners) or None}
    )
    assert made.status_code in (200, 201), made.text
    return client_of(system, made.json()["key"])
