"""Which deliveries a source takes: from its networks only, and by credentials for as long as they count."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.calls.service import SOURCES_EVERY_S
from services.embedded import embedded
from shared.settings import Settings
from tests.e2e.processes import server
from tests.e2e.systems import System, Time, ask, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINE = "embedded"
RECORDED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RECORD = {"ContactId": "c1", "Channel": "VOICE", "LastUpdateTimestamp": "2026-03-02T09:00:00Z"}


async def set_up(system: System, source: str, **settings: Any) -> dict[str, str]:
    """A source of records, and the keys that were made for it, by scheme."""
    register = {"partner_id": "doors", "name": "Doors"}
    assert (await system.client.post("/api/v1/partners", json=register)).status_code == 201
    whole = {"connector": "amazon-connect", "partner": "doors", "counts": "test"} | settings
    ready = await system.client.post("/api/v1/sources", json={"id": source, "settings": whole})
    assert ready.status_code == 201, ready.text
    made = ready.json()["credentials"]
    return {c["scheme"]: c["key"] for c in made} | {f"{c['scheme']}_id": c["id"] for c in made}


async def deliver(system: System, source: str, key: str, **headers: str) -> int:
    transport = httpx.ASGITransport(system.app)
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(transport=transport, base_url="http://tallyline") as client:
        answer = await client.post(
            f"/v1/in/{source}", content=json.dumps(RECORD), headers={"authorization": f"Bearer {key}"} | more
        )
    return answer.status_code


async def takes(system: System, source: str, key: str, **headers: str) -> None:
    """Ingest knows of a change a moment after it was decided."""

    async def taken() -> bool:
        return await deliver(system, source, key, **headers) == 202

    await eventually(taken)


async def refuses(system: System, source: str, key: str, **headers: str) -> None:
    async def refused() -> bool:
        return await deliver(system, source, key, **headers) == 401

    await eventually(refused)


async def test_a_source_takes_deliveries_from_its_networks_only(system: System) -> None:
    keys = await set_up(system, "doors-net", networks=["127.0.0.0/8", "::1/128"])
    await takes(system, "doors-net", keys["bearer"])
    await set_up(system, "doors-net", networks=["192.0.2.0/24"])
    await refuses(system, "doors-net", keys["bearer"])
    for header in ("x_forwarded_for", "x_real_ip", "forwarded", "client_ip"):
        assert await deliver(system, "doors-net", keys["bearer"], **{header: "192.0.2.7"}) == 401, "anybody writes that"
    await system.settled()
    received = (await system.client.get("/api/v1/sources/doors-net/intake")).json()["counts"]["received"]
    await set_up(system, "doors-net")
    await takes(system, "doors-net", keys["bearer"])
    await system.settled()
    assert (await system.client.get("/api/v1/sources/doors-net/intake")).json()["counts"]["received"] == received + 1


async def test_a_rotated_key_counts_until_its_time_and_the_new_one_from_now_on(system: System, time: Time) -> None:
    keys = await set_up(system, "doors-live")
    old = keys["bearer"]
    await takes(system, "doors-live", old)
    until = (time() + timedelta(hours=2)).isoformat()
    path = f"/api/v1/sources/doors-live/credentials/{keys['bearer_id']}/rotate"
    new = (await system.client.post(path, json={"until": until})).json()["key"]
    await takes(system, "doors-live", new)
    assert await deliver(system, "doors-live", old) == 202
    time.forward(timedelta(hours=2))
    assert await deliver(system, "doors-live", old) == 401
    assert await deliver(system, "doors-live", new) == 202


async def test_a_replay_source_s_keys_count_on_its_recorded_clock_and_its_replay_key_on_ours(
    system: System, time: Time
) -> None:
    keys = await set_up(system, "doors-replay", clock="replay")

    def at(moment: datetime, key: str) -> dict[str, str]:
        return {"tallyline_received_at": moment.isoformat(), "tallyline_replay_key": key}

    await takes(system, "doors-replay", keys["bearer"], **at(RECORDED, keys["replay"]))
    limit = {"until": (RECORDED + timedelta(hours=1)).isoformat()}
    path = "/api/v1/sources/doors-replay/credentials"
    (await system.client.post(f"{path}/{keys['bearer_id']}/rotate", json=limit)).raise_for_status()
    await refuses(system, "doors-replay", keys["bearer"], **at(RECORDED + timedelta(hours=1), keys["replay"]))
    before = RECORDED + timedelta(minutes=59)
    assert await deliver(system, "doors-replay", keys["bearer"], **at(before, keys["replay"])) == 202
    assert await deliver(system, "doors-replay", keys["bearer"]) == 401, "today it is over"
    soon = {"until": (time() + timedelta(minutes=5)).isoformat()}
    second = await system.client.post(f"{path}/{keys['replay_id']}/rotate", json=soon)
    await takes(system, "doors-replay", keys["bearer"], **at(before, second.json()["key"]))
    assert await deliver(system, "doors-replay", keys["bearer"], **at(before, keys["replay"])) == 202
    time.forward(timedelta(minutes=5))
    await refuses(system, "doors-replay", keys["bearer"], **at(before, keys["replay"]))


async def test_one_secret_under_two_credentials_counts_as_long_as_one_of_them(system: System, time: Time) -> None:
    keys = await set_up(system, "doors-same")
    await takes(system, "doors-same", keys["bearer"])
    limit = {"until": (time() - timedelta(hours=1)).isoformat(), "secret": keys["bearer"]}
    path = f"/api/v1/sources/doors-same/credentials/{keys['bearer_id']}/rotate"
    new = (await system.client.post(path, json=limit)).json()

    async def limited() -> bool:
        shown = await ask(system.client, "/api/v1/sources/doors-same")
        return keys["bearer_id"] in shown["until"] or shown["credentials"] == {"bearer": [new["id"]]}

    await eventually(limited)
    await system.settled()
    await asyncio.sleep(5 * SOURCES_EVERY_S)
    assert await deliver(system, "doors-same", keys["bearer"]) == 202


async def test_a_revoked_key_is_refused(system: System) -> None:
    keys = await set_up(system, "doors-gone")
    await takes(system, "doors-gone", keys["bearer"])
    gone = await system.client.delete(f"/api/v1/sources/doors-gone/credentials/{keys['bearer_id']}")
    assert gone.status_code == 204
    await refuses(system, "doors-gone", keys["bearer"])


async def test_what_was_not_taken_is_counted_by_cause(system: System) -> None:
    keys = await set_up(system, "doors-count", networks=["127.0.0.0/8"])
    await takes(system, "doors-count", keys["bearer"])
    for _ in range(3):
        assert await deliver(system, "doors-count", "guessed") == 401
    await set_up(system, "doors-count", networks=["192.0.2.0/24"])
    await refuses(system, "doors-count", keys["bearer"])

    async def counted() -> bool:
        health = await ask(system.client, "/api/v1/sources/doors-count/health")
        refused: dict[str, int] = health["refused"]
        return refused.get("not_authentic", 0) >= 3 and refused.get("foreign_network", 0) >= 1

    await eventually(counted)
    health = await ask(system.client, "/api/v1/sources/doors-count/health", days=1)
    assert health["items"]["received"] >= 1
    assert health["latest"]["received_at"] is not None
    assert (await system.client.get("/api/v1/sources/doors-count/health?days=32")).status_code == 422
    assert (await system.client.get("/api/v1/sources/nobody/health")).status_code == 404


@pytest.mark.parametrize(("trusted", "status"), [("", 200), ("127.0.0.0/8", 403), ("10.0.0.0/8", 200)])
async def test_a_running_server_believes_the_proxies_that_it_was_told_of_and_no_others(
    trusted: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands on loopback is no proxy by that."""
    monkeypatch.setenv("TALLYLINE_TRUSTED_PROXIES", trusted)
    async with server(tmp_path) as client:
        assert (await client.get("/metrics")).status_code == 200
        assert (await client.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})).status_code == status


async def test_behind_a_trusted_proxy_a_source_s_networks_are_those_of_the_sender(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, demo=True, trusted_proxies=(ip_network("127.0.0.0/8"),))
    async with embedded(settings) as system:
        keys = await set_up(system, "behind", networks=["192.0.2.0/24"])
        await takes(system, "behind", keys["bearer"], x_forwarded_for="192.0.2.7")
        for forwarded in ("198.51.100.1", "192.0.2.7, 198.51.100.1", "192.0.2.7, nobody", "127.0.0.1"):
            assert await deliver(system, "behind", keys["bearer"], x_forwarded_for=forwarded) == 401
        assert await deliver(system, "behind", keys["bearer"]) == 401, "the proxy itself is no partner"
