"""How a process of ours runs: no request looks for a module that isn't there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from shared.interpreter import tune


class Searched:
    """Stands before all that find modules, and remembers what was looked for."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        self.names.append(name)


async def greet(request: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def test_a_request_looks_for_no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    tune()
    transport = httpx.ASGITransport(Starlette(routes=[Route("/", greet)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        assert (await client.get("/")).text == "hello", "whatever is imported once has been"
        searched = Searched()
        monkeypatch.setattr(sys, "meta_path", [searched, *sys.meta_path])
        assert (await client.get("/")).text == "hello"
    assert searched.names == []
