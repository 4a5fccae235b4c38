"""What an agent's panel is told: its calls, as soon as they ring, and nobody else's."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.calls.views.performance import performance_day
from tests.e2e.shop import done, price, refused
from tests.e2e.switch import ENDED, Said, Switch, source
from tests.e2e.systems import System, Time, ask, at_rest

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
    await at_rest(system)
    await asyncio.sleep(0.5)  # ingest looks for new sources
    switch = Switch(system, time, "adria-switch")
    async with await panel(system, "adria", "a7") as mine, await panel(system, "adria", "a8") as theirs:
        empty = await told(mine)
        assert empty["items"] == []
        waiting = asyncio.create_task(told(mine, empty["version"], wait=20))
        await switch.tell("c-1", time() - timedelta(seconds=5), [RINGS])
        ringing = await asyncio.wait_for(waiting, 15)
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
        await at_rest(system)
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


SPRING = {"name": "Spring", "countries": ["HR"], "languages": ["hr"], "products": ["KOL-30"], "starts": "2026-11-01"}
RULES = {
    "rules": {
        "eligibility": [
            {"name": "no-third", "requires": {"orders_at_most": 1}, "reason": "Two orders a customer are enough."}
        ],
        "offers": [
            {"name": "box", "sku": "KOL-30", "kind": "main", "when": {"basket_none": ["KOL-30"]}},
            {
                "name": "second-box",
                "sku": "VIT-60",
                "kind": "upsell",
                "after": ["KOL-30"],
                "when": {"basket_none": ["VIT-60"]},
                "discount_percent": "20",
            },
        ],
    },
    "reason": "As decided.",
}
OF_SPRING: Said = (
    "call.started",
    0,
    {
        "direction": "inbound",
        "phase": "ringing",
        "agent": "a7",
        "customer_number": "+385912345678",
        "our_number": "+38513334444",
    },
)


async def test_a_sale_on_the_panel_has_the_prices_and_discounts_of_the_rules(system: System, time: Time) -> None:
    client = system.client
    for sku in ("KOL-30", "VIT-60"):
        await done(client, "PUT", f"/products/{sku}", {"name": sku.title()})
        await price(system, sku, 3192)
    await done(client, "PUT", "/campaigns/spring", SPRING)
    await at_rest(system)
    await done(client, "POST", "/campaigns/spring/start")
    await done(client, "PUT", "/numbers/+38513334444", {"campaign": "spring", "country": "HR"})
    await at_rest(system)
    await done(client, "PUT", "/selling-rules/spring", RULES)
    await at_rest(system)
    switch = Switch(system, time, "adria-switch")
    await switch.tell("c-2", time(), [OF_SPRING, ANSWERED])
    route = "/panel/calls/adria-switch:c-2"
    async with await panel(system, "adria", "a7") as mine, await panel(system, "adria", "a8") as theirs:
        popped = await ask(mine, f"/api/v1{route}/pop")
        assert (popped["campaign"]["name"], popped["country"]) == ("Spring", "HR")
        assert (popped["customer"]["orders"], popped["customer"]["profile"]) == ([], None)
        assert "912345678" not in str(popped), "the number is masked"
        assert [(one["sku"], one["line"]["net_minor"]) for one in popped["products"]] == [("KOL-30", 3192)]
        assert [one["offer"] for one in popped["offers"]] == ["box"]

        box = {"sku": "KOL-30", "offer": "box"}
        basket = await done(mine, "POST", f"{route}/basket", {"lines": [box]})
        assert (basket["gross"], basket["refused"]) == ({"minor": 3990, "currency": "EUR"}, None)
        (more,) = basket["offers"]
        assert (more["offer"], more["line"]["net_minor"], more["discount_percent"]) == ("second-box", 2554, "20")

        upsell = {"sku": "VIT-60", "kind": "upsell", "offer": "second-box"}
        order = {
            "partner": "adria",
            "country": "HR",
            "customer_ref": popped["customer"]["customer_ref"],
            "call": "adria-switch:c-2",
            "id": "p-1",
            "lines": [box, upsell],
        }
        await refused(theirs, "/orders", order, "unknown_call")
        await refused(mine, "/orders", order | {"lines": [box, upsell | {"quantity": 2}]}, "unknown_offer")
        await refused(mine, "/orders", order | {"customer_ref": "cus_other"}, "invalid", 422)
        await refused(mine, "/orders", {k: v for k, v in order.items() if k != "call"}, "invalid", 422)
        placed = await done(mine, "POST", "/orders", order)
        lines = [(one["sku"], one["net_minor"], one.get("rule")) for one in placed["lines"]]
        assert lines == [("KOL-30", 3192, "spring/1#box"), ("VIT-60", 2554, "spring/1#second-box")]
        assert (await mine.post(f"/api/v1{route}/result", json={"code": "sale_upsell"})).status_code == 202
        await at_rest(system)
        again = await ask(mine, f"/api/v1{route}/pop")
        assert [one["skus"] for one in again["customer"]["orders"]] == [["KOL-30", "VIT-60"]]
        second = await done(mine, "POST", "/orders", order | {"id": "p-2", "lines": [box]})
        assert second["order"] == "adria:p-2"
        await at_rest(system)
        await refused(mine, "/orders", order | {"id": "p-3", "lines": [box]}, "not_eligible")
        enough = await done(mine, "POST", f"{route}/basket", {"lines": [box]})
        assert (enough["refused"], enough["lines"], enough["offers"]) == ("Two orders a customer are enough.", [], [])

    day = {"from": time().date().isoformat(), "to": (time().date() + timedelta(days=1)).isoformat()}
    kpis = "sales_reported,sales_confirmed,revenue_confirmed"
    found = await ask(client, "/api/v1/performance/agents", **day, partner="adria", campaign="spring", kpis=kpis)
    figures = {name: one["value"] for name, one in found["totals"]["figures"].items()}
    assert figures["sales_confirmed"] == 2
