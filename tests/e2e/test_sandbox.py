"""A partner's developer: tries deliveries, sends them to a sandbox, and has a source that passed its checklist."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from services.calls.doors.fixtures import Recording, in_fixture_form, load, replay
from services.simulate.driver import Request, known, send, set_up, trial_of
from shared.contracts.conformance import REQUIRED
from tests.e2e.processes import tallyline
from tests.e2e.recorded import FIXTURES, FROM, TO
from tests.e2e.systems import System, ask, at_rest, documents, eventually, everything, same

pytestmark = pytest.mark.asyncio(loop_scope="module")
NATIVE = FIXTURES / "native"
LIVE = "dev-native"


async def live_source(system: System) -> dict[str, Any]:
    """The partner's source as it will be, with the settings of the recorded set; nothing has come yet."""
    recording = load(NATIVE)
    settings = msgspec.structs.replace(
        recording.settings, partner="dev", clock="live", public_url="", campaigns={}, queues={}
    )
    register = {"partner_id": "dev", "name": "Dev", "country": None, "time_zone": "UTC"}
    await known(system.client, LIVE, await set_up(system.client, register, LIVE, settings, recording.secrets))
    await at_rest(system)  # the door may know of it before the page does
    shown: dict[str, Any] = await ask(system.client, f"/api/v1/sources/{LIVE}")
    return shown


async def stored(system: System) -> Any:
    """Everything that a delivery could leave behind."""
    kit = system.runtime.kits["calls"]
    return (
        await kit.bus.ends("tallyline.telephony"),
        await kit.bus.ends("tallyline.calls"),
        await documents(kit.documents, "deliveries"),
        await documents(kit.documents, "intake"),
        await documents(kit.documents, "dead_letters"),
        await documents(kit.documents, "tracked_calls"),
    )


async def test_a_trial_says_what_a_set_gives_and_leaves_nothing_behind(system: System) -> None:
    await live_source(system)
    await system.settled()
    before = await stored(system)
    answer = await system.client.post(f"/api/v1/sources/{LIVE}/try", json=trial_of(NATIVE))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    recording = load(NATIVE)
    settings = msgspec.structs.replace(recording.settings, campaigns={}, queues={})
    whole = Recording(LIVE, settings, recording.secrets, recording.deliveries)
    expected = in_fixture_form(whole, replay(whole))
    assert [d["verdict"] for d in found["deliveries"]] == [d["verdict"] for d in expected["deliveries"]]
    assert same(found["calls"], expected["calls"])
    assert len(found["observations"]) == len(expected["events"])
    rejected = [d for d in found["deliveries"] if not d["authentic"]]
    assert rejected
    assert all(d["reason"] for d in rejected)
    assert {f["type"] for f in found["facts"]} >= {"CallStarted", "CallAnswered", "CallEnded", "CallDispositioned"}
    assert {c["check"] for c in found["checks"] if c["passed"]} >= {"start", "end", "agent"}
    await system.settled()
    assert await stored(system) == before


async def test_what_is_not_understood_is_named(system: System) -> None:
    await live_source(system)

    def event(n: int, kind: str, **data: Any) -> dict[str, Any]:
        about = {"specversion": "1.0", "id": f"e{n}", "source": "https://dialler.example", "type": kind}
        whole = about | {"time": f"2026-03-02T09:0{n}:00Z", "data": data}
        headers = {"Content-Type": "application/cloudevents+json"}
        return {"headers": headers, "body": json.dumps(whole)}

    sent = [
        event(0, "com.tallyline.call.started.v1", call="c1", direction="inbound"),
        event(1, "com.tallyline.call.dispositioned.v1", call="c1", native="NEW-CODE"),
        event(2, "com.tallyline.call.humming.v1", call="c1"),
        {"body": "no event"},
    ]
    path = f"/api/v1/sources/{LIVE}/try"
    unsigned = (await system.client.post(path, json={"signed": False, "deliveries": sent})).json()
    assert [d["verdict"] for d in unsigned["deliveries"]] == ["accepted", "accepted", "unknown", "invalid"]
    assert unsigned["not_understood"]["codes"] == [{"map": "dispositions", "code": "NEW-CODE"}]
    assert [item["n"] for item in unsigned["not_understood"]["items"]] == [2]
    signed = (await system.client.post(path, json={"deliveries": sent})).json()
    assert [d["authentic"] for d in signed["deliveries"]] == [False] * 4
    assert "webhook" in signed["deliveries"][0]["reason"]
    assert signed["facts"] == []
    for wrong, field in (
        ({"deliveries": []}, "deliveries"),
        ({"deliveries": [{"base64": "?"}]}, "deliveries[0].base64"),
        ({"deliveries": [{"received_at": "2026-03-02T09:00:00"}]}, "deliveries[0].received_at"),
        ({"deliveries": [{"method": "post it"}]}, "deliveries[0].method"),
        ({"deliveries": sent, "store": True}, "store"),
    ):
        refused = await system.client.post(path, json=wrong)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["field"] == field


async def test_who_sees_another_partner_tries_nothing_here(system: System) -> None:
    await live_source(system)
    for partner, status in (("other", 404), ("dev", 200)):
        made = await system.client.post("/api/v1/keys", json={"name": "d", "role": "partner", "partners": [partner]})
        headers = {"authorization": f"Bearer {made.json()['key']}"}
        body = {"deliveries": [{"body": "x"}]}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://tallyline") as client:
            answer = await client.post(f"/api/v1/sources/{LIVE}/try", json=body, headers=headers)
            assert answer.status_code == status
            for view in ("unmapped", "conformance"):
                assert (await client.get(f"/api/v1/sources/{LIVE}/{view}", headers=headers)).status_code == status
            reprocess = await client.post(f"/api/v1/sources/{LIVE}/reprocess", json={}, headers=headers)
            assert reprocess.status_code == (404 if partner == "other" else 202)


async def test_a_sandbox_that_has_shown_everything_makes_its_source_conformant(system: System) -> None:
    live = await live_source(system)
    recording = load(NATIVE)
    secrets = {scheme: list(values) for scheme, values in recording.secrets.items()}
    body = {"clock": "replay", "secrets": secrets}
    ready = (await system.client.post(f"/api/v1/sources/{LIVE}/sandbox", json=body)).json()
    sandbox = ready["id"]
    assert sandbox == f"{LIVE}.sandbox"
    (replay_key,) = [c["key"] for c in ready["credentials"] if c["scheme"] == "replay"]
    await known(system.client, sandbox, ready["credentials"])
    before = await ask(system.client, f"/api/v1/sources/{LIVE}/conformance")
    assert set(before["missing"]) == set(REQUIRED["native"])
    requests = [
        Request(
            n,
            d.method,
            f"/v1/in/{sandbox}",
            d.headers | {"tallyline-received-at": d.received_at.isoformat(), "tallyline-replay-key": replay_key},
            d.body,
        )
        for n, d in recording.deliveries
    ]
    await send(system.client, requests, in_flight=1)

    async def passed() -> Any:
        found = await ask(system.client, f"/api/v1/sources/{LIVE}/conformance")
        return found["conformant_since"] and found

    found = await eventually(passed)
    assert found["missing"] == []

    async def noted(holds: bool) -> bool:
        partner = await ask(system.client, "/api/v1/partners/dev")
        return (LIVE in partner["facts"].get("conformant_source", {})) is holds

    await eventually(lambda: noted(True))
    for counts, n in (("production", 0), ("test", 1)):
        totals = await everything(
            system.client,
            "/api/v1/performance/partners",
            partner="dev",
            kpis="offered",
            counts=counts,
            **{"from": FROM, "to": TO},
        )
        assert len(totals) == n, "what a sandbox sends never counts"
    changed = live["settings"] | {"time_zone": "Europe/Sarajevo"}
    again = await system.client.post("/api/v1/sources", json={"id": LIVE, "settings": changed})
    assert again.status_code == 201, again.text
    await eventually(lambda: noted(False))

    async def follows() -> bool:
        shown = await ask(system.client, f"/api/v1/sources/{sandbox}")
        return bool(shown["settings"]["time_zone"] == "Europe/Sarajevo" and shown["settings"]["counts"] == "test")

    await eventually(follows)


async def test_the_command_tries_a_recorded_set(tmp_path: Path) -> None:
    code, said = await tallyline(
        "sources", "add", FIXTURES / "native" / "source.json", "--partner", "dev", data=tmp_path
    )
    assert code == 0, said
    source = load(NATIVE).source_id
    code, said = await tallyline("sources", "try", source, NATIVE, data=tmp_path)
    assert (code, "accepted" in said, "Checklist" in said) == (1, True, True), said
    file = tmp_path / "trial.json"
    file.write_text(json.dumps({"signed": False, "deliveries": [{"body": "no event"}]}), encoding="utf-8")
    code, said = await tallyline("sources", "try", source, file, "--full", data=tmp_path)
    assert json.loads(said)["deliveries"][0]["verdict"] == "invalid"
    (tmp_path / "empty").mkdir()
    code, said = await tallyline("sources", "try", source, tmp_path / "empty", data=tmp_path)
    assert code == 1
    assert "no trial" in said
