"""Surveys over HTTP: answers are counted by field, and own words are sealed and go with their customer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.e2e.shop import done
from tests.e2e.switch import Switch, source
from tests.e2e.systems import System, Time, ask, at_rest
from tests.e2e.test_panel import ANSWERED, RINGS, panel

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINE = "embedded"
WORDS = "My neighbour Iva told me"
CONTENT: dict[str, Any] = {
    "kind": "survey",
    "title": "Heard of us",
    "languages": ["hr"],
    "start": "heard",
    "nodes": [
        {
            "type": "input",
            "id": "heard",
            "texts": {"hr": "Kako?"},
            "field": "heard",
            "form": "choice",
            "choices": [{"id": "tv", "texts": {"hr": "TV"}}, {"id": "friend", "texts": {"hr": "Prijatelj"}}],
            "to": "why",
        },
        {"type": "input", "id": "why", "texts": {"hr": "Zašto?"}, "field": "why", "form": "text", "to": "end"},
        {"type": "disposition", "id": "end", "code": "not_interested"},
    ],
}


def steps(*said: dict[str, Any]) -> dict[str, Any]:
    at = "2026-11-18T15:00:00Z"
    return {"steps": [{"script": "s", "version": 1, "at": at, "step": n, **one} for n, one in enumerate(said, 1)]}


async def test_answers_are_counted_and_words_go_with_their_customer(system: System, time: Time) -> None:
    client = system.client
    partner = {"partner_id": "adria", "name": "Adria", "country": "HR", "time_zone": "Europe/Zagreb"}
    await done(client, "POST", "/partners", partner)
    await done(client, "POST", "/sources", source("adria-switch", "adria"))
    await done(client, "PUT", "/scripts/s/draft", {"content": CONTENT})
    await done(client, "POST", "/scripts/s/publication", {"draft": 1})
    await at_rest(system)
    await asyncio.sleep(0.5)  # ingest looks for new sources
    switch = Switch(system, time, "adria-switch")
    await switch.tell("c-1", time(), [RINGS, ANSWERED])
    route = "/scripts/steps/adria:adria-switch:c-"
    async with await panel(system, "adria", "a7") as mine:
        said = steps({"node": "heard", "choice": "tv"}, {"node": "why", "text": WORDS}, {"node": "end"})
        await done(mine, "POST", f"{route}1", said)
        # A call of which nobody knows whose it is.
        await done(
            mine, "POST", f"{route}9", steps({"node": "heard", "choice": "tv"}, {"node": "why", "text": "None."})
        )
        await at_rest(system)
        assert (await mine.get("/api/v1/scripts/s/survey?version=1")).status_code == 403
        assert (await mine.get("/api/v1/scripts/s/survey/texts?version=1")).status_code == 403
    told = await ask(client, "/api/v1/scripts/s/survey", version=1)
    assert (told["calls"], told["finished"]) == (2, 1)
    assert told["fields"]["heard"]["choices"] == {"tv": 2}
    assert (told["fields"]["why"]["answered"], told["fields"]["why"]["texts"]) == (2, 2)
    assert (await client.get("/api/v1/scripts/s/survey?version=2")).status_code == 404
    none = await ask(client, "/api/v1/scripts/s/survey", **{"version": 1, "from": "2027-01-01"})
    assert (none["calls"], none["fields"]) == (0, {})

    async def texts() -> dict[str, str | None]:
        found = (await ask(client, "/api/v1/scripts/s/survey/texts", version=1))["items"]
        return {one["call"]: one["text"] for one in found}

    assert await texts() == {"adria-switch:c-1": WORDS, "adria-switch:c-9": "None."}
    first = await ask(client, "/api/v1/scripts/s/survey/texts", version=1, limit=1)
    assert len(first["items"]) == 1
    following = await ask(client, "/api/v1/scripts/s/survey/texts", version=1, limit=1, cursor=first["next"])
    assert following["items"][0]["call"] == "adria-switch:c-9"
    ref = (await ask(client, "/api/v1/calls/adria-switch:c-1"))["summary"]["customer_ref"]
    kept = b"".join(path.read_bytes() for path in system.runtime.settings.data.rglob("*") if path.is_file())
    assert WORDS.encode() not in kept
    assert (await client.delete(f"/api/v1/customers/{ref}")).status_code == 204
    assert await texts() == {"adria-switch:c-1": None, "adria-switch:c-9": "None."}
