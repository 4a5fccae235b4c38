"""Repeat shipments over HTTP: from an order's line to shipments placed once, changed, kept by an offer, reported."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.calls.orders.shipments import Shipments
from tests.e2e.shop import done, open_shop, price, refused
from tests.e2e.systems import System, Time, ask, at_rest, start

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def time(engine: str) -> Time:
    """The last day of January."""
    return Time(datetime(2026, 1, 31, 15, 0, tzinfo=UTC))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(engine: str, time: Time, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """A system whose own loop places nothing: the tests take its steps."""
    data: Path = tmp_path_factory.mktemp("continuity")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.calls.service.SHIPMENTS_EVERY_S", 3_600.0)
        async with start(engine, data, time) as running:
            yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def customer(system: System) -> str:
    """A shop, and its customer's token."""
    return await open_shop(system, "KOL-30", "VIT-60", "OLD-1", net_minor=1_000)


class Killed(BaseException):
    """The process is gone."""


async def subscribed(system: System, customer: str, ident: str, sku: str = "KOL-30", **plan: Any) -> str:
    """A subscription, monthly where nothing is said."""
    line = {"sku": sku, "kind": "continuity", "plan": {"unit": "months", "every": 1, **plan}}
    body = {"partner": "adria", "country": "HR", "customer_ref": customer, "id": ident, "lines": [line]}
    await done(system.client, "POST", "/orders", body | {"agent": "1007", "campaign": "vital"})
    await at_rest(system)
    return f"adria:{ident}-1"


async def look(system: System) -> None:
    """Looks at what is due, until it is done, and some more."""
    shipments = Shipments(system.runtime.kits["calls"].deps)
    for _ in range(4):
        await shipments.step()
        await at_rest(system)


async def shown(system: System, ident: str) -> Any:
    return await ask(system.client, f"/api/v1/subscriptions/{ident}")


async def orders_of(system: System, ident: str) -> list[Any]:
    found = await ask(system.client, "/api/v1/orders", subscription=ident)
    items: list[Any] = found["items"]
    return items


async def test_shipments_come_on_their_days_at_the_prices_of_then(system: System, customer: str, time: Time) -> None:
    ident = await subscribed(system, customer, "a")
    doc = await shown(system, ident)
    assert doc["ahead"][:3] == ["2026-02-28", "2026-03-31", "2026-04-30"]
    await look(system)
    assert await orders_of(system, ident) == []
    time.at = datetime(2026, 2, 28, 0, 0, 1, tzinfo=UTC)
    await look(system)
    await price(system, "KOL-30", 1_200)
    time.at = datetime(2026, 3, 31, 8, 0, tzinfo=UTC)
    await look(system)
    first, second = await orders_of(system, ident)
    assert (first["order"], first["gross_minor"], second["gross_minor"]) == (f"{ident}.20260228", 1_250, 1_500)
    assert first["placed"]["lines"][0]["kind"] == "continuity"
    doc = await shown(system, ident)
    assert [one["due"] for one in doc["subscription"]["shipments"]] == ["2026-02-28", "2026-03-31"]
    assert doc["ahead"][0] == "2026-04-30"
    await done(system.client, "POST", f"/orders/{first['order']}/cancellation", {"reason": "Not at home."})
    await at_rest(system)
    assert (await shown(system, ident))["subscription"]["shipments"][0]["lost_minor"] == 1_250


@pytest.mark.parametrize("killed_at", ["shipments.due", "shipments.placed"])
async def test_a_kill_between_two_steps_places_no_shipment_twice(
    killed_at: str, system: System, customer: str, time: Time
) -> None:
    ident = await subscribed(system, customer, killed_at.replace(".", "-"), unit="days", every=10)
    time.forward(timedelta(days=10))

    def reach(point: str) -> None:
        if point == killed_at:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.calls.orders.shipments.reach", reach)
        with pytest.raises(Killed):
            await look(system)
    await at_rest(system)
    await look(system)
    assert len(await orders_of(system, ident)) == 1
    doc = (await shown(system, ident))["subscription"]
    assert (len(doc["shipments"]), "pending" in doc) == (1, False)


async def test_a_customer_changes_everything_and_stays_for_an_offer(system: System, customer: str, time: Time) -> None:
    ours, ident = system.client, await subscribed(system, customer, "b")
    path, today = f"/subscriptions/{ident}", time().date()
    await done(ours, "POST", f"{path}/plan", {"plan": {"unit": "weeks", "every": 2}, "reason": "Too much."})
    due = today + timedelta(weeks=2)
    await done(ours, "POST", f"{path}/skip", {"due": due.isoformat(), "reason": "On holiday."})
    await refused(ours, f"{path}/skip", {"due": today.isoformat(), "reason": "x"}, "not_next")
    product = {"sku": "OLD-1", "quantity": 2, "reason": "Likes it.", "alternates": ["VIT-60"]}
    await done(ours, "POST", f"{path}/product", product)
    offer = {"offer": "o1", "kind": "discount", "text": "Half the price once.", "reason": "price"}
    await done(ours, "POST", f"{path}/offers", offer | {"discount_percent": "50", "shipments": 1})
    await done(ours, "POST", f"{path}/offers/o1/answer", {"accepted": True})
    await done(ours, "POST", "/products/OLD-1/withdrawal", {"reason": "Not made any more."})
    await at_rest(system)
    time.forward(timedelta(weeks=2))
    await look(system)
    assert await orders_of(system, ident) == [], "it was skipped"
    time.forward(timedelta(weeks=2))
    await look(system)
    (order,) = await orders_of(system, ident)
    (line,) = order["placed"]["lines"]
    assert (line["sku"], line["quantity"], line["net_minor"], line["rule"]) == ("VIT-60", 2, 1_000, "save:o1")
    await done(ours, "POST", f"{path}/pause", {"reason": "Enough for now."})
    await at_rest(system)
    doc = await shown(system, ident)
    assert (doc["subscription"]["status"], doc["ahead"]) == ("paused", [])
    await done(ours, "POST", f"{path}/resume")
    await at_rest(system)
    assert (await shown(system, ident))["ahead"][0] == (today + timedelta(weeks=6)).isoformat()


async def test_a_shipment_that_cannot_be_sold_waits_and_says_why(system: System, customer: str, time: Time) -> None:
    ident = await subscribed(system, customer, "c", unit="days", every=5)
    await done(system.client, "POST", f"/subscriptions/{ident}/product", {"sku": "NO-1", "quantity": 1, "reason": "x"})
    await at_rest(system)
    time.forward(timedelta(days=5))
    await look(system)
    doc = (await shown(system, ident))["subscription"]
    assert (doc["held"], await orders_of(system, ident)) == ("unknown_product", [])
    await done(system.client, "PUT", "/products/NO-1", {"name": "New"})
    await price(system, "NO-1", 500)
    await at_rest(system)
    await look(system)
    assert len(await orders_of(system, ident)) == 1


async def test_an_agent_serves_the_customer_who_is_there(system: System, customer: str) -> None:
    ident = await subscribed(system, customer, "f")
    assert system.access is not None
    _, key = await system.access.create_key("Ana", "agent", frozenset({"adria"}), agent="1007")
    headers = {"authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(system.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tallyline", headers=headers) as agent:
        found = (await ask(agent, "/api/v1/subscriptions", customer=customer))["items"]
        assert ident in [item["subscription"] for item in found]
        assert (await agent.get("/api/v1/subscriptions")).status_code == 422
        assert (await agent.get("/api/v1/subscriptions/retention")).status_code == 403
        await done(agent, "POST", f"/subscriptions/{ident}/pause", {"reason": "On holiday."})
        await refused(agent, "/subscriptions/other:1-1/pause", {"reason": "x"}, "not_found", 404)
    await at_rest(system)
    assert (await shown(system, ident))["subscription"]["status"] == "paused"


async def test_nothing_is_sent_to_somebody_whom_the_vault_has_erased(system: System, time: Time) -> None:
    vault = system.runtime.kits["calls"].vault
    (ref,) = (await vault.customer_refs(["+385919999999"])).values()
    ident = await subscribed(system, ref, "gone", unit="days", every=2)
    await vault.erase_customer(ref)
    time.forward(timedelta(days=2))
    await look(system)
    assert (await shown(system, ident))["subscription"]["held"] == "customer_erased"
    assert await orders_of(system, ident) == []
    await done(system.client, "POST", f"/subscriptions/{ident}/cancellation", {"reason": "erased"})


async def test_the_report_says_who_stayed_and_why_others_left(system: System, customer: str, time: Time) -> None:
    ours, ident = system.client, await subscribed(system, customer, "d")
    time.forward(timedelta(days=3))
    await done(ours, "POST", f"/subscriptions/{ident}/cancellation", {"reason": "price"})
    plain = {"partner": "adria", "country": "HR", "customer_ref": customer, "id": "e"}
    line = {"sku": "KOL-30", "plan": {"unit": "weeks", "every": 1}}
    await done(ours, "POST", "/orders", plain | {"lines": [line]})
    await at_rest(system)
    await done(ours, "POST", "/orders/adria:e/cancellation", {"reason": "Changed her mind."})
    await at_rest(system)
    report = await ask(ours, "/api/v1/subscriptions/retention", partner="adria")
    assert report["subscriptions"] == report["active"] + 3
    assert report["reasons"] == {"erased": 1, "order_cancelled": 1, "price": 1}
    assert report["survival"][-1]["days"] == 3
    (offers,) = report["offers"]
    assert (offers["kind"], offers["accepted"], offers["kept"], offers["shipments"]) == ("discount", 1, 1, 1)
    assert offers["revenue"] == {"EUR": 1_250}
    assert sum(cohort["started"] for cohort in report["cohorts"]) == report["subscriptions"]
    listed = await ask(ours, "/api/v1/subscriptions", status="cancelled")
    assert [item["subscription"] for item in listed["items"]] == [ident, "adria:e-1", "adria:gone-1"]
    for view in ("subscriptions", "orders"):
        answer = await ours.post(f"/api/v1/operations/views/{view}/verify")
        assert (answer.status_code, answer.json()["identical"]) == (200, True), answer.text
