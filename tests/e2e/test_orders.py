"""Orders over HTTP: placed and kept, moved by signed messages, told to providers, taken back in time, counted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.simulate.signing import standard_headers
from tests.e2e.shop import done, open_shop, price, refused
from tests.e2e.systems import ENGINES, System, Time, ask, at_rest, eventually, everything, start
from tests.unit.shared.test_webhooks import SECRET, Receiver, listening

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEY = "a-key-of-the-depot"
BANK = {
    "name": "The bank",
    "matter": "payment",
    "signing": "standard-webhooks",
    "mapping": {
        "order": "data.order",
        "state": "data.status",
        "states": {"captured": "paid", "refunded": "refunded", "viewed": ""},
        "at": "timestamp",
    },
}
DEPOT = {
    "name": "The depot",
    "matter": "fulfilment",
    "signing": "hmac-sha256",
    "header": "x-depot-signature",
    "mapping": {
        "order": "parcel.reference",
        "state": "parcel.step",
        "states": {"gone": "shipped", "there": "delivered"},
        "message": "number",
        "reference": "parcel.tracking",
    },
    "hears": ["OrderPlaced", "OrderCancelled"],
    "countries": ["HR"],
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def receiver(engine: str) -> AsyncIterator[Receiver]:
    """The depot, which is away at first."""
    async with listening(500, 204) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(
    engine: str, time: Time, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    """A system that may tell providers of its own network."""
    made = ENGINES[engine]
    data: Path = tmp_path_factory.mktemp("orders")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ENGINES, engine, lambda folder: replace(made(folder), provider_webhook_private=True))
        async with start(engine, data, time) as running:
            yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def customer(system: System, receiver: Receiver) -> str:
    """A shop with two providers, and its customer's token."""
    ref = await open_shop(system, "KOL-30", "VIT-60")
    depot = DEPOT | {"notify_url": f"http://127.0.0.1:{receiver.port}/in"}
    for name, settings in (("bank", BANK), ("depot", depot)):
        await done(system.client, "PUT", f"/providers/{name}", settings)
    await at_rest(system)
    await done(system.client, "PUT", "/providers/bank/secrets", {"incoming": SECRET})
    await done(system.client, "PUT", "/providers/depot/secrets", {"incoming": KEY, "outgoing": SECRET})
    return ref


def basket(customer: str, ident: str, **more: Any) -> dict[str, Any]:
    lines = [{"sku": "KOL-30", "quantity": 3}, {"sku": "VIT-60", "kind": "upsell"}]
    said = {"partner": "adria", "country": "HR", "customer_ref": customer, "id": ident, "lines": lines}
    return said | {"call": "adria-1:C1", "agent": "1007", "campaign": "vital"} | more


async def from_bank(system: System, time: Time, ident: str, order: str, status: str) -> httpx.Response:
    body = json.dumps({"timestamp": time().isoformat(), "data": {"order": order, "status": status}}).encode()
    second = int(time().timestamp())
    headers = {
        **standard_headers(SECRET, ident, second, body),
    }
    return await system.client.post("/v1/hooks/bank", content=body, headers=headers)


async def from_depot(system: System, number: int, order: str, step: str, key: str = KEY) -> httpx.Response:
    parcel = {"reference": order, "step": step, "tracking": f"T{number}"}
    body = json.dumps({"number": number, "parcel": parcel}).encode()
    signed = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    headers = {"x-depot-signature": f"sha256={signed}"}
    return await system.client.post("/v1/hooks/depot", content=body, headers=headers)


async def shown(system: System, order: str) -> Any:
    await at_rest(system)
    return await ask(system.client, f"/api/v1/orders/{order}")


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def test_an_order_keeps_the_prices_of_its_moment(system: System, customer: str, time: Time) -> None:
    ours = system.client
    first = await done(ours, "POST", "/orders", basket(customer, "1"))
    assert (first["order"], first["gross"]) == ("adria:1", {"minor": 15_960, "currency": "EUR"})
    before = await shown(system, "adria:1")
    time.forward(timedelta(minutes=1))
    await price(system, "KOL-30", 9_999)
    await at_rest(system)
    assert await done(ours, "POST", "/orders", basket(customer, "1")) == first, "the same order"
    await refused(ours, "/orders", basket(customer, "1", agent="1008"), "order_exists")
    assert await shown(system, "adria:1") == before
    assert before["placed"]["day"] == "2026-11-18"
    dearer = await done(ours, "POST", "/orders", basket(customer, "2"))
    assert dearer["gross"]["minor"] == 3 * 12_499 - 1 + 3_990 == 41_486
    await price(system, "KOL-30", 3_192)
    await at_rest(system)
    await refused(ours, "/orders", basket(customer, "3", country="DE"), "no_price")
    await refused(ours, "/orders", basket("cus_nobody", "3"), "invalid", 422)
    keyed = {"idempotency-key": "panel-7"}
    without = {name: value for name, value in basket(customer, "").items() if name != "id"}
    assert await done(ours, "POST", "/orders", without, **keyed) == await done(
        ours, "POST", "/orders", without, **keyed
    )
    await at_rest(system)
    found = await everything(ours, "/api/v1/orders", call="adria-1:C1", limit=2)
    assert [item["order"] for item in found][0::2] == ["adria:1", "adria:2"]
    assert len((await ask(ours, "/api/v1/orders", partner="adria", **{"from": "2026-11-18"}))["items"]) == 3
    assert (await ask(ours, "/api/v1/orders", campaign="none"))["items"] == []


async def test_signed_messages_move_an_order_once_and_none_is_lost(system: System, customer: str, time: Time) -> None:
    await done(system.client, "POST", "/orders", basket(customer, "s1"))
    await at_rest(system)
    assert problem(await from_depot(system, 1, "adria:s1", "gone", "another key")) == (401, "unauthenticated")
    assert (await system.client.post("/v1/hooks/nobody", content=b"{}")).status_code == 401
    assert (await system.client.get("/v1/hooks/bank")).status_code == 405
    for _ in range(2):
        assert (await from_bank(system, time, "m1", "adria:s1", "captured")).status_code == 202
    assert (await from_bank(system, time, "m2", "adria:s1", "viewed")).json()["state"] is None
    assert (await from_depot(system, 2, "adria:s1", "there")).status_code == 202
    assert (await from_depot(system, 1, "adria:s1", "gone")).status_code == 202, "late, and known"
    doc = await shown(system, "adria:s1")
    assert (doc["payment"], doc["fulfilment"]) == ("paid", "delivered")
    assert [one["type"] for one in doc["history"]] == ["PaymentMoved", "FulfilmentMoved", "MessageNoted"]
    assert doc["history"][1]["reference"] == "T2"

    assert problem(await from_depot(system, 3, "adria:s1", "back")) == (422, "unknown_state")
    assert problem(await from_depot(system, 3, "adria:s1", "back")) == (422, "unknown_state"), "one dead letter"
    assert problem(await from_depot(system, 4, "adria:late", "gone")) == (404, "unknown_order")
    letters = (await ask(system.client, "/api/v1/operations/dead-letters"))["items"]
    mine = {letter["cause"]: letter["id"] for letter in letters if letter["kind"] == "notice"}
    assert mine.keys() == {"unknown_state", "unknown_order"}
    assert len(letters) == 2
    path = "/api/v1/operations/dead-letters/calls/{}"
    kept = await system.client.get(path.format(mine["unknown_state"]) + "/payload")
    assert kept.json()["parcel"]["step"] == "back"
    again = path.format(mine["unknown_state"]) + "/retry"
    assert problem(await system.client.post(again)) == (409, "unknown_state")
    more = {"states": {"gone": "shipped", "there": "delivered", "back": "returned"}}
    known = (await ask(system.client, "/api/v1/providers/depot"))["configured"]
    settings = {name: known[name] for name in (*DEPOT, "notify_url")}
    await done(system.client, "PUT", "/providers/depot", settings | {"mapping": settings["mapping"] | more})
    await at_rest(system)
    assert (await system.client.post(again)).status_code == 200
    assert (await shown(system, "adria:s1"))["fulfilment"] == "returned"
    await done(system.client, "POST", "/orders", basket(customer, "late"))
    assert (await system.client.post(path.format(mine["unknown_order"]) + "/retry")).status_code == 200
    assert (await shown(system, "adria:late"))["fulfilment"] == "shipped"


async def test_goods_come_back_in_parts_until_the_cut_off(system: System, customer: str, time: Time) -> None:
    ours = system.client
    await done(ours, "PUT", "/orders/return-windows/vital", {"days": 30, "reason": "As advertised."})
    await at_rest(system)
    placed = await done(ours, "POST", "/orders", basket(customer, "9"))
    assert placed["cut_off"] == (time() + timedelta(days=30)).isoformat().replace("+00:00", "Z")
    windows = await ask(ours, "/api/v1/orders/return-windows")
    assert [(item["campaign"], item["days"]) for item in windows["items"]] == [("vital", 30)]
    await at_rest(system)
    one = {"lines": [{"line": 1, "quantity": 1}], "reason": "Too sweet."}
    await refused(ours, "/orders/adria:9/returns", one, "not_shipped")
    await done(ours, "POST", "/orders/adria:9/fulfilment", {"state": "delivered"})
    for _ in range(2):
        await done(ours, "POST", "/orders/adria:9/returns", one, **{"idempotency-key": "back-1"})
    await refused(ours, "/orders/adria:9/returns", one | {"lines": [{"line": 1, "quantity": 3}]}, "too_many")
    await refused(ours, "/orders/adria:9/cancellation", {"reason": "x"}, "delivered")
    doc = await shown(system, "adria:9")
    assert (doc["state"], doc["returned_minor"]) == ("partly_returned", 3_990)
    time.forward(timedelta(days=30))
    await refused(ours, "/orders/adria:9/returns", one, "past_cut_off")
    await refused(ours, "/orders/adria:nine/cancellation", {"reason": "x"}, "unknown_order")


async def test_confirmed_sales_stand_beside_reported_ones_and_open_down_to_the_orders(
    system: System, customer: str, time: Time
) -> None:
    ours, day = system.client, time().date()
    for ident in ("p1", "p2"):
        await done(ours, "POST", "/orders", basket(customer, ident, campaign="spring"))
    await at_rest(system)
    await done(ours, "POST", "/orders/adria:p2/cancellation", {"reason": "Changed his mind."})
    await at_rest(system)
    period = {"from": day.isoformat(), "to": (day + timedelta(days=1)).isoformat(), "campaign": "spring"}
    names = "sales_reported,sales_confirmed,sales_cancelled,revenue_confirmed,revenue_cancelled,upsell_confirmed"
    table = await ask(ours, "/api/v1/performance/agents", **period, kpis=names)
    (row,) = table["items"]
    figures = {name: figure["value"] for name, figure in row["figures"].items()}
    assert (row["partner"], row["agent"]) == ("adria", "1007")
    assert figures == {
        "sales_reported": 0, "sales_confirmed": 2, "sales_cancelled": 1, "revenue_confirmed": {"EUR": 31_920},
        "revenue_cancelled": {"EUR": 15_960}, "upsell_confirmed": {"EUR": 7_980},
    }  # fmt: skip
    behind = await ask(ours, row["figures"]["revenue_confirmed"]["href"])
    assert [(item["order"], item["amount"]) for item in behind["items"]] == [
        ("adria:p1", {"EUR": 15_960}), ("adria:p2", {"EUR": 15_960}),
    ]  # fmt: skip
    assert (await ask(ours, behind["items"][0]["href"]))["order"] == "adria:p1"
    for view in ("performance", "performance_day", "performance_month", "evidence", "orders"):
        answer = await ours.post(f"/api/v1/operations/views/{view}/verify")
        assert (answer.status_code, answer.json()["identical"]) == (200, True), answer.text


async def test_providers_are_told_signed_and_again_until_they_take_it(
    system: System, customer: str, time: Time, receiver: Receiver
) -> None:
    ours = system.client

    async def standing(which: str) -> list[Any]:
        found = await ask(ours, "/api/v1/providers/depot/deliveries", standing=which)
        items: list[Any] = found["items"]
        return items

    for ident in ("t1", "t2"):
        await done(ours, "POST", "/orders", basket(customer, ident))
    await done(ours, "POST", "/orders/adria:t2/cancellation", {"reason": "Changed his mind."})
    await at_rest(system)

    async def all_taken() -> bool:
        time.forward(timedelta(minutes=1))  # the clock stands, and an attempt that failed waits
        return not await standing("waiting")

    await eventually(all_taken)
    taken = await standing("delivered")
    told = {json.loads(body)["id"]: (headers, body) for _, headers, body in receiver.asked}
    assert len(told) == len(taken) >= 3
    assert len(receiver.asked) == len(told) + 1, "the first was not taken at once"
    headers, body = told[taken[0]["id"]]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = hmac.new(base64.b64decode(SECRET[len("whsec_") :]), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    types = {json.loads(body)["type"] for _, body in told.values()}
    assert types == {"tallyline.calls.OrderPlaced", "tallyline.calls.OrderCancelled"}
    assert all(b"+385" not in body for _, body in told.values())
    await done(ours, "POST", f"/providers/depot/deliveries/{taken[0]['id']}/again")
    await refused(ours, "/providers/bank/deliveries/msg_none/again", None, "not_found", 404)
    await eventually(all_taken)
    assert len(receiver.asked) == len(told) + 2


async def test_an_agent_sees_its_own_orders_and_orders_in_its_own_call_alone(system: System, customer: str) -> None:
    for ident, seller in (("mine", "1007"), ("another", "1008")):
        await done(system.client, "POST", "/orders", basket(customer, ident, agent=seller))
    await at_rest(system)
    assert system.access is not None
    _, key = await system.access.create_key("Ana", "agent", frozenset({"adria"}), agent="1007")
    transport = httpx.ASGITransport(system.app)
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://tallyline", headers=headers) as agent:
        mine = await everything(agent, "/api/v1/orders", limit=2)
        assert {order["placed"]["agent"] for order in mine} == {"1007"}
        assert (await agent.get("/api/v1/orders/adria:mine")).status_code == 200
        assert (await agent.get("/api/v1/orders/adria:another")).status_code == 404
        await refused(agent, "/orders", basket(customer, "x", agent="1008"), "invalid", 422)
        await refused(agent, "/orders", basket(customer, "x", call=None), "invalid", 422)
        await refused(agent, "/orders", basket(customer, "x"), "unknown_call")
        await refused(agent, "/orders", basket(customer, "x", partner="other"), "not_found", 404)
        await refused(agent, "/orders/adria:mine/cancellation", {"reason": "x"}, "not_allowed", 403)
