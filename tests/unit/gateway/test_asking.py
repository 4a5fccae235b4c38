"""How pages ask: what they do is answered when it can be read, so that a page shows it at once."""

from __future__ import annotations

from pathlib import Path

import httpx

from services.gateway.api.asking import AsViewer, PassedOn

STATIC = Path(__file__).parents[3] / "services/gateway/static"
ONCE_MORE = {"board.js", "live.js", "handovers.js", "hotlead.js", "panel.js", "scripts.js", "wallboard.js"}
"""Modules that wait before they try a lost connection again, check what is typed, or take a message away."""


async def test_writes_are_waited_for_and_reads_are_not() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={})

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://here")
    ask = AsViewer(client, PassedOn({}))
    await ask("/read")
    await ask.read("/read")
    await ask.do("/write", {"a": 1}, "PUT", '"tag"')
    await ask.send("/file", b"rows", "text/csv")
    assert [request.headers.get("prefer") for request in asked] == [None, None, "wait=5", "wait=5"]
    assert [request.headers.get("if-match") for request in asked] == [None, None, '"tag"', None]
    assert asked[3].headers["content-type"] == "text/csv"


def test_no_script_waits_for_what_it_has_just_written() -> None:
    waiting = {path.name for path in STATIC.glob("*.js") if "setTimeout" in path.read_text()}
    assert waiting == ONCE_MORE
