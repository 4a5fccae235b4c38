"""Coaching over HTTP: calls are counted, a plan is started, and on its day it is said what can be said."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from datetime import time as of_day
from typing import Any

import httpx
import pytest

from services.training.following.due import Due
from services.training.measuring.counts import kept_back, monday_of, week_of
from tests.e2e.shop import done, refused
from tests.e2e.switch import ANSWERED, ENDED, SALE, Switch, begun, source
from tests.e2e.systems import System, Time, ask, at_rest

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINE = "embedded"
HERE = "/training/coaching"
MONDAY = date(2026, 11, 16)
PLAN: dict[str, Any] = {
    "agent": "a7",
    "problem": "objections",
    "approach": "role_play",
    "goal": "60",
    "begins": MONDAY.isoformat(),
    "measured_on": "2027-02-15",
}


async def called(system: System, time: Time) -> None:
    """Two calls of one agent, one of which sells, in a week by which agents may be chosen."""
    await done(
        system.client, "POST", "/partners", {"partner_id": "adria", "name": "Adria", "time_zone": "Europe/Zagreb"}
    )
    await done(system.client, "POST", "/sources", source("adria-1", "adria"))
    week = next(one for one in range(week_of(MONDAY) - 1, 0, -1) if not kept_back(one))
    at = datetime.combine(monday_of(week), of_day(9), UTC)
    switch = Switch(system, time, "adria-1")
    await switch.tell("c-1", at, [begun("+385911111111"), ANSWERED, SALE, ENDED])
    await switch.tell("c-2", at + timedelta(hours=1), [begun("+385912222222"), ANSWERED, ENDED])
    await at_rest(system)


async def test_an_agent_is_coached_and_the_effect_is_said_on_its_day(system: System, time: Time) -> None:
    ours = system.client
    await called(system, time)
    looked = await ask(ours, f"/api/v1{HERE}/proposals")
    assert (looked["proposals"], looked["judged"], looked["too_few"]) == ([], 0, 1)
    assert looked["window"] == {"since": "2026-08-17", "until": "2026-11-16"}

    plan = f"{HERE}/adria/plans/p-1"
    await refused(ours, plan, PLAN | {"begins": "2026-11-17"}, "no_monday")
    await refused(ours, plan, PLAN | {"goal": "50"}, "goal_no_better")
    await refused(ours, plan, PLAN | {"measured_on": "2026-12-01"}, "measured_too_soon")
    await refused(ours, plan, PLAN | {"agent": "a8"}, "no_contacts")
    await refused(ours, plan, PLAN | {"goal": "much"}, "invalid", 422)
    assert (await done(ours, "POST", plan, PLAN))["stream"] == "coaching-adria:p-1"
    await at_rest(system)
    await done(ours, "POST", plan, PLAN)
    await refused(ours, plan, PLAN | {"goal": "70"}, "plan_exists")
    (listed,) = (await ask(ours, f"/api/v1{HERE}/plans", state="running"))["items"]
    assert (listed["started"]["baseline"], listed["started"]["chosen_until"]) == ("50.00", "2026-11-16")

    form = await ours.get("/coaching?partner=adria&agent=a7")
    assert (form.status_code, "Nobody is below comparable peers" in form.text) == (200, True), form.text
    assert '<form method="post" action="/coaching/adria/plan-' in form.text
    told = await ours.post("/coaching/adria/p-2", data=PLAN | {"goal": "9"})
    assert (told.status_code, "agent=a7" in told.headers["location"]) == (303, True)
    assert "The+goal+9" in told.headers["location"]
    told = await ours.post("/coaching/adria/p-2", data=PLAN)
    assert told.headers["location"] == "/coaching?partner=adria&said=Coaching+is+planned."
    await at_rest(system)
    await done(ours, "POST", f"{HERE}/adria/plans/p-2/withdrawal", {"reason": "mistake"})
    await at_rest(system)
    kit = system.runtime.kits["training"]
    time.at = datetime(2027, 2, 18, 12, tzinfo=UTC)
    await Due(kit.deps.reads, kit.deps.door, time).step()
    await at_rest(system)
    found = await ask(ours, f"/api/v1{plan}")
    assert found["measured"]["verdict"] == "too_few"
    assert found["measured"]["evidence"].startswith("too little to tell")
    assert (await ask(ours, f"/api/v1{HERE}/plans", state="withdrawn"))["items"][0]["plan"] == "p-2"
    shown = (await ours.get("/coaching")).text
    assert "too little to tell" in shown
    assert "Role play" in shown
    (kind,) = (await ask(ours, f"/api/v1{HERE}/library"))["items"]
    assert (kind["problem"], kind["approach"], kind["change"]) == ("objections", "role_play", None)
    assert kind["verdicts"] == {"too_few": 1}
    await refused(ours, f"{plan}/withdrawal", {"reason": "left"}, "measured")


async def test_agents_and_partners_are_compared_and_their_curves_shown(system: System, time: Time) -> None:
    ours = system.client
    months = {"from": "2026-09", "to": "2026-11"}
    (agent,) = (await ask(ours, "/api/v1/training/comparison/agents", **months))["items"]
    assert (agent["partner"], agent["agent"], agent["contacts"], agent["sales"]) == ("adria", "a7", 2, 1)
    assert (agent["verdict"], agent["best_place"]) == ("too_few", None)
    (partner,) = (await ask(ours, "/api/v1/training/comparison/partners", **months, campaign="lamps"))["items"]
    assert (partner["agent"], partner["contacts"]) == (None, 2)
    assert (await ask(ours, "/api/v1/training/comparison/partners", **months, campaign="none"))["items"] == []
    for path in ("/api/v1/training/learning/adria", "/api/v1/training/learning/adria/agents/a7"):
        curve = await ask(ours, path)
        assert (curve["verdict"], [point["contacts"] for point in curve["points"]]) == ("too_few", [2])
    for path in ("/api/v1/training/learning/none", "/api/v1/training/learning/adria/agents/none"):
        assert (await ours.get(path)).status_code == 404
    for query, field in (("from=2026-09&to=2026-08", "to"), ("from=2026-9&to=2026-11", "from")):
        answer = await ours.get(f"/api/v1/training/comparison/agents?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_what_makes_no_sense_is_refused_by_name(system: System) -> None:
    for query, field in (("weeks=2", "weeks"), ("rate=0.9", "rate"), ("until=soon", "until")):
        answer = await system.client.get(f"/api/v1{HERE}/proposals?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert (await system.client.get(f"/api/v1{HERE}/adria/plans/none")).status_code == 404


async def test_agents_see_their_own_coaching_and_partners_theirs(system: System) -> None:
    def bearer(key: dict[str, Any]) -> dict[str, str]:
        return {"authorization": f"Bearer {key['key']}"}

    agent = await done(
        system.client, "POST", "/keys", {"name": "Ivo", "role": "agent", "partners": ["adria"], "agent": "a7"}
    )
    other = await done(system.client, "POST", "/keys", {"name": "other", "role": "manager", "partners": ["acme"]})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://tallyline") as client:
        own = await client.get(f"/api/v1{HERE}/adria/agents/a7", headers=bearer(agent))
        assert [one["plan"] for one in own.json()["items"]] == ["p-1", "p-2"]
        assert (await client.get(f"/api/v1{HERE}/adria/agents/a8", headers=bearer(agent))).status_code == 404
        assert (await client.get(f"/api/v1{HERE}/plans", headers=bearer(agent))).status_code == 403
        assert (await client.get(f"/api/v1{HERE}/plans", headers=bearer(other))).json()["items"] == []
        assert (await client.get(f"/api/v1{HERE}/adria/plans/p-1", headers=bearer(other))).status_code == 404
        assert (await client.get(f"/api/v1{HERE}/library", headers=bearer(other))).json()["items"] == []


async def test_agents_join_a_contest_themselves_and_it_shows_how_it_stands(system: System, time: Time) -> None:
    ours = system.client
    time.at = datetime(2026, 11, 18, 15, tzinfo=UTC)
    contest = "/training/contests/adria/autumn"
    says = {"name": "Above yourself", "starts": "2026-11-23", "ends": "2026-12-21", "goal": "10"}
    await refused(ours, contest, says | {"starts": "2026-11-24"}, "no_monday")
    await done(ours, "POST", contest, says)
    await at_rest(system)
    assert (await ask(ours, f"/api/v1{contest}"))["state"] == "open"
    assert 'data-contest="adria/autumn"' in (await ours.get("/wallboard?partner=adria")).text
    assert (await ours.post(f"/api/v1{contest}/entry")).status_code == 403
    key = await done(ours, "POST", "/keys", {"name": "Ana", "role": "agent", "partners": ["adria"], "agent": "a7"})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://tallyline") as client:
        client.headers["authorization"] = f"Bearer {key['key']}"
        assert (await client.post(f"/api/v1{contest}/entry")).status_code == 202
        assert (await client.post(f"/api/v1{contest}/entry", json={"agent": "a8"})).status_code == 422
        assert (await client.post(f"/api/v1{contest}/cancellation")).status_code == 403
        await at_rest(system)
        time.at = datetime(2026, 11, 25, 15, tzinfo=UTC)
        shown = (await client.get(f"/api/v1{contest}")).json()
        assert (shown["state"], shown["contest"]["agents"]) == ("running", ["a7"])
        (stand,) = shown["standings"]
        assert (stand["agent"]["agent"], stand["place"], stand["contacts"]) == ("a7", None, 0)
        assert "Above yourself" in (await ours.get("/coaching?partner=adria")).text
        assert (await client.get("/coaching")).status_code == 403
        assert [one["contest"] for one in (await client.get("/api/v1/training/contests")).json()["items"]] == ["autumn"]
        assert (await client.post(f"/api/v1{contest}/exit")).status_code == 202
    await at_rest(system)
    assert (await ask(ours, f"/api/v1{contest}"))["contest"]["agents"] == []
    await done(ours, "POST", f"{contest}/cancellation")
    await at_rest(system)
    assert (await ask(ours, f"/api/v1{contest}"))["state"] == "cancelled"
