"""Campaigns over HTTP on each engine: numbers, rules that change for the next call, goals, and what media cost."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.e2e.switch import ANSWERED, begun
from tests.e2e.systems import System, Time, ask, at_rest, eventually
from tests.e2e.test_month import connected, customer, november

pytestmark = pytest.mark.asyncio(loop_scope="module")

DNIS = "%2B38533000100"
HOURS = [{"days": [1, 2, 3, 4, 5], "starts": "09:00", "ends": "20:00"}]
COMPANY = {"dialling": [{"country": "HR", "hours": HOURS, "abandoned_percent": "3"}]}
OFFERS = {"offers": [{"name": "oil", "sku": "OIL", "kind": "cross_sell", "after": ["LAMP"], "discount_percent": "10"}]}
LAMPS: dict[str, Any] = {
    "name": "Lamps",
    "countries": ["HR"],
    "languages": ["hr"],
    "scripts": {"hr": "lamps-in"},
    "products": ["LAMP"],
    "partners": [{"partner": "adria", "percent": "60"}, {"partner": "sava", "percent": "40"}],
    "starts": "2026-11-01",
}


async def done(system: System, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """The answer of a command that was carried out, when all that follows from it is shown."""
    answer = await system.client.request(method, f"/api/v1{path}", json=body, headers=headers)
    assert answer.status_code == 202, f"{method} {path}: {answer.status_code} {answer.text}"
    await at_rest(system)
    return answer.json()


async def refused(system: System, method: str, path: str, body: Any, code: str) -> None:
    """A command that the rules refuse, for this reason."""
    answer = await system.client.request(method, f"/api/v1{path}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (409, f"/problems/{code}"), answer.text


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def theirs(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """People of a partner of the campaign."""
    async with people_of(system, "sava") as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strangers(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """People of a partner that has no part in it."""
    async with people_of(system, "danube") as client:
        yield client


@contextlib.asynccontextmanager
async def people_of(system: System, partner: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the rights of those who see this partner alone."""
    assert system.access is not None
    _, key = await system.access.create_key(f"{partner}'s people", "partner", frozenset({partner}))
    headers = {"authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(system.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tallyline", headers=headers) as client:
        yield client


async def test_a_campaign_is_planned_runs_and_is_found_by_its_number(system: System, theirs: httpx.AsyncClient) -> None:
    await refused(system, "PUT", f"/numbers/{DNIS}", {"campaign": "lamps", "country": "HR"}, "unknown_campaign")
    await done(system, "PUT", "/campaigns/lamps", LAMPS)
    await done(system, "POST", "/campaigns/lamps/start")
    await refused(system, "PUT", "/campaigns/oils", LAMPS | {"ends": "2026-10-01"}, "ends_before")
    await refused(
        system, "PUT", f"/numbers/{DNIS}", {"campaign": "lamps", "country": "HR", "media": "nova-tv"}, "unknown_media"
    )
    medium = {"name": "Nova TV", "channel": "television", "country": "HR"}
    await done(system, "PUT", "/media/nova-tv", medium)
    await done(system, "PUT", f"/numbers/{DNIS}", {"campaign": "lamps", "country": "HR", "media": "nova-tv"})
    found = await ask(system.client, f"/api/v1/numbers/{DNIS}")
    assert (found["number"], found["assigned"]["campaign"], found["assigned"]["media"]) == (
        "+38533000100",
        "lamps",
        "nova-tv",
    )
    assert [one["number"] for one in (await ask(system.client, "/api/v1/numbers?campaign=lamps"))["items"]] == [
        "+38533000100"
    ]
    assert (await system.client.get("/api/v1/numbers/%2B38599999")).status_code == 404
    whole = await ask(system.client, "/api/v1/campaigns/lamps")
    assert (whole["state"], len(whole["described"]["partners"])) == ("running", 2)
    part = await ask(theirs, "/api/v1/campaigns/lamps")
    assert part["described"]["partners"] == [{"partner": "sava", "percent": "40"}]
    assert (await theirs.put("/api/v1/campaigns/lamps", json=LAMPS)).status_code == 403


async def test_rules_hold_for_the_next_call_and_not_for_one_before(
    system: System, time: Time, strangers: httpx.AsyncClient
) -> None:
    trial: dict[str, Any] = {
        "context": {"country": "HR", "basket": ["LAMP"]},
        "product": "LAMP",
        "dial": {"local": "2026-11-18T16:00:00", "abandoned_percent": "3.5"},
    }
    await refused(system, "PUT", "/selling-rules/nothing", {"rules": OFFERS, "reason": "x"}, "unknown_campaign")
    await done(system, "PUT", "/selling-rules/company", {"rules": COMPANY, "reason": "the law"})
    await done(system, "PUT", "/selling-rules/lamps", {"rules": OFFERS, "reason": "autumn"})
    first = (await system.client.post("/api/v1/selling-rules/lamps/trial", json=trial)).json()
    assert first["versions"] == ["company/1", "lamps/1"]
    assert [(one["rule"], one["discount_percent"]) for one in first["offers"]] == [("lamps/1#oil", "10")]
    assert (first["dial"]["code"], first["dial"]["rule"]) == ("abandoned_limit", "company/1#HR")
    then = time()
    time.forward(timedelta(minutes=1))
    dearer = {"offers": [OFFERS["offers"][0] | {"discount_percent": "5"}]}
    await done(system, "PUT", "/selling-rules/lamps", {"rules": dearer, "reason": "winter"})
    again = (
        await system.client.post("/api/v1/selling-rules/lamps/trial", json=trial | {"at": then.isoformat()})
    ).json()
    assert again == first, "by the rules of then it is decided as then"
    now = (await system.client.post("/api/v1/selling-rules/lamps/trial", json=trial)).json()
    assert [(one["rule"], one["discount_percent"]) for one in now["offers"]] == [("lamps/2#oil", "5")]
    for client, scope in ((system.client, "nothing"), (strangers, "lamps")):
        assert (await client.get(f"/api/v1/selling-rules/{scope}")).status_code == 404
        assert (await client.post(f"/api/v1/selling-rules/{scope}/trial", json=trial)).status_code == 404
    versions = (await ask(system.client, "/api/v1/selling-rules/lamps"))["versions"]
    assert [(one["version"], one["reason"]) for one in versions] == [(1, "autumn"), (2, "winter")]
    twice = {"offers": OFFERS["offers"] * 2}
    await refused(system, "PUT", "/selling-rules/lamps", {"rules": twice, "reason": "x"}, "rule_twice")


async def test_a_goal_shows_its_pace(system: System, time: Time, theirs: httpx.AsyncClient) -> None:
    time.at = datetime(2026, 11, 18, 15, 1, tzinfo=UTC)
    goal: dict[str, Any] = {
        "name": "November",
        "measure": "orders",
        "target": 300,
        "starts": "2026-11-01",
        "ends": "2026-11-30",
        "zone": "UTC",
        "campaign": "lamps",
    }
    await done(system, "PUT", "/goals/november", goal)
    await done(system, "PUT", "/goals/sava", goal | {"partner": "sava", "target": 120})
    await refused(system, "PUT", "/goals/november", goal | {"currency": "EUR"}, "currency_wrong")
    found = await ask(system.client, "/api/v1/goals?campaign=lamps")
    # It is the 18th, a minute past three: 17 days and 15 hours of 30 days.
    told = [(one["goal"]["goal"], one["pace"]["expected"], one["pace"]["state"]) for one in found["items"]]
    assert told == [("november", 176, "behind"), ("sava", 71, "behind")]
    assert found["formulas"]["ahead"] == "done - expected"
    assert [one["goal"]["goal"] for one in (await ask(theirs, "/api/v1/goals"))["items"]] == ["sava"]
    assert (await theirs.get("/api/v1/goals/november")).status_code == 404
    for client, rows, unseen in ((system.client, ("November", "Lamps", "60 %", "+38533000100"), "nobody"),
                                 (theirs, ("Lamps", "40 %"), "60 %")):  # fmt: skip
        shown_page = await client.get("/campaigns")
        assert shown_page.status_code == 200
        assert all(row in shown_page.text for row in rows)
        assert unseen not in shown_page.text
    await done(system, "POST", "/goals/sava/withdrawal", {"reason": "no stock"})
    assert (await ask(system.client, "/api/v1/goals/sava"))["pace"] is None


async def test_what_media_cost_is_told_once_and_divided_by_what_came_of_it(system: System, time: Time) -> None:
    await connected(system)
    switch = await november(system, time, 4)
    # The number is said to be shown there from the 18th on: calls before are of no medium.
    time.at = datetime(2026, 11, 18, 16, tzinfo=UTC)
    await switch.tell("late", time(), [begun(customer(9)), ANSWERED])

    sum_of_month = {"campaign": "lamps", "amount": {"minor": 777, "currency": "EUR"}}
    answer = await system.client.post("/api/v1/reconciliation/media-costs/2026-11", json=sum_of_month)
    assert answer.status_code == 202
    await at_rest(system)
    file = (
        "day,media,campaign,amount,currency\n"
        "2026-11-03,nova-tv,lamps,60.00,EUR\n"
        "2026-11-18,nova-tv,lamps,40.00,EUR\n"
        "2026-11-18,nova,lamps,1.00,EUR\n"
        "yesterday,nova-tv,lamps,1.00,EUR\n"
    )
    url = "/api/v1/media/bought/import"
    imported = await system.client.post(url, content=file.encode(), headers={"content-type": "text/csv"})
    assert imported.status_code == 202, imported.text
    told = imported.json()
    assert (told["taken"], told["streams"], [one["line"] for one in told["wrong"]]) == (2, ["lamps:2026-11"], [4, 5])
    await at_rest(system)
    again = await system.client.post(url, content=file.encode(), headers={"content-type": "text/csv"})
    assert again.json() == told, "the same file once more changes nothing"
    await at_rest(system)

    bought = await ask(system.client, "/api/v1/media/bought?from=2026-11-01&to=2026-12-01")
    assert [(one["day"], one["amount"]["minor"]) for one in bought["items"]] == [
        ("2026-11-03", 6000),
        ("2026-11-18", 4000),
    ]
    figures = "/api/v1/media/figures?from=2026-11-01&to=2026-12-01"
    (row,) = (await ask(system.client, figures))["rows"]
    assert (row["name"], row["cost"], row["calls"], row["contacts"]) == ("lamps", {"EUR": 10_000}, 5, 1)
    assert (row["cost_per_call"], row["cost_per_contact"], row["cost_per_order"]) == (
        {"EUR": "2000.00"},
        {"EUR": "10000.00"},
        {},
    )
    (row,) = (await ask(system.client, f"{figures}&by=media"))["rows"]
    assert (row["name"], row["cost"], row["calls"]) == ("nova-tv", {"EUR": 10_000}, 1)
    assert (await system.client.get("/api/v1/media/figures?from=2026-11-02&to=2026-11-01")).status_code == 422

    # Margins rest on the same purchases: the sum that was told is not counted beside them, and no other is taken.
    economics = await ask(system.client, "/api/v1/reconciliation/economics?month=2026-11&by=campaign")
    assert economics["total"]["media"] == 10_000
    costs = await ask(system.client, "/api/v1/reconciliation/media-costs?month=2026-11")
    assert (costs["told"], costs["bought"]) == ({}, {"lamps": {"": {"EUR": 10_000}}})
    await refused(system, "POST", "/reconciliation/media-costs/2026-11", sum_of_month, "bought_singly")


async def test_who_may_see_a_campaign_finds_it_by_its_name_also_when_it_has_ended(
    system: System, time: Time, theirs: httpx.AsyncClient, strangers: httpx.AsyncClient
) -> None:
    await done(system, "POST", "/campaigns/lamps/end", {"reason": "Sold out."})
    time.forward(timedelta(minutes=1))
    chosen = '<option value="lamps">Lamps</option>'
    for client, finds in ((system.client, True), (theirs, True), (strangers, False)):
        for path in ("/calls", "/wallboard"):
            page = await client.get(path, headers={"accept": "text/html"})
            assert (page.status_code, chosen in page.text) == (200, finds), path
    called = await system.client.get("/calls/adria-switch:late", headers={"accept": "text/html"})
    assert ", Lamps." in called.text


async def test_views_are_what_the_log_says(system: System) -> None:
    names = ("campaigns", "numbers", "campaign_rules", "goals", "ordered", "media", "media_bought", "number_calls")
    for view in (*names, "media_spent"):

        async def same(view: str = view) -> bool:
            verified = await system.client.post(f"/api/v1/operations/views/{view}/verify")
            return bool(verified.json()["identical"])

        assert await eventually(same), view
