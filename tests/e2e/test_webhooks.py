"""Other systems are told of the events that they asked for: signed, within their scope, again until they take it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.settings import Settings
from tests.client import verified
from tests.e2e.systems import ENGINES, PARAMS, System, Time, ask, eventually, start
from tests.unit.shared.test_webhooks import Receiver, listening

ROUTE = "/api/v1/webhooks"


@pytest.fixture(params=PARAMS)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each engine, on which tests may listen on their own machine."""
    name = str(request.param)
    made = ENGINES[name]

    def private(data: Path) -> Settings:
        return replace(made(data), subscriber_webhook_private=True)

    monkeypatch.setitem(ENGINES, name, private)
    return name


async def done(client: httpx.AsyncClient, method: str, path: str, body: Any = None, **headers: str) -> Any:
    answer = await client.request(method, path, json=body, headers=headers)
    assert answer.status_code in (200, 201, 202), f"{path}: {answer.status_code} {answer.text}"
    return answer.json()


async def refused(client: httpx.AsyncClient, method: str, path: str, body: Any = None) -> tuple[int, str]:
    answer = await client.request(method, path, json=body)
    return answer.status_code, str(answer.json()["type"]).rpartition("/")[2]


async def told(system: System, partner: str) -> None:
    """Something of which others are told."""
    body = {"partner_id": partner, "name": partner.title(), "time_zone": "Europe/Sarajevo"}
    await done(system.client, "POST", "/api/v1/partners", body)


def wanted(receiver: Receiver, **more: Any) -> dict[str, Any]:
    url = f"http://127.0.0.1:{receiver.port}/in"
    return {"name": "warehouse", "url": url, "events": ["PartnerRegistered"]} | more


def signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether a receiver with the key takes it for ours."""
    return verified(secret, headers, body, int(headers["webhook-timestamp"]))


async def standing(system: System, name: str, which: str) -> list[Any]:
    found: list[Any] = (await ask(system.client, f"{ROUTE}/{name}/deliveries", standing=which))["items"]
    return found


async def test_an_event_is_told_until_it_is_taken_also_after_a_restart(engine: str, tmp_path: Path) -> None:
    time = Time()
    async with listening(500, 204) as receiver:
        async with start(engine, tmp_path, time) as system:
            made = await done(system.client, "POST", ROUTE, wanted(receiver), **{"idempotency-key": "one"})
            again = await done(system.client, "POST", ROUTE, wanted(receiver), **{"idempotency-key": "one"})
            assert again == made, "whoever did not hear the answer asks again, and is told the same key"
            name = made["webhook"]
            assert made["secret"] not in (await system.client.get(f"{ROUTE}/{name}")).text
            await told(system, "acme")

            async def tried() -> Any:
                return [one for one in await standing(system, name, "waiting") if one["attempts"]]

            ((attempt,),) = [one["attempts"] for one in await eventually(tried)]
            assert (attempt["status"], attempt["seconds"] >= 0) == (500, True)
        time.forward(timedelta(minutes=1))
        async with start(engine, tmp_path, time) as system:

            async def taken() -> Any:
                return await standing(system, name, "delivered")

            (line,) = await eventually(taken)
            assert [one["status"] for one in line["attempts"]] == [500, 204]
            assert (line["type"], line["subject"]) == ("tallyline.partners.PartnerRegistered", "acme")
            assert "body" not in line
            assert await ask(system.client, f"{ROUTE}/{name}/deliveries", standing="given_up") == {
                "items": [],
                "next": None,
            }
            await done(system.client, "POST", f"{ROUTE}/{name}/deliveries/{line['id']}/again")

            async def thrice() -> bool:
                return len(receiver.asked) == 3

            await eventually(thrice)
    assert all(signed(made["secret"], headers, body) for _, headers, body in receiver.asked)
    assert len({(headers["webhook-id"], body) for _, headers, body in receiver.asked}) == 1
    message = json.loads(receiver.asked[0][2])
    assert message["id"] == receiver.asked[0][1]["webhook-id"] == line["id"]
    assert message["data"]["event"]["name"] == "Acme"
    assert "reverses" not in message["data"]


async def test_each_is_told_of_its_own_partners_and_classes_alone(engine: str, tmp_path: Path) -> None:
    async with listening(204) as all_of_them, listening(204) as one, start(engine, tmp_path) as system:
        assert system.access is not None
        _, key = await system.access.create_key("mira", "manager", frozenset({"acme"}))
        headers = {"authorization": f"Bearer {key}"}
        transport = httpx.ASGITransport(system.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tallyline", headers=headers) as mira:
            assert await refused(mira, "POST", ROUTE, wanted(one)) == (403, "not_allowed")
            assert await refused(mira, "POST", ROUTE, wanted(one, partners=["acme", "zvono"])) == (403, "not_allowed")
            hers = await done(mira, "POST", ROUTE, wanted(one, partners=["acme"]))
            whole = await done(system.client, "POST", ROUTE, wanted(all_of_them))
            other = await done(system.client, "POST", ROUTE, wanted(all_of_them, events=["MonthAgreed"]))
            for partner in ("zvono", "acme"):
                await told(system, partner)

            async def heard() -> bool:
                return len(all_of_them.asked) == 2 and len(one.asked) == 1

            await eventually(heard)
            await system.settled()
            assert [json.loads(body)["subject"] for _, _, body in one.asked] == ["acme"]
            assert await standing(system, other["webhook"], "delivered") == []
            assert [item["webhook"] for item in (await ask(mira, ROUTE))["items"]] == [hers["webhook"]]
            listed = await ask(system.client, ROUTE, limit=2)
            rest = await ask(system.client, ROUTE, limit=2, cursor=listed["next"])
            assert {item["webhook"] for item in (*listed["items"], *rest["items"])} == {
                hers["webhook"], whole["webhook"], other["webhook"],
            }  # fmt: skip
            theirs = f"{ROUTE}/{whole['webhook']}"
            message = (await standing(system, whole["webhook"], "delivered"))[0]["id"]
            for method, path in (
                ("GET", theirs),
                ("PUT", theirs),
                ("DELETE", theirs),
                ("POST", f"{theirs}/key"),
                ("POST", f"{theirs}/stop"),
                ("POST", f"{theirs}/resumption"),
                ("POST", f"{theirs}/test"),
                ("GET", f"{theirs}/deliveries"),
                ("POST", f"{theirs}/deliveries/{message}/again"),
                ("POST", f"{ROUTE}/{hers['webhook']}/deliveries/{message}/again"),
            ):
                body = wanted(one, partners=["acme"]) if method == "PUT" else None
                assert await refused(mira, method, path, body) == (404, "not_found"), path


async def test_keys_follow_each_other_without_a_gap(engine: str, tmp_path: Path) -> None:
    time = Time()
    async with listening(204) as receiver, start(engine, tmp_path, time) as system:
        made = await done(system.client, "POST", ROUTE, wanted(receiver))
        place = f"{ROUTE}/{made['webhook']}"
        time.forward(timedelta(minutes=1))
        second = await done(system.client, "POST", f"{place}/key", {})

        async def sent(number: int) -> Any:
            await done(system.client, "POST", f"{place}/test")

            async def heard() -> bool:
                return len(receiver.asked) == number

            await eventually(heard)
            return receiver.asked[-1]

        _, headers, body = await sent(1)
        assert json.loads(body)["type"] == "tallyline.gateway.WebhookTested"
        assert signed(made["secret"], headers, body)
        assert signed(second["secret"], headers, body)
        time.forward(timedelta(days=1))
        _, headers, body = await sent(2)
        assert not signed(made["secret"], headers, body)
        assert signed(second["secret"], headers, body)
        third = await done(system.client, "POST", f"{place}/key", {"at_once": True})
        _, headers, body = await sent(3)
        assert headers["webhook-signature"].count("v1,") == 1
        assert signed(third["secret"], headers, body)


async def test_an_endpoint_that_is_gone_is_told_no_more_until_somebody_says_so(engine: str, tmp_path: Path) -> None:
    time = Time()
    async with listening(410, 204) as receiver, start(engine, tmp_path, time) as system:
        made = await done(system.client, "POST", ROUTE, wanted(receiver))
        place = f"{ROUTE}/{made['webhook']}"
        await told(system, "acme")

        async def stopped() -> Any:
            return (await ask(system.client, place))["stopped"]

        why = await eventually(stopped)
        (ended,) = await standing(system, made["webhook"], "ended")
        assert (why["why"], why["message"]) == ("gone", ended["id"])
        assert await refused(system.client, "POST", f"{place}/test") == (409, "stopped")
        assert await refused(system.client, "POST", f"{place}/deliveries/{ended['id']}/again") == (409, "no_target")
        time.forward(timedelta(minutes=1))
        await told(system, "zvono")
        await system.settled()
        await done(system.client, "POST", f"{place}/resumption")
        time.forward(timedelta(minutes=1))
        await told(system, "sava")
        await done(system.client, "POST", f"{place}/deliveries/{ended['id']}/again")

        async def both() -> bool:
            return len(await standing(system, made["webhook"], "delivered")) == 2

        await eventually(both)
        subjects = [json.loads(body)["subject"] for _, _, body in receiver.asked]
        assert sorted(subjects) == ["acme", "acme", "sava"], "what happened while it was stopped is not told"
        assert (await ask(system.client, place))["stopped"] is None
        await done(system.client, "DELETE", place)
        assert await refused(system.client, "GET", place) == (404, "not_found")
        assert await ask(system.client, ROUTE) == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"url": "http://hooks.example/in"}, 422, "invalid"),
        ({"url": "https://127.0.0.1/in"}, 422, "invalid"),
        ({"url": "https://[::ffff:10.0.0.1]/in"}, 422, "invalid"),
        ({"url": "https://169.254.169.254/latest"}, 422, "invalid"),
        ({"url": "https://user:word@hooks.example/in"}, 409, "bad_address"),
        ({"events": ["WebhookConfigured"]}, 409, "unknown_event"),
        ({"events": []}, 422, "invalid"),
        ({"secret": "mine"}, 422, "invalid"),
    ],
)
async def test_what_no_endpoint_can_be(more: dict[str, Any], status: int, code: str, tmp_path: Path) -> None:
    async with start("embedded", tmp_path) as system:
        body = {"name": "x", "url": "https://hooks.example/in", "events": ["MonthAgreed"]} | more
        assert await refused(system.client, "POST", ROUTE, body) == (status, code)
        assert (await ask(system.client, ROUTE))["items"] == []


async def test_the_classes_that_may_be_told_are_listed_with_their_meaning(tmp_path: Path) -> None:
    async with start("embedded", tmp_path) as system:
        found = {item["event"]: item for item in (await ask(system.client, f"{ROUTE}/events"))["items"]}
    assert found["MonthAgreed"]["type"] == "tallyline.reconciliation.MonthAgreed"
    assert all(item["meaning"] for item in found.values())
    assert "WebhookKeyChanged" not in found
