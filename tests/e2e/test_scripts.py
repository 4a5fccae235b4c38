"""Scripts over HTTP: drafted as YAML, checked, published at once, walked by calls, and measured by what sold."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import msgspec
import pytest

from tests.e2e.shop import done, open_shop, refused
from tests.e2e.systems import System, Time, ask, at_rest
from tests.e2e.test_panel import panel
from tests.unit.calls.selling.scripted import HELLO, NODES, OFFER, content

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINE = "embedded"
YAML = {"content-type": "application/yaml"}
CALL = "adria-1:c1"


async def steps_of(client: httpx.AsyncClient, *steps: dict[str, Any], call: str = CALL) -> httpx.Response:
    body = {
        "steps": [{"script": "c", "version": 1, "at": "2026-11-18T15:00:00Z", **one} for one in steps],
    }
    return await client.post(f"/api/v1/scripts/steps/adria:{call}", json=body)


async def test_a_script_from_its_draft_to_what_it_sold(system: System, time: Time) -> None:
    client = system.client
    customer = await open_shop(system, "KOL-30")
    await asyncio.sleep(0.3)  # the service looks for new sources

    broken = {"content": msgspec.to_builtins(content(HELLO))}
    await done(client, "PUT", "/scripts/c/draft", broken)
    await refused(client, "/scripts/c/publication", {"draft": 1}, "not_whole")
    checked = (await client.post("/api/v1/scripts/check", json=broken["content"])).json()
    assert {one["code"] for one in checked["findings"]} == {"unknown_node", "no_way_out"}

    foreign = msgspec.to_builtins(content(*NODES[:2], msgspec.structs.replace(OFFER, sku="GONE-1"), *NODES[3:]))
    await done(client, "PUT", "/scripts/d/draft", {"content": foreign})
    await refused(client, "/scripts/d/publication", {"draft": 1}, "not_whole")
    checked = (await client.post("/api/v1/scripts/check", json=foreign)).json()
    assert [(one["code"], one["node"]) for one in checked["findings"]] == [("unknown_product", "offer")]

    whole = (await client.post("/api/v1/scripts/check", json=msgspec.to_builtins(content()))).json()
    assert whole["findings"] == []
    saved = await client.put("/api/v1/scripts/c/yaml?draft=1", content=whole["yaml"], headers=YAML)
    assert saved.status_code == 202, saved.text
    late = await client.put("/api/v1/scripts/c/yaml?draft=1", content="kind: script", headers=YAML)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/not_a_script")
    await done(client, "POST", "/scripts/c/publication", {"draft": 2})
    await at_rest(system)
    assert (await client.get("/api/v1/scripts/c/yaml")).text == whole["yaml"]
    assert (await ask(client, "/api/v1/scripts/c/version"))["version"] == 1

    walked = await done(
        client, "POST", "/scripts/c/preview", {"language": "en", "answers": ["yes"], "values": {"customer.name": "<b>"}}
    )
    assert [one["text"] for one in walked["steps"]] == ["Hello <b>.", "Did you read of it?", "[no product.name]?"]

    async with await panel(system, "adria", "a7") as agent:
        for _ in range(2):  # a batch that was sent twice
            told = await steps_of(agent, {"step": 1, "node": "hello"}, {"step": 2, "node": "ask", "answer": "yes"})
            assert told.status_code == 202, told.text
        assert (await steps_of(agent, {"step": 3, "node": "offer", "answer": "maybe"})).status_code == 409
        assert (await steps_of(agent, {"step": 3, "node": "gone"})).json()["type"] == "/problems/unknown_node"
        wrong = await steps_of(agent, {"step": 3, "node": "why", "text": "I am Iva"})
        assert wrong.json()["type"] == "/problems/not_asked"
        assert (await steps_of(agent, {"step": 1, "node": "hello"}, call="other-1:c1")).status_code == 404
        assert (await agent.get("/api/v1/scripts/c/version?version=draft")).status_code == 403
        assert (await agent.get("/api/v1/scripts/c/version")).status_code == 200
        more = await steps_of(agent, {"step": 3, "node": "offer", "answer": "accepted"}, {"step": 4, "node": "sold"})
        assert more.status_code == 202
        other = await steps_of(agent, {"step": 1, "node": "why", "choice": "price"}, call="adria-1:c2")
        assert other.status_code == 202
    order = {
        "partner": "adria",
        "id": "1",
        "country": "HR",
        "lines": [{"sku": "KOL-30"}],
        "customer_ref": customer,
        "call": CALL,
    }
    await done(client, "POST", "/orders", order)
    await at_rest(system)
    found = await ask(client, "/api/v1/scripts/c/figures")
    assert (found["calls"], found["sold"]) == (2, 1)
    assert found["nodes"]["ask"] == {
        "reached": 1, "left": 0, "sold": 1, "answers": {"yes": {"calls": 1, "sold": 1}},
    }  # fmt: skip
    await done(client, "POST", "/orders/adria:1/cancellation", {"reason": "Another mind."})
    await at_rest(system)
    assert (await ask(client, "/api/v1/scripts/c/figures"))["sold"] == 0


async def test_a_call_in_progress_keeps_its_version_and_text_is_sealed(system: System, time: Time) -> None:
    client = system.client
    await open_shop(system)
    asks = {
        "kind": "survey",
        "title": "Why",
        "languages": ["en"],
        "start": "why",
        "nodes": [
            {"type": "input", "id": "why", "texts": {"en": "Why?"}, "field": "why", "form": "text", "to": "end"},
            {"type": "disposition", "id": "end", "code": "not_interested"},
        ],
    }
    await done(client, "PUT", "/scripts/s/draft", {"content": asks})
    await done(client, "POST", "/scripts/s/publication", {"draft": 1})
    await at_rest(system)
    secret = "My neighbour Iva Kos told me"
    said = await steps_of(client, {"step": 1, "script": "s", "node": "why", "text": secret}, call="adria-1:c9")
    assert said.status_code == 202, said.text
    await done(client, "PUT", "/scripts/s/draft", {"content": {**asks, "title": "Why not"}})
    await done(client, "POST", "/scripts/s/publication", {"draft": 2})
    await at_rest(system)
    assert (await ask(client, "/api/v1/scripts/s/version"))["version"] == 2
    changed = await ask(client, "/api/v1/scripts/s/diff", old="1", new="2")
    assert (changed["about"], changed["changed"]) == (["title"], [])
    other = await steps_of(client, {"step": 2, "script": "s", "version": 2, "node": "end"}, call="adria-1:c9")
    assert other.json()["type"] == "/problems/another_version"
    assert (await steps_of(client, {"step": 2, "script": "s", "node": "end"}, call="adria-1:c9")).status_code == 202
    await at_rest(system)
    walked = await ask(client, "/api/v1/scripts/calls/adria-1:c9", script="s", version=1)
    assert walked["texts"] == {"1": secret}
    assert walked["walk"]["answers"] == {"1": {"field": "why", "sealed": True}}
    kept = b"".join(path.read_bytes() for path in system.settings.data.rglob("*") if path.is_file())
    assert b"Iva Kos" not in kept
    await done(client, "POST", "/scripts/s/withdrawal", {"reason": "Asked enough."})
    await at_rest(system)
    assert (await client.get("/api/v1/scripts/s/version")).status_code == 404
    listed = {one["script"]: one["version"] for one in (await ask(client, "/api/v1/scripts"))["items"]}
    assert listed["s"] is None


async def test_answers_are_searched(system: System, time: Time) -> None:
    entries = [
        {"id": "fish", "question": {"en": "Is there fish in it?"}, "answer": {"en": "Yes, from its skin."}},
        {"id": "price", "question": {"en": "Is it dear?"}, "answer": {"en": "Less than a coffee."}},
    ]
    body = {"content": {"kind": "answers", "title": "Answers", "languages": ["en"], "entries": entries}}
    await done(system.client, "PUT", "/scripts/qa/draft", body)
    await done(system.client, "POST", "/scripts/qa/publication", {"draft": 1})
    await at_rest(system)
    found = await ask(system.client, "/api/v1/scripts/qa/answers", language="en", q="SKIN fish")
    assert [one["id"] for one in found["items"]] == ["fish"]
    assert len((await ask(system.client, "/api/v1/scripts/qa/answers", language="en"))["items"]) == 2
