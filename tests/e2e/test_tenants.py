"""Nothing of a partner reaches those who belong to another one: every route, page and stream, as every role."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest
import pytest_asyncio
from starlette.routing import Route

from services.gateway.pages import PARTS
from shared.rights import RIGHTS, ROLES, Role
from tests.e2e.systems import System, Time
from tests.e2e.tenants import MARK, OTHER, WATCHED, filled

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINE = "embedded"

QUERY = {
    "from": "2026-11-18",
    "to": "2026-11-19",
    "measure": "handled",
    "month": "2026-10",
    "view": "wallboard",
    "script": "vital",
    "version": "1",
    "language": "hr",
    "name": "a.csv",
    "country": "HR",
    "kind": "customers",
    "scope": "HR",
    "sku": "KOL-30",
    "day": "2026-11-18",
    "wait": "0",
}
"""What routes must be asked with."""
OF_WATCHED = ("partner", "agent", "list", "customer", "call", "ref", "source", "campaign")
"""Parameters by which lists are narrowed to what is the watched partner's."""
ENDLESS = "/api/v1/live"
FITTING = {"form": "en16931", "dimension": "agents", "service": "calls", "number": "1", "mismatch_id": "DUR-0001"}


class Ways:
    """Every way to ask: method, path, query; made of the description of the API, and of the list of pages."""

    def __init__(self, described: dict[str, Any], ids: dict[str, str]) -> None:
        self._described = described
        self._ids = ids

    def __iter__(self) -> Iterator[tuple[str, str, str, dict[str, str]]]:
        for path, methods in self._described.items():
            for method in methods.keys() - {"parameters"}:
                asked = {one["name"]: one for one in methods[method].get("parameters", ()) if one["in"] == "query"}
                yield from self._asked(method.upper(), path, asked)
        for page in (route for part in PARTS for route in part.routes):
            if isinstance(page, Route) and "GET" in (page.methods or ()) and not page.path.startswith("/static"):
                for query in ({}, {"partner": WATCHED}, {"partner": WATCHED, "agent": self._ids["agent"]}):
                    yield "GET", page.path, self._filled(page.path), query | {"measure": "handled", "day": QUERY["day"]}

    def _asked(self, method: str, path: str, asked: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, str]]]:
        needed = {name: self._ids.get(name, QUERY.get(name, "x")) for name in asked if asked[name].get("required")}
        needed |= {"wait": "0"} if "wait" in asked else {}
        filled = self._filled(path)
        if path != ENDLESS:
            yield method, path, filled, needed
        narrowing = {name: self._ids[name] for name in OF_WATCHED if name in asked and name in self._ids}
        if path == ENDLESS:  # what it tells of others than the watched is looked at for a while, in a test of its own
            narrowing = {"partner": WATCHED}
        for name, value in narrowing.items():
            yield method, path, filled, needed | {name: value}

    def _filled(self, path: str) -> str:
        def value(parameter: re.Match[str]) -> str:
            name = parameter[1].partition(":")[0]
            return quote(self._ids.get(name, FITTING.get(name, f"{WATCHED}:{MARK}-1")), safe=":")

        return re.sub(r"{([\w:]+)}", value, path)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ids(system: System, time: Time) -> dict[str, str]:
    """The watched partner, with all that there can be of one."""
    return await filled(system, time)


async def ways(system: System, ids: dict[str, str]) -> list[tuple[str, str, str, dict[str, str]]]:
    described = (await system.client.get("/api/v1/openapi.json")).json()["paths"]
    return list(Ways(described, ids))


async def key_of(system: System, role: Role) -> str:
    assert system.access is not None
    agent = "a-1" if role == "agent" else None
    _, key = await system.access.create_key(f"the other's {role}", role, frozenset({OTHER}), agent)
    return key


def told(answer: httpx.Response, asked: str) -> str:
    """What of the watched partner stands in an answer, but for what the question said itself."""
    text = unquote(f"{answer.text} {answer.headers}").lower()
    for word in sorted(set(re.findall(rf"[\w:.-]*{MARK}[\w:.-]*", asked.lower())), key=len, reverse=True):
        text = text.replace(word, "")
    at = text.find(MARK)
    return "" if at < 0 else text[max(0, at - 80) : at + 80]


async def seen_by_us(system: System, found: list[tuple[str, str, str, dict[str, str]]]) -> dict[str, str]:
    """What the company's own administrator reads of the watched partner, by way."""
    seen = {}
    for method, _, path, query in found:
        if method == "GET" and not path.startswith((ENDLESS, "/panel")):
            answer = await system.client.get(path, params=query)
            if answer.status_code == 200 and MARK in answer.text.lower():
                seen[f"{path}?{query}"] = answer.text
    return seen


async def test_no_role_of_another_partner_reads_or_changes_anything_of_a_partner(
    system: System, ids: dict[str, str]
) -> None:
    found, keys = await ways(system, ids), {role: await key_of(system, role) for role in ROLES}
    for key in keys.values():  # the list of keys says when each was used
        await system.client.get("/api/v1/partners", headers={"authorization": f"Bearer {key}"})
    before = await seen_by_us(system, found)
    routes = {path for _, path, _, _ in found}
    assert len(routes) > 330
    assert {"/calls/{call:path}", "/wallboard", "/evidence", ENDLESS} <= routes
    again = await seen_by_us(system, found)
    before = {way: text for way, text in before.items() if again[way] == text}  # a form may carry a fresh id
    assert len(before) > 100, "the partner has too little that could be seen"
    leaks = []
    for role, key in keys.items():
        headers = {"authorization": f"Bearer {key}", "accept": "text/html, */*"}
        transport = httpx.ASGITransport(system.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tallyline", headers=headers) as client:
            for method, path, filled_path, query in found:
                content = None if method in ("GET", "DELETE") else b"{}"
                answer = await client.request(method, filled_path, params=query, content=content)
                assert answer.status_code < 500, f"{role} {method} {path}: {answer.text}"
                if about := told(answer, f"{filled_path} {query}"):
                    leaks.append(f"{role} {method} {path} {query}: …{about}…")
    assert leaks == []
    after = await seen_by_us(system, found)
    assert {way: after.get(way) for way in before} == before


async def test_nobody_without_a_key_reads_anything_at_all(system: System, ids: dict[str, str]) -> None:
    transport = httpx.ASGITransport(system.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tallyline") as client:
        for method, path, filled_path, query in await ways(system, ids):
            answer = await client.request(method, filled_path, params=query)
            if not path.startswith(("/livez", "/readyz", "/startupz", "/metrics", "/signin")):
                assert (answer.status_code, path) == (401, path)


async def test_the_live_stream_of_another_partner_tells_nothing(system: System, ids: dict[str, str]) -> None:
    for role in ROLES:
        key = await key_of(system, role)
        frames = await streamed(system, key, "view=wallboard", "event: tick")
        assert MARK not in frames.lower(), role
        assert ("event: tick" in frames) == (role in RIGHTS["wallboard.see"]), role
        assert "not_allowed" in await streamed(system, key, f"view=wallboard&partner={WATCHED}", "event: tick")
    ours = await streamed(system, system.local_key, f"view=wallboard&partner={WATCHED}&since=before", "event: resync")
    assert "event: resync" in ours


async def streamed(system: System, key: str, query: str, until: str) -> str:
    """What a stream sends until it says so, within twenty seconds; all of an answer that ends by itself."""
    said = ""
    over = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal said
        said += message.get("body", b"").decode()
        if until in said:
            over.set()

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": ENDLESS,
        "raw_path": ENDLESS.encode(), "root_path": "", "scheme": "http", "query_string": query.encode(),
        "headers": [(b"authorization", f"Bearer {key}".encode())], "client": ("127.0.0.1", 1), "server": ("t", 80),
    }  # fmt: skip
    async with asyncio.timeout(60):
        await system.app(scope, receive, send)
    return said
