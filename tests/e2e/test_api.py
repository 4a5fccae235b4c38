"""What the API promises everywhere: lists and pages, tags, problems, keys, roles, its own description, live streams."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from inspect import iscoroutinefunction
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.operations import router as operations
from services.simulate.company import Company, company
from services.simulate.driver import requests_of, send, set_up_company
from services.simulate.stream import deliveries
from tests.e2e.listening import listening
from tests.e2e.systems import System, Time, ask, everything

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINE = "embedded"
SEED = 3
OF_MANAGERS = ("/api/v1/alerts", "/api/v1/webhooks")
"""Below these the gateway lets in managers too."""
OWN = ("/api/v1/saved-views", "/saved-views")
"""Below these everybody keeps their own."""
OPEN = {"/livez", "/readyz", "/startupz", "/metrics"}
"""Who asks for these needs no key. Ingest, sign-in and static files have proofs of their own, or need none."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def firm(system: System, time: Time) -> Company:
    """Two partners with some hours' traffic, up to now."""
    found = company(SEED, partners=2, agents=8, connectors=("native", "twilio"))
    await set_up_company(system.client, found, demo=True)
    sent = await send(system.client, requests_of(found, deliveries(found, SEED, time() - timedelta(hours=4), time())))
    assert sent.answers.keys() == {202}
    await system.settled()
    return found


def client_with(system: System, key: str | None) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://tallyline", headers=headers)


async def key_of(system: System, *partners: str) -> str:
    """The key of a partner's people, or of a manager."""
    assert system.access is not None
    _, text = await system.access.create_key("looks", "partner" if partners else "manager", frozenset(partners) or None)
    return text


def day_of(time: Time) -> dict[str, str]:
    return {"from": time().date().isoformat(), "to": (time().date() + timedelta(days=1)).isoformat()}


def lists(time: Time) -> dict[str, dict[str, str]]:
    """Every list of the API, with what it must be asked with."""
    return {
        "/api/v1/partners": {},
        "/api/v1/sources": {},
        "/api/v1/agents": {},
        "/api/v1/tickets": {},
        "/api/v1/tickets/figures": {},
        "/api/v1/announcements": {},
        "/api/v1/announcements/reminders": {},
        "/api/v1/protocols": {},
        "/api/v1/calls": {},
        "/api/v1/kpis": {},
        "/api/v1/performance/agents": day_of(time),
        "/api/v1/performance/evidence": day_of(time) | {"measure": "handled"},
        "/api/v1/alerts": {},
        "/api/v1/webhooks": {},
        "/api/v1/webhooks/events": {},
        "/api/v1/operations/views": {},
        "/api/v1/operations/dead-letters": {},
    }


async def test_every_list_has_items_and_the_way_to_the_next_page(system: System, firm: Company, time: Time) -> None:
    for path, query in lists(time).items():
        page = await ask(system.client, path, **query)
        assert isinstance(page["items"], list), path
        assert "next" in page, path


@pytest.mark.parametrize(
    "path",
    ["/api/v1/partners", "/api/v1/agents", "/api/v1/calls", "/api/v1/performance/agents",
     "/api/v1/performance/evidence"],
)  # fmt: skip
async def test_pages_lose_and_repeat_nothing(path: str, system: System, firm: Company, time: Time) -> None:
    query = lists(time)[path]
    whole = (await ask(system.client, path, **query, limit=500))["items"]
    limit = 1 if len(whole) < 20 else 7
    assert await everything(system.client, path, **query, limit=limit) == whole
    assert len(whole) >= 2
    assert len({str(item) for item in whole}) == len(whole)


async def test_an_answer_that_has_not_changed_is_not_sent_again(system: System, firm: Company, time: Time) -> None:
    for path, query in lists(time).items():
        if path.startswith("/api/v1/operations"):
            continue
        first = await system.client.get(path, params=query)
        again = await system.client.get(path, params=query, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        assert again.headers["etag"] == first.headers["etag"]
        other = await system.client.get(path, params=query, headers={"if-none-match": '"other"'})
        assert other.status_code == 200


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/api/v1/calls", {"limit": "0"}, "limit"),
        ("/api/v1/calls", {"limit": "many"}, "limit"),
        ("/api/v1/calls", {"from": "yesterday"}, "from"),
        ("/api/v1/calls", {"cursor": "not one of ours"}, "cursor"),
        ("/api/v1/calls", {"from": "2026-03-01", "time_zone": "Mars/Olympus"}, "time_zone"),
        ("/api/v1/calls", {"state": "lost"}, "state"),
        ("/api/v1/performance/agents", {"from": "2026-03-02", "to": "2026-03-01"}, "to"),
        ("/api/v1/performance/agents", {"to": "2026-03-01"}, "from"),
        ("/api/v1/performance/agents", {"from": "2026-03-01", "to": "2026-03-02", "kpis": "luck"}, "kpis"),
        ("/api/v1/performance/agents", {"from": "2026-03-01", "to": "2026-03-02", "cursor": "x"}, "cursor"),
        ("/api/v1/performance/evidence", {"from": "2026-03-01", "to": "2026-03-02", "measure": "luck"}, "measure"),
        ("/api/v1/live", {"view": "weather"}, "view"),
        ("/api/v1/operations/dead-letters", {"limit": "0"}, "limit"),
    ],
)
async def test_a_wrong_parameter_is_named(path: str, query: dict[str, str], field: str, system: System) -> None:
    answer = await system.client.get(path, params=query)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem.keys() >= {"type", "title", "status", "detail", "errors"}
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/v1/partners", {"partner_id": "acme"}, "name"),
        ("/api/v1/partners", {"partner_id": "acme", "name": "Acme", "colour": "red"}, "colour"),
        ("/api/v1/partners", {"partner_id": "acme", "name": "Acme", "time_zone": "Mars/Olympus"}, "time_zone"),
        ("/api/v1/sources", {"id": "acme-01", "settings": {"connector": "native"}}, "settings.partner"),
    ],
)
async def test_a_wrong_field_of_a_body_is_named(path: str, body: dict[str, Any], field: str, system: System) -> None:
    answer = await system.client.post(path, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_what_is_not_there_is_a_problem_too(system: System) -> None:
    for path in ("/api/v1/calls/nobody:1", "/api/v1/deliveries/none", "/api/v1/sources/none/intake", "/api/v1/nothing"):
        answer = await system.client.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json", path


# Who may ask for what


def routes(system: System) -> Iterator[tuple[str, str]]:
    """Method and path of every route that the services bring, with names in the place of parameters."""
    routers = [router for parts in system.runtime.parts.values() for router in parts.routers]
    for router in (*routers, operations):
        for route in router.routes:
            for method in sorted(getattr(route, "methods", None) or {"GET"}):
                yield method, re.sub(r"\{[^}]*\}", "some", str(getattr(route, "path", "")))


async def described(system: System) -> dict[tuple[str, str], dict[str, Any]]:
    document = await ask(system.client, "/api/v1/openapi.json")
    return {
        (method.upper(), path): operation
        for path, operations_ in document["paths"].items()
        for method, operation in operations_.items()
    }


async def test_nothing_is_answered_without_a_key(system: System, firm: Company) -> None:
    asked = set(routes(system)) | {(m, re.sub(r"\{[^}]*\}", "some", p)) for m, p in await described(system)}
    asked |= {("GET", "/api/v1/openapi.json"), ("GET", "/nothing/there"), ("POST", "/api/v1/nothing")}
    closed = {(method, path) for method, path in asked if not path.startswith("/static") and path not in OPEN}
    assert len(closed) > 25
    for credentials in (None, "tlk_wrong", "tlk_0123456789abcdef_wrong"):
        async with client_with(system, credentials) as stranger:
            for method, path in sorted(closed):
                answer = await stranger.request(method, path)
                assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"
                assert "www-authenticate" in answer.headers


def routes_below(router: Any) -> Iterator[APIRoute]:
    """Those of the router, and of the routers that it includes."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        elif (included := getattr(route, "original_router", None)) is not None:
            yield from routes_below(included)


def waits_for(dependant: Dependant) -> Iterator[Any]:
    """What a route depends on, and what that depends on."""
    for one in dependant.dependencies:
        yield one.call
        yield from waits_for(one)


async def test_no_route_goes_through_a_thread_for_what_it_depends_on(system: System) -> None:
    """The framework hands functions that are not coroutines to a thread, and a busy loop lets one wait for its turn
    each time: a request may go there a dozen times."""
    routers = [router for parts in system.runtime.parts.values() for router in parts.routers]
    found = [route.dependant for router in (*routers, operations) for route in routes_below(router)]
    assert len(found) > 500
    called = {one for dependant in found for one in (dependant.call, *waits_for(dependant))}
    assert {one for one in called if not iscoroutinefunction(one)} == set()


async def test_every_internal_route_is_for_administrators(system: System, firm: Company, time: Time) -> None:
    async with client_with(system, await key_of(system)) as viewer:
        for method, path in sorted(set(routes(system))):
            if path.startswith("/internal") or "operations" in path or method not in ("GET", "HEAD"):
                if path in ("/theme", "/signout", "/preferences") or path.startswith((*OF_MANAGERS, *OWN)):
                    continue
                answer = await viewer.request(method, path, params={"at": time().isoformat()})
                assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"
        call = (await ask(viewer, "/api/v1/calls", limit=1))["items"][0]
        item = (await ask(viewer, call["href"]))["items"][0]
        assert (await viewer.get(item["raw_href"])).status_code == 403
    raw = await system.client.get(item["raw_href"])
    assert raw.status_code == 200
    assert raw.json().keys() & {"text", "base64"}


async def test_probes_and_metrics_answer_without_a_key(system: System, firm: Company) -> None:
    async with client_with(system, None) as stranger:
        assert (await stranger.get("/livez")).json() == {"status": "ok"}
        assert (await stranger.get("/readyz")).json() == {"status": "ok"}
        exposition = (await stranger.get("/metrics")).text
        for name in ("tallyline_deliveries_total", "tallyline_items_total", "tallyline_lag"):
            assert re.search(rf"^{name}\w*{{", exposition, re.M), name
    elsewhere = httpx.ASGITransport(system.app, client=("203.0.113.9", 4711))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://tallyline") as outside:
        assert (await outside.get("/metrics")).status_code == 403


async def test_the_description_says_what_each_route_is_for(system: System) -> None:
    found = await described(system)
    assert {path for _, path in found} >= {path for path in lists(Time()) if "{" not in path and "perf" not in path}
    for route, operation in found.items():
        assert operation.get("summary"), route
        assert operation["responses"], route
        assert operation.get("description"), route
        good = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
        assert good, route
        for status, answer in good.items():
            # What answers without a body has nothing to show, and a description of ours is its own example.
            if status != "204" and not route[1].endswith("api.json"):
                assert all(content.get("example") for content in answer["content"].values()), route
                assert answer["content"], route


async def test_a_viewer_of_one_partner_sees_nothing_of_another(system: System, firm: Company, time: Time) -> None:
    mine, other = firm.partners
    day = day_of(time)
    theirs = (await ask(system.client, "/api/v1/calls", partner=other.id, limit=1))["items"][0]
    their_item = (await ask(system.client, theirs["href"]))["items"][0]
    async with client_with(system, await key_of(system, mine.id)) as viewer:
        assert {item["partner_id"] for item in await everything(viewer, "/api/v1/partners")} == {mine.id}
        assert {item["id"] for item in await everything(viewer, "/api/v1/sources")} == {mine.source}
        assert {item["partner_id"] for item in await everything(viewer, "/api/v1/agents")} == {mine.id}
        assert {item["partner"] for item in await everything(viewer, "/api/v1/calls")} == {mine.id}
        for dimension in ("agents", "teams", "partners", "campaigns"):
            path = f"/api/v1/performance/{dimension}"
            table = await ask(viewer, path, **day)
            full = await ask(system.client, path, **day, partner=mine.id)
            assert _values(table) == _values(full)
            assert other.id not in str(table)
            assert (await viewer.get(path, params=day | {"partner": other.id})).status_code == 403
        query = day | {"measure": "handled"}
        seen, whole, own = [
            (await ask(client, "/api/v1/performance/evidence", **query, **more))["total"]
            for client, more in ((viewer, {}), (system.client, {}), (system.client, {"partner": mine.id}))
        ]
        assert seen == own < whole
        for path, more in (
            ("/api/v1/performance/evidence", query), ("/api/v1/calls", {}), ("/api/v1/wallboard", {}),
            ("/api/v1/live", {"view": "wallboard"}), ("/wallboard", {}), ("/calls", {}),
            ("/evidence", {"measure": "handled"}),
        ):  # fmt: skip
            assert (await viewer.get(path, params=more | {"partner": other.id})).status_code == 403, path
        for path in (
            theirs["href"], f"/calls/{theirs['call']}", f"/api/v1/sources/{other.source}",
            f"/api/v1/sources/{other.source}/intake", their_item["delivery_href"], f"/api/v1/partners/{other.id}",
        ):  # fmt: skip
            assert (await viewer.get(path)).status_code == 404, path
        for path in ("/api/v1/wallboard", "/wallboard", "/calls", "/evidence?measure=handled"):
            shown = await viewer.get(path)
            assert shown.status_code == 200
            assert mine.name in shown.text, path
            assert not _named(other.id, other.name, other.source, shown.text), path


def _values(table: dict[str, Any]) -> Any:
    rows = [
        {key: f["value"] for key, f in row["figures"].items()} | {"who": str(row.get("agent"))}
        for row in table["items"]
    ]
    return rows, {key: figure["value"] for key, figure in table["totals"]["figures"].items()}


def _named(*names_and_text: str) -> list[str]:
    *names, text = names_and_text
    return [name for name in names if name in text]


# Live


async def test_a_stream_goes_on_where_its_reader_left_it(system: System, firm: Company, time: Time) -> None:
    key = await key_of(system, firm.partners[0].id)
    asked = {"authorization": f"Bearer {key}"}
    async with client_with(system, key) as viewer:
        board = await ask(viewer, "/api/v1/wallboard")
    async with listening(system.app, "/api/v1/live", f"view=wallboard&since={board['id']}", **asked) as stream:
        assert stream.status == 200
        frames = [await stream.next() for _ in range(2)]
    assert [frame.event for frame in frames] == ["tick", "tick"]
    arrived = deliveries(firm, SEED, time(), time() + timedelta(minutes=4))
    time.forward(timedelta(minutes=4))
    await send(system.client, requests_of(firm, arrived))
    await system.settled()
    last = frames[-1].id
    async with (
        listening(system.app, "/api/v1/live", "view=wallboard", last_event_id=str(last), **asked) as stream,
        client_with(system, key) as viewer,
    ):
        while True:
            frame = await stream.next()
            assert frame.event == "tick"
            now = await ask(viewer, "/api/v1/wallboard")
            if frame.id == now["id"] != last:
                break
    async with listening(system.app, "/api/v1/live", "view=wallboard", last_event_id="1~never~0", **asked) as stream:
        lost = await stream.next()
    assert lost.event == "resync"


async def test_what_the_stream_tells_is_what_the_snapshot_says(system: System, firm: Company, time: Time) -> None:
    key = await key_of(system)
    board = await ask(system.client, "/api/v1/wallboard")
    shown = {figure["key"]: figure["value"] for figure in board["kpis"]}
    arrived = deliveries(firm, SEED, time(), time() + timedelta(minutes=6))
    asked = {"authorization": f"Bearer {key}"}
    async with listening(system.app, "/api/v1/live", f"view=wallboard&since={board['id']}", **asked) as stream:
        time.forward(timedelta(minutes=6))
        await send(system.client, requests_of(firm, arrived))
        await system.settled()
        seen = Counter[str]()
        for _ in range(8):
            frame = await stream.next()
            seen[frame.event] += 1
            if frame.event == "tick":
                shown |= {figure["key"]: figure["value"] for figure in frame.data.get("kpis", ())}
            now = await ask(system.client, "/api/v1/wallboard")
            if frame.id == now["id"] != board["id"]:
                break
    assert seen["tick"] > 0
    assert not seen["resync"]
    assert shown == {figure["key"]: figure["value"] for figure in now["kpis"]}
