"""Commissions over HTTP: a plan is tried and published, orders and hours are paid, and what is closed stands."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.e2e.shop import done, open_shop, refused
from tests.e2e.switch import Switch, source
from tests.e2e.systems import System, Time, ask, at_rest

pytestmark = pytest.mark.asyncio(loop_scope="module")
HERE = "/commissions/adria"
TERMS: dict[str, Any] = {
    "currency": "EUR",
    "rates": [
        {"name": "base", "per": "order", "fixed_minor": 200},
        {"name": "upsell", "per": "line", "percent": "5", "kinds": ["upsell"]},
    ],
    "hourly_minor": 600,
    "claw_back_days": 60,
}


@pytest.fixture(scope="module")
def time(engine: str) -> Time:
    """The afternoon before a month ends."""
    return Time(datetime(2026, 11, 27, 15, 0, tzinfo=UTC))


async def placed(system: System, customer: str, ident: str) -> None:
    lines = [{"sku": "KOL-30", "quantity": 2}, {"sku": "VIT-60", "kind": "upsell"}]
    said = {"partner": "adria", "country": "HR", "customer_ref": customer, "id": ident, "lines": lines, "agent": "a7"}
    await done(system.client, "POST", "/orders", said)


async def worked(system: System, time: Time) -> None:
    """Ninety minutes of talk, an hour's break, and then home."""
    settings = source("adria-2", "adria")
    settings["settings"]["agent_states"] = {state: state for state in ("on_call", "break", "offline")}
    await done(system.client, "POST", "/sources", settings)
    await at_rest(system)
    await asyncio.sleep(0.5)  # ingest looks for new sources
    switch = Switch(system, time, "adria-2")
    begin = time() - timedelta(hours=3)
    for state, minutes in (("on_call", 0), ("break", 90), ("offline", 150)):
        said = {"call": None, "agent": "a7", "state": state, "native": state}
        await switch.tell(state, begin + timedelta(minutes=minutes), [("agent.state_changed", 0, said)])
    await at_rest(system)


async def told(client: httpx.AsyncClient, month: str) -> Any:
    return await ask(client, f"/api/v1{HERE}/statements/a7/{month}")


def amounts(statement: Any) -> list[tuple[str, str, int]]:
    return [(line["source"], line["rule"], line["amount_minor"]) for line in statement["lines"]]


async def test_a_month_is_paid_by_its_plan_closed_and_put_right_in_the_next(system: System, time: Time) -> None:
    ours, customer = system.client, await open_shop(system, "KOL-30", "VIT-60")
    plan = f"{HERE}/plans/global"
    await refused(ours, f"{plan}/publication", {"starts": "2026-11-01", "reason": "autumn"}, "no_draft")
    await done(ours, "PUT", f"{plan}/draft", {"terms": TERMS, "reason": "autumn"})
    wrong = await ours.put(f"/api/v1{plan}/draft", json={"terms": {"currency": "EURO"}, "reason": "autumn"})
    assert wrong.json()["type"] == "/problems/plan_wrong"
    rules = [{"state": "on_call", "pay": "yes", "productive": True}, {"state": "break", "pay": "half"}]
    await done(ours, "POST", "/paid-time/adria/rules", {"starts": "2026-11-01", "rules": rules, "reason": "as agreed"})
    await placed(system, customer, "1")
    await placed(system, customer, "2")
    await worked(system, time)
    hours = await ask(ours, "/api/v1/paid-time/adria/agents/a7", month="2026-11")
    assert (hours["paid_seconds"], hours["productive_seconds"]) == (str(120 * 60), 90 * 60)
    assert [(piece["state"], piece["pay"]) for piece in hours["items"]] == [("on_call", "yes"), ("break", "half")]

    # The draft pays nobody, and shows what it would.
    tried = await done(ours, "POST", f"{plan}/what-if", {"month": "2026-11"})
    row = {"agent": "a7", "in_force_minor": 0, "draft_minor": 1920, "difference_minor": 1920}
    assert (tried["items"], tried["difference_minor"]) == ([row], 1920)
    assert amounts(await told(ours, "2026-11")) == []

    await done(ours, "POST", f"{plan}/publication", {"starts": "2026-11-01", "reason": "autumn"})
    await at_rest(system)
    november = await told(ours, "2026-11")
    paid = [("order", "base", 200), ("line", "upsell", 160)] * 2 + [("hourly", "hourly pay", 1200)]
    assert (amounts(november), november["total_minor"]) == (paid, 1920)
    assert november["lines"][1]["calculation"] == "5 % of 3192 net = 159.6, rounded half_up"
    (listed,) = (await ask(ours, f"/api/v1{HERE}/statements", month="2026-11"))["items"]
    assert (listed["agent"], listed["total_minor"], listed["closed"]) == ("a7", 1920, False)

    # An agent sees its own statement and nobody else's.
    asked = {"name": "a7", "role": "agent", "partners": ["adria"], "agent": "a7"}
    key = (await ours.post("/api/v1/keys", json=asked)).json()["key"]
    headers = {"authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(system.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tallyline", headers=headers) as mine:
        assert await told(mine, "2026-11") == november
        assert (await mine.get(f"/api/v1{HERE}/statements/a8/2026-11")).status_code == 404
        assert (await mine.get(f"/api/v1{HERE}/statements?month=2026-11")).status_code == 403

    # The page shows the same.
    listing = (await ours.get("/commissions?partner=adria&month=2026-11")).text
    assert 'href="/commissions?partner=adria&amp;month=2026-11&amp;agent=a7"' in listing
    shown = (await ours.get("/commissions?agent=a7")).text
    assert all(line["calculation"] in shown for line in november["lines"])
    assert '<td class="n" id="total">19.20 EUR</td>' in shown
    assert (await ours.get("/commissions?agent=a9")).status_code == 404

    text = (await ours.get(f"/api/v1{HERE}/statements/a7/2026-11/csv")).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["amount_minor"]) for row in rows] == [200, 160, 200, 160, 1200, 1920]

    # Closed, and what comes back afterwards is the next month's.
    closing = f"{HERE}/statements/a7/2026-11/closing"
    await refused(ours, closing, None, "month_running")
    time.forward(timedelta(days=5))
    await done(ours, "POST", closing)
    await at_rest(system)
    closed = await told(ours, "2026-11")
    assert (closed["lines"], closed["total_minor"]) == (november["lines"], 1920)
    await done(ours, "POST", "/orders/adria:1/cancellation", {"reason": "changed their mind"})
    await at_rest(system)
    assert await told(ours, "2026-11") == closed
    december = await told(ours, "2026-12")
    assert amounts(december) == [("claw_back", "upsell", -160), ("claw_back", "base", -200)]

    # Terms of a closed month stay.
    await done(ours, "PUT", f"{plan}/draft", {"terms": TERMS | {"hourly_minor": 700}, "reason": "winter"})
    await refused(ours, f"{plan}/publication", {"starts": "2026-11-15", "reason": "winter"}, "period_closed")
    later = {"starts": "2026-12-01", "reason": "winter"}
    await done(ours, "POST", f"{plan}/publication", later)
    await at_rest(system)
    assert [version["version"] for version in (await ask(ours, f"/api/v1{plan}"))["versions"]] == [1, 2]
    assert await told(ours, "2026-11") == closed
