"""The work list over HTTP: what is missing is found, taken, commented and closed, and settles by itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.e2e.contracts import signed_partner
from tests.e2e.shop import done, price, refused
from tests.e2e.switch import ENDED, Said, Switch, begun, result, source
from tests.e2e.systems import System, Time, ask, at_rest, eventually, everything, looked

pytestmark = pytest.mark.asyncio(loop_scope="module")
ANSWERED: Said = ("call.answered", 10, {"answered_by": "human", "agent": "a7", "leg": "l1"})
LAMPS = {"name": "Lamps", "countries": ["HR"], "languages": ["hr"], "products": ["KOL-30"], "starts": "2026-11-01"}
NO_RESULT, UNORDERED = "adria:no_result:adria-switch:w-1", "adria:sale_without_order:adria-switch:w-2"
UNCALLED, AT_NIGHT = "adria:order_without_call:adria-switch:w-9", "adria:outside_hours:adria-switch:w-3"


async def partner_key(system: System) -> httpx.AsyncClient:
    """An admin of the partner alone."""
    asked = {"name": "Mia", "role": "admin", "partners": ["adria"]}
    key = (await system.client.post("/api/v1/keys", json=asked)).json()["key"]
    headers = {"authorization": f"Bearer {key}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://tallyline", headers=headers)


async def test_what_is_missing_has_an_owner_until_it_comes(system: System, time: Time) -> None:
    client = system.client
    await signed_partner(system, "adria", "2026-01-05")
    await done(client, "POST", "/sources", source("adria-switch", "adria"))
    await done(client, "PUT", "/products/KOL-30", {"name": "Collagen"})
    await price(system, "KOL-30", 3192)
    await at_rest(system)
    await done(client, "PUT", "/campaigns/lamps", LAMPS)
    await at_rest(system)
    await asyncio.sleep(0.5)  # ingest looks for new sources
    time.at = datetime(2026, 11, 18, 23, 30, tzinfo=UTC)
    switch = Switch(system, time, "adria-switch")
    await switch.tell("w-3", time(), [begun("+38761555003"), ANSWERED, ENDED, result("information_given")])
    time.at = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
    await switch.tell("w-1", time(), [begun("+38761555001"), ANSWERED, ENDED])
    await switch.tell("w-2", time(), [begun("+38761555002"), ANSWERED, ENDED, result("SOLD")])
    number = "+38761555002"
    ref = (await system.runtime.kits["calls"].vault.customer_refs([number]))[number]
    order: dict[str, Any] = {"partner": "adria", "country": "HR", "customer_ref": ref, "lines": [{"sku": "KOL-30"}]}
    await done(client, "POST", "/orders", {**order, "id": "9", "call": "adria-switch:w-9", "agent": "a7"})
    await at_rest(system)

    async def listed(**asked: str) -> dict[str, Any]:
        return {item["work"]: item for item in await everything(client, "/api/v1/work", **asked)}

    async def shows(*items: str, **asked: str) -> bool:
        return set(await listed(**asked)) == set(items)

    await eventually(lambda: shows(AT_NIGHT))
    time.forward(timedelta(minutes=2))
    await looked()
    assert await shows(AT_NIGHT)
    time.forward(timedelta(minutes=31))
    await eventually(lambda: shows(NO_RESULT, UNORDERED, UNCALLED, AT_NIGHT))
    assert await shows(UNORDERED, NO_RESULT, owner="partner")
    assert await shows(UNCALLED, kind="order_without_call")
    items = await everything(client, "/api/v1/work", limit=1)
    written = (await client.get("/work", params={"owner": "partner", "file": "work.csv"})).text.splitlines()
    assert written[0].removeprefix("\ufeff") == "What,Call or order,Partner,Agent,Owner,Until,State,Taken by"
    assert sorted(line.split(",")[1] for line in written[1:]) == ["adria-switch:w-1", "adria-switch:w-2"]
    assert items == sorted(items, key=lambda item: item["due_at"])
    assert [item["overdue"] for item in items] == [False] * 4
    rules = {rule["kind"]: rule for rule in (await ask(client, "/api/v1/work/rules"))["items"]}
    assert rules["no_result"]["within_minutes"] == 240

    async with await partner_key(system) as theirs:
        await done(theirs, "POST", f"/work/{NO_RESULT}/take")
        await done(theirs, "POST", f"/work/{NO_RESULT}/comments", {"text": "I ask the agent."})
        await refused(theirs, f"/work/{AT_NIGHT}/close", {"reason": "It was urgent."}, "not_yours")
    await done(client, "POST", f"/work/{AT_NIGHT}/close", {"reason": "It was agreed for this night."})
    await done(client, "POST", "/orders", {**order, "id": "2", "call": "adria-switch:w-2", "agent": "a7"})
    await switch.tell("w-1", time() - timedelta(minutes=33), [result("information_given")])
    await at_rest(system)
    await eventually(lambda: shows(UNCALLED))
    assert await shows(NO_RESULT, UNORDERED, state="settled")
    assert await shows(AT_NIGHT, state="closed")
    one = await ask(client, f"/api/v1/work/{NO_RESULT}")
    assert (one["taken_by"], one["state"]) == ("Mia", "settled")
    happened = ["WorkOpened", "WorkTaken", "WorkCommented", "WorkSettled"]
    assert [event["type"] for event in one["history"]] == happened

    time.forward(timedelta(hours=9))
    assert [item["overdue"] for item in (await listed()).values()] == [True]
    assert await shows(UNCALLED, before=time().isoformat())
    assert await shows(before=(time() - timedelta(hours=5)).isoformat())
