"""The trust card of a source as it delivers: what heals a gap is seen as such, however often it comes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from services.simulate.driver import known
from services.simulate.signing import standard_headers
from shared import clock
from tests.e2e.recorded import FIXTURES, deliver
from tests.e2e.systems import System, ask, start

SECRET = "whsec_" + "QUJD" * 8


async def post(system: System, call: str, kind: str, backfill: bool = False) -> None:
    """An event of our own format, told as it happens or looked out afterwards."""
    at = clock.now()
    body = json.dumps(
        {
            "specversion": "1.0", "id": f"{call}-{kind}", "source": "pbx", "type": f"com.tallyline.call.{kind}.v1",
            "time": at.isoformat(), "data": {"call": call, "direction": "inbound"},
        }
    ).encode()  # fmt: skip
    second = int(at.timestamp())
    headers = {
        "content-type": "application/cloudevents+json",
        **standard_headers(SECRET, f"{call}-{kind}-{backfill}", second, body),
    }
    if backfill:
        headers["tallyline-meta"] = '{"backfill": true}'
    answer = await system.client.post("/v1/in/acme-n", content=body, headers=headers)
    assert answer.status_code == 202, answer.text


async def card(system: System, source: str) -> Any:
    await system.settled()
    return await ask(system.client, f"/api/v1/sources/{source}/trust")


async def test_a_recorded_set_has_a_card_and_stands_in_the_list(tmp_path: Path) -> None:
    async with start("embedded", tmp_path) as system:
        names = ("twilio", "asterisk", "vicidial", "native")
        sources = {name: (await deliver(system, FIXTURES / name)).source for name in names}
        cards = {name: await card(system, source) for name, source in sources.items()}
        assert {name: card["proof"]["strength"] for name, card in cards.items()} == {
            "twilio": "signed", "asterisk": "key", "vicidial": "key_in_address", "native": "signed_and_dated",
        }  # fmt: skip
        for name, found in cards.items():
            counts = (await ask(system.client, f"/api/v1/sources/{sources[name]}/intake"))["counts"]
            assert found["items"]["received"] <= counts["received"]
            assert found["duplicate_rate"] == found["items"]["duplicate"] / found["items"]["received"]
            kinds = {kind["kind"] for kind in found["kinds"]}
            assert kinds >= {"AgentStateChanged", "CallAnswered" if name == "vicidial" else "CallStarted"}
            assert found["lateness"]["items"] > 0
        assert cards["asterisk"]["gaps"]["backfill"] > 0
        assert cards["native"]["gaps"]["backfill"] == 0
        listed = (await ask(system.client, "/api/v1/trust"))["items"]
        assert [one["source"] for one in listed] == sorted(sources.values())
        assert (await system.client.get("/api/v1/sources/none/trust")).status_code == 404
        assert (await system.client.get(f"/api/v1/sources/{sources['native']}/trust?days=32")).status_code == 422


async def test_whoever_sees_some_partners_gets_the_cards_of_theirs(tmp_path: Path) -> None:
    async with start("embedded", tmp_path) as system:
        mine, other = (await deliver(system, FIXTURES / "native")), (await deliver(system, FIXTURES / "twilio"))
        body = {"name": "looks", "role": "partner", "partners": [mine.partner]}
        key = (await system.client.post("/api/v1/keys", json=body)).json()["key"]
        headers = {"authorization": f"Bearer {key}"}
        listed = (await system.client.get("/api/v1/trust", headers=headers)).json()["items"]
        assert [one["source"] for one in listed] == [mine.source]
        assert (await system.client.get(f"/api/v1/sources/{other.source}/trust", headers=headers)).status_code == 404


async def test_a_backfill_that_comes_twice_heals_once_and_is_measured(tmp_path: Path) -> None:
    async with start("embedded", tmp_path) as system:
        settings = {"connector": "native", "partner": "acme", "clock": "live"}
        secrets = {"standard-webhooks": [SECRET]}
        answer = await system.client.post(
            "/api/v1/sources", json={"id": "acme-n", "settings": settings, "secrets": secrets}
        )
        assert answer.status_code == 201, answer.text
        await known(system.client, "acme-n", answer.json()["credentials"])
        await post(system, "c1", "started")
        first = await card(system, "acme-n")
        assert first["gaps"] == {"calls": 1, "backfilled": 0, "rate": 0.0, "healed": 0, "backfill": 0}
        for _ in range(2):
            await post(system, "c1", "started", backfill=True)
            await post(system, "c2", "started", backfill=True)
        healed = await card(system, "acme-n")
        assert healed["gaps"] == {"calls": 2, "backfilled": 1, "rate": 0.5, "healed": 1, "backfill": 4}
        assert healed["warnings"] == ["gaps", "repeats"]
        assert len((await ask(system.client, "/api/v1/calls"))["items"]) == 2
