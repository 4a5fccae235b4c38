"""Saved views over HTTP and on the pages: whose they are, who finds them, and where the menu leads."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from services.gateway.api.saved_views import MOST_FILTERS
from services.gateway.identity.shelf import MOST_OWN
from services.gateway.pages import PARTS
from services.gateway.views.saved import FILTERED
from services.simulate.watching import VIEWS, enter_views
from shared.rights import RIGHTS, Role
from shared.security import Principal
from tests.e2e.shop import done
from tests.e2e.systems import System, ask, at_rest, everything, of_page
from tests.e2e.test_audit import entries
from tests.e2e.test_meanwhile import form_of, sides

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROUTE = "/api/v1/saved-views"
SALES = {"page": "/calls", "name": "Sales", "query": {"partner": "adria", "disposition": "sale"}}
OTHERWISE = {"said", "wrong", "cursor", "form", "candidate"}
"""Parameters of pages that are no filters: what a button did, where in a list one is, a file, one thing opened."""


@contextlib.asynccontextmanager
async def signed_in(system: System, name: str, role: Role, *partners: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody in their browser."""
    assert system.access is not None
    token = await system.access.create_sign_in(Principal(name, role, frozenset(partners) or None))
    transport = httpx.ASGITransport(system.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tallyline") as client:
        client.cookies.update((await client.get(f"/?token={token}")).cookies)
        client.headers.update(of_page(client))
        yield client


async def names(client: httpx.AsyncClient, page: str = "") -> list[str]:
    return [one["name"] for one in await everything(client, ROUTE, page=page)]


async def own(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    return [one for one in await everything(client, ROUTE) if one["mine"]]


async def saved(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = await done(client, "POST", "/saved-views", SALES | more)
    return found


def menu(html: str) -> list[tuple[str, str, bool]]:
    """What the menu of a page leads to: address, name, whether one is there."""
    part = html.partition('id="saved-views"')[2].partition("</ul>")[0]
    found = re.findall(r'<a href="([^"]*)"( aria-current="true")?>([^<]*)</a>', part)
    return [(to.replace("&amp;", "&"), name, bool(here)) for to, here, name in found]


async def test_a_view_is_saved_found_changed_and_deleted(system: System) -> None:
    async with signed_in(system, "Mira", "manager") as mira:
        made = await saved(mira)
        assert (made["href"], made["mine"], made["start"]) == ("/calls?partner=adria&disposition=sale", True, False)
        assert await names(mira, "/calls") == ["Sales"]
        assert await names(mira, "/tickets") == []
        path = f"{ROUTE}/{made['view']}"
        read = await mira.get(path)
        tag = {"if-match": read.headers["etag"]}
        assert (await mira.get(path, headers={"if-none-match": read.headers["etag"]})).status_code == 304
        wanted = {"name": "Best", "query": {"disposition": "sale"}, "shared": True}
        changed = await mira.put(path, json=wanted, headers=tag)
        assert (changed.status_code, changed.json()["href"]) == (200, "/calls?disposition=sale")
        late = await mira.put(path, json=wanted | {"name": "Late"}, headers=tag)
        assert (late.status_code, late.json()["type"]) == (412, "/problems/changed_meanwhile")
        assert (await mira.delete(path, headers=tag)).status_code == 412
        assert await names(mira) == ["Best"]
        assert (await mira.delete(path)).status_code == 204
        assert [(await mira.get(path)).status_code, await names(mira)] == [404, []]


async def test_of_several_changes_with_one_tag_one_is_made(system: System) -> None:
    async with signed_in(system, "Racing", "manager") as racing:
        path = f"{ROUTE}/{(await saved(racing))['view']}"
        tag = {"if-match": (await racing.get(path)).headers["etag"]}
        answers = await asyncio.gather(
            *(racing.put(path, json={"name": f"n{n}", "query": {}}, headers=tag) for n in range(8))
        )
        assert sorted(one.status_code for one in answers) == [200, *[412] * 7]
        answers = await asyncio.gather(*(racing.put(path, json={"name": f"m{n}", "query": {}}) for n in range(3)))
        assert {one.status_code for one in answers} == {200}


async def test_a_repeat_with_the_same_key_is_one_view(system: System) -> None:
    async with signed_in(system, "Repeating", "manager") as client:
        once = [await client.post(ROUTE, json=SALES, headers={"idempotency-key": "once"}) for _ in range(2)]
        assert [(one.status_code, one.json()) for one in once] == [(201, once[0].json())] * 2
        assert await names(client) == ["Sales"]


async def test_only_known_pages_and_filters_are_taken_and_not_too_many(system: System) -> None:
    async with signed_in(system, "Exact", "manager") as client:
        wrong: list[dict[str, Any]] = [
            {"page": "/nowhere"},
            {"page": "//evil.example"},
            {"page": "/me"},
            {"query": {"cursor": "x"}},
            {"query": {"said": "Pay here"}},
            {"query": {"partner": ""}},
            {"query": {"partner": "x" * 201}},
            {"query": {"partner": "a\nb"}},
            {"query": {f"p{n}": "x" for n in range(MOST_FILTERS + 1)}},
            {"name": "   "},
            {"name": "a\x00b"},
            {"name": "x" * 61},
            {"more": 1},
        ]
        for one in wrong:
            answer = await client.post(ROUTE, json=SALES | one)
            assert answer.status_code == 422, (one, answer.text)
        await saved(client)
        taken = await client.post(ROUTE, json=SALES | {"name": " sales "})
        assert (taken.status_code, taken.json()["type"]) == (409, "/problems/name_taken")
        await saved(client, page="/tickets", query={})
        for n in range(MOST_OWN - 2):
            await saved(client, name=f"n{n}")
        full = await client.post(ROUTE, json=SALES | {"name": "one more"})
        assert (full.status_code, full.json()["type"]) == (409, "/problems/too_many")
    async with signed_in(system, "Elsewhere", "sre") as sre:
        assert (await sre.post(ROUTE, json=SALES)).status_code == 403  # not their page


async def test_shared_views_are_for_those_on_the_same_side_who_see_as_much(system: System) -> None:
    async with contextlib.AsyncExitStack() as stack:

        async def who(name: str, role: Role, *partners: str) -> httpx.AsyncClient:
            return await stack.enter_async_context(signed_in(system, name, role, *partners))

        whole, narrow = await who("whole", "supervisor"), await who("narrow", "supervisor", "adria")
        ours, theirs = await who("lead", "partner", "adria"), await who("lead", "partner", "sahel")
        colleague, admin = await who("colleague", "partner", "adria"), await who("admin", "admin")
        await saved(whole, name="of all", shared=True)
        await saved(whole, name="alone")
        await saved(narrow, name="of some", shared=True)
        mine = await saved(ours, name="of the partner", shared=True)
        await saved(ours, name="of the lead", shared=False)

        assert await names(colleague) == ["of the partner"]
        assert await names(theirs) == []  # of the same name, and of another partner
        assert await names(narrow) == ["of some"]
        assert {"of all", "of some"} <= set(await names(admin))
        assert not {"alone", "of the partner", "of the lead"} & set(await names(admin))
        assert [(await one.get(f"{ROUTE}/{mine['view']}")).status_code for one in (colleague, theirs, narrow)] == [
            200, 404, 404,
        ]  # fmt: skip
        for client, status in ((colleague, 403), (theirs, 404), (narrow, 404)):
            path = f"{ROUTE}/{mine['view']}"
            change = await client.put(path, json={"name": "x", "query": {}})
            assert (change.status_code, (await client.delete(path)).status_code) == (status, status)
            assert (await client.put(f"{path}/start")).status_code == (204 if client is colleague else 404)
        left = next(one for one in await everything(admin, ROUTE) if one["name"] == "of all")
        assert (await admin.delete(f"{ROUTE}/{left['view']}")).status_code == 204  # what somebody left behind
        assert "of all" not in await names(whole)


async def test_a_key_of_the_same_name_is_somebody_else(system: System) -> None:
    assert system.access is not None
    _, key = await system.access.create_key("Same", "manager")
    async with signed_in(system, "Same", "manager") as client:
        await saved(client)
        answer = await client.get(ROUTE, headers={"authorization": f"Bearer {key}"})
        assert {one["mine"] for one in answer.json()["items"]} <= {False}
        assert "Sales" not in {one["name"] for one in answer.json()["items"]}


async def test_the_menu_of_a_page_has_them_and_leads_where_one_begins(system: System) -> None:
    await done(system.client, "POST", "/partners", {"partner_id": "adria", "name": "Adria"})
    await at_rest(system)
    async with signed_in(system, "Page", "manager") as client:
        page = (await client.get("/calls?partner=adria&disposition=sale&other=1")).text
        form = form_of(page, "save-view")
        assert (form["page"], form["query"]) == ("/calls", "partner=adria&disposition=sale")
        kept = await client.post("/saved-views", data=form | {"name": "Sales <of> Adria"})
        assert (kept.status_code, kept.headers["location"]) == (303, "/calls?partner=adria&disposition=sale")
        page = (await client.get(kept.headers["location"])).text
        assert menu(page)[:2] == [
            ("/calls", "Without filters", False),
            (kept.headers["location"], "Sales &lt;of&gt; Adria", True),
        ]
        assert 'href="/calls?partner=adria' not in page.partition("<main")[0].partition('id="saved-views"')[0]

        (one,) = await own(client)
        begun = await client.post(f"/saved-views/{one['view']}/start")
        assert begun.status_code == 303
        page = (await client.get("/alerts")).text.partition("<main")[0]
        assert 'href="/calls?partner=adria&amp;disposition=sale"' in page
        assert menu((await client.get("/calls")).text)[0] == ("/calls", "Without filters", True)
        home = await saved(client, page="/partners", name="Home", query={"country": "HR"})
        assert (await client.put(f"{ROUTE}/{home['view']}/start")).status_code == 204
        assert (await client.get("/")).headers["location"] == "/partners?country=HR"
        assert (await client.delete(f"{ROUTE}/{home['view']}/start")).status_code == 204
        assert (await client.get("/")).headers["location"] == "/partners"
        await client.post(f"/saved-views/{one['view']}/no-start")
        assert 'href="/calls?partner' not in (await client.get("/alerts")).text
        await client.post(f"/saved-views/{one['view']}/start")
        await client.post(f"/saved-views/{one['view']}/deletion")
        assert 'href="/calls?partner' not in (await client.get("/alerts")).text


async def test_the_page_of_views_renames_replaces_and_asks_again(system: System) -> None:
    async with signed_in(system, "Naming", "manager") as client:
        one = await saved(client, name="First")
        form = form_of((await client.get("/saved-views")).text, f"change-{one['view']}")
        assert (await client.post(f"/saved-views/{one['view']}", data=form | {"name": "Second"})).status_code == 303
        late = await client.post(f"/saved-views/{one['view']}", data=form | {"name": "Third"})
        assert (late.status_code, sides(late.text)) == (412, [["Name", "Third", "Second"]])
        again = form_of(late.text, "again")
        assert (await client.post(f"/saved-views/{one['view']}", data=again)).status_code == 303
        assert [one["name"] for one in await own(client)] == ["Third"]

        asked = {"page": "/calls", "query": "state=ended&cursor=x", "name": "third"}
        taken = await client.post("/saved-views", data=asked)
        assert (taken.status_code, "You have a view" in taken.text) == (409, True)
        replaced = await client.post(f"/saved-views/{one['view']}", data=form_of(taken.text, "replace"))
        assert replaced.status_code == 303
        assert (await ask(client, f"{ROUTE}/{one['view']}"))["query"] == {"state": "ended"}
        assert (await client.post("/saved-views", data={"page": "/x", "name": "n"})).status_code == 422


async def test_what_is_done_on_a_page_is_written_down_like_what_is_asked_of_the_api(system: System) -> None:
    async with signed_in(system, "Told", "manager") as client:
        before = len(await entries(system))
        await client.post("/saved-views", data={"page": "/calls", "query": "state=ended", "name": "n"})
        (one,) = await own(client)
        await client.post(f"/saved-views/{one['view']}/deletion")
        told = [(entry.who, entry.what, entry.step, dict(entry.on)) for entry in (await entries(system))[before:]]
    gone = {"saved_view": one["view"], "what": "deletion"}
    assert told == [
        ("Told", "Save a view", "asked", {}),
        ("Told", "Save a view", "done", {}),
        ("Told", "Act on a saved view", "asked", gone),
        ("Told", "Act on a saved view", "done", gone),
    ]


async def test_the_views_of_the_demo_open_their_pages(system: System) -> None:
    for _twice in range(2):
        await enter_views(system.client)
    found = [one for one in await own(system.client) if one["name"] in {view["name"] for view in VIEWS}]
    assert len(found) == len(VIEWS)
    for one in found:
        assert (await system.client.get(one["href"])).status_code == 200


def asked_for(dependant: Any) -> set[str]:
    """The names of all that a route takes from its address."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*(asked_for(one) for one in dependant.dependencies))


async def test_a_view_filters_by_all_that_its_page_asks_for() -> None:
    known = {
        route.path: asked_for(route.dependant)
        for part in PARTS
        for route in part.routes
        if isinstance(route, APIRoute) and route.path in FILTERED and "GET" in (route.methods or ())
    }
    assert known.keys() == FILTERED.keys()
    for path, filtered in FILTERED.items():
        assert known[path] - OTHERWISE - ({"name"} if path == "/health" else set()) == set(filtered.parameters), path
        assert filtered.right in RIGHTS
