"""Routing over HTTP: agents ranked for a call, and the calls of a campaign shared out between partners."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.e2e.contracts import signed_partner
from tests.e2e.shop import done
from tests.e2e.switch import Said, Switch, source
from tests.e2e.systems import System, Time, ask, at_rest

pytestmark = pytest.mark.asyncio(loop_scope="module")
LAMPS: dict[str, Any] = {
    "name": "Lamps",
    "countries": ["HR"],
    "languages": ["hr"],
    "starts": "2026-11-01",
    "partners": [{"partner": "adria", "percent": "50"}, {"partner": "bora", "percent": "50"}],
}


def talks(agent: str, customer: int, sells: bool) -> list[Said]:
    """A call that an agent takes, with or without a sale."""
    numbers = {"customer_number": f"+3876155{customer:04}", "our_number": "+38533000100"}
    of = {"agent": agent, "leg": "l1"}
    said: list[Said] = [
        ("call.started", 0, {"direction": "inbound", "phase": "queued", "campaign": "lamps", **numbers}),
        ("call.answered", 10, {"answered_by": "human", **of}),
        ("call.ended", 90, {"scope": "call", "reason": "completed", "ended_by": "customer"}),
        ("call.dispositioned", 95, {**of, "native": "SOLD" if sells else "NOT"}),
    ]
    if sells:
        said.insert(2, ("sale.recorded", 60, {**of, "sku": "LAMP", "amount_minor": 4900, "currency": "EUR"}))
    return said


def ready(agent: str) -> Said:
    return "agent.state_changed", 0, {"call": None, "agent": agent, "native": "READY"}


async def test_agents_are_ranked_and_calls_shared_out_with_reasons(system: System, time: Time) -> None:
    client = system.client
    switches = {}
    for partner in ("adria", "bora"):
        await signed_partner(system, partner, "2026-01-05")
        of = source(f"{partner}-switch", partner)
        of["settings"]["agent_states"] = {"READY": "available"}
        await done(client, "POST", "/sources", of)
        switches[partner] = Switch(system, time, f"{partner}-switch")
    for agent, languages in (("a7", ["hr"]), ("a8", ["de"]), ("a9", [])):
        body = {"partner_id": "adria", "agent": agent, "name": agent.upper(), "languages": languages}
        await done(client, "POST", "/agents", body)
    await at_rest(system)
    await done(client, "PUT", "/campaigns/lamps", LAMPS)
    await at_rest(system)
    await done(client, "PUT", "/numbers/+38533000100", {"campaign": "lamps", "country": "HR"})
    await at_rest(system)
    await refused_shares(system)
    await asyncio.sleep(0.5)  # ingest looks for new sources
    for number in range(6):
        await switches["adria"].tell(f"r-{number}", time(), talks("a9" if number < 4 else "a7", number, number < 3))
        await switches["bora"].tell(f"r-{number}", time(), talks("b1", 100 + number, False))
    for agent in ("a7", "a8", "a9"):
        await switches["adria"].tell(f"s-{agent}", time(), [ready(agent)])
    await switches["bora"].tell("s-b1", time(), [ready("b1")])
    time.forward(timedelta(minutes=5))
    await at_rest(system)

    route = "/api/v1/routing/candidates"
    found = await ask(client, route, number="+38533000100", partner="adria")
    assert [one["candidate"]["agent"] for one in found["items"]] == ["a9", "a8", "a7"]
    assert (found["campaign"], found["mean_conversion"]) == ("lamps", "25.00")
    best = found["items"][0]
    assert (best["candidate"]["contacts"], best["candidate"]["sales"]) == (4, 3)
    assert [reason["of"] for reason in best["reasons"]] == ["state", "conversion", "skill", "certificate"]
    spoken = await ask(client, route, campaign="lamps", language="hr")
    assert [one["candidate"]["agent"] for one in spoken["items"]] == ["a7", "a9", "b1"]
    assert (await client.get(route)).status_code == 422
    assert (await client.get(route, params={"campaign": "chairs"})).status_code == 404

    shared = await ask(client, "/api/v1/routing/shares", campaign="lamps")
    assert (shared["policy"]["type"], shared["seed"]) == ("plain", None)
    parts = {one["partner"]: one["hundredths"] for one in shared["items"]}
    assert sum(parts.values()) == 10_000
    assert parts["adria"] > parts["bora"] > 0
    assert any("weight 50" in reason for reason in shared["items"][0]["reasons"])

    bandit = {"type": "bandit", "floor_percent": 10, "draws": 500}
    minimums = [{"partner": "bora", "percent": "30"}]
    chosen: dict[str, Any] = {"policy": bandit, "minimums": minimums, "reason": "Bora is new."}
    await done(client, "PUT", "/routing/policies/lamps", chosen)
    await at_rest(system)
    one, again, other = [await ask(client, "/api/v1/routing/shares", campaign="lamps", seed=seed) for seed in (1, 1, 2)]
    assert one == again
    assert (one["seed"], other["seed"]) == (1, 2)
    assert {item["partner"]: item["percent"] for item in one["items"]} == {"adria": "70.00", "bora": "30.00"}
    (policy,) = (await ask(client, "/api/v1/routing/policies"))["items"]
    assert policy["current"]["minimums"] == minimums


async def refused_shares(system: System) -> None:
    """While nobody is at work there is nothing to share out; and a policy must be possible."""
    answer = await system.client.get("/api/v1/routing/shares", params={"campaign": "lamps"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/nobody_available")
    wrong = {"policy": {"type": "bandit", "floor_percent": 50}, "reason": "No."}
    answer = await system.client.put("/api/v1/routing/policies/lamps", json=wrong)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/bandit_wrong")
