"""The document of the public events is served to whoever is let in."""

from __future__ import annotations

import httpx
import pytest

from services.asyncapi import document
from tests.e2e.systems import System, ask

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINE = "embedded"


async def test_the_document_is_for_viewers_and_administrators(system: System) -> None:
    assert await ask(system.client, "/api/v1/asyncapi.json") == document()
    key = (await system.client.post("/api/v1/keys", json={"name": "reader", "role": "reconciler"})).json()["key"]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://tallyline") as stranger:
        assert (await stranger.get("/api/v1/asyncapi.json")).status_code == 401
        answer = await stranger.get("/api/v1/asyncapi.json", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200
    assert answer.json()["asyncapi"] == "3.0.0"
