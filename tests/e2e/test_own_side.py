"""What the reconciliation asks of the calls service: letters that wait are holes, and dashboards show our facts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.calls.views.performance_month import performance_month
from services.reconciliation.calls_service import CallsService
from services.simulate.signing import standard_headers
from tests.e2e.contracts import signed_partner
from tests.e2e.switch import ANSWERED, ENDED, SALE, SECRET, Switch, begun, result, source
from tests.e2e.systems import System, Time, ask, at_rest

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUDIT = "/api/v1/reconciliation/audits/adria"
FIRST = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


async def test_the_dashboards_show_what_our_facts_say_and_a_lost_document_is_seen(system: System, time: Time) -> None:
    await signed_partner(system, "adria", "2026-02-25")
    assert (await system.client.post("/api/v1/sources", json=source("adria-switch", "adria"))).status_code == 201
    await at_rest(system)
    await asyncio.sleep(0.5)  # ingest looks for new sources
    switch = Switch(system, time, "adria-switch")
    for number in range(8):
        sale = [SALE] if number % 2 else []
        code = result("SOLD" if number % 2 else "NO")
        customer = begun(f"+38591{1_000_000 + number}")
        await switch.tell(f"c-{number}", FIRST + timedelta(hours=9 * number), [customer, ANSWERED, *sale, ENDED, code])
    assert (await ask(system.client, f"{AUDIT}/2026-11"))["items"] == []
    assert (await system.client.get(f"{AUDIT}/2026-13")).status_code == 422

    kit = system.runtime.kits["calls"]
    collection = kit.views.collection(performance_month)
    stored = (await kit.documents.find(collection, {"partner": "adria"})).items
    await kit.documents.delete(collection, [one.id for one in stored])
    found = (await ask(system.client, f"{AUDIT}/2026-11"))["items"]
    sales = [(one["day"], one["replayed"], one["shown"]) for one in found if one["measure"] == "sales_reported"]
    assert sum(replayed for _, replayed, _ in sales) == 4
    assert {shown for _, _, shown in sales} == {0}
    assert {one["measure"] for one in found} >= {"offered", "answered", "handled", "talk", "revenue EUR"}


async def test_a_delivery_that_nobody_can_read_is_a_hole(system: System, time: Time) -> None:
    service = CallsService(system.client)
    low, high = time() - timedelta(days=20), time() + timedelta(days=1)
    assert await service.holes(["adria-switch"], low, high) == ()
    body, second = b"{", int(time().timestamp())
    headers = {
        "content-type": "application/cloudevents+json",
        **standard_headers(SECRET, "msg_broken", second, body),
    }
    assert (await system.client.post("/v1/in/adria-switch", content=body, headers=headers)).status_code == 400
    await at_rest(system)
    ((since, until),) = await service.holes(["adria-switch"], low, high)
    assert until == time().replace(tzinfo=None)
    # The source has told of its calls two weeks late, which is more than the longest class of delays.
    assert until - since == timedelta(days=2)
    assert await service.holes(["adria-other"], low, high) == ()
    assert await service.holes(["adria-switch"], low, low + timedelta(days=1)) == ()
