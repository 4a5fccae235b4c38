"""People sign in with a password, administrators let them in and out, keys are narrowed, and nobody asks too often."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from services.embedded import Embedded, embedded
from shared.settings import Settings
from tests.e2e.processes import tallyline
from tests.e2e.systems import System, Time, of_page

pytestmark = pytest.mark.asyncio(loop_scope="module")
OURS = {"origin": "http://tallyline"}
CHOSEN = "seven green bottles"
COOKIE = "tallyline_session"


@asynccontextmanager
async def browser(system: Embedded, address: str = "192.0.2.1") -> AsyncIterator[httpx.AsyncClient]:
    """A browser at an address, on our pages."""
    transport = httpx.ASGITransport(system.app, client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://tallyline", headers=OURS) as client:

        async def from_page(request: httpx.Request) -> None:
            request.headers["x-csrf-token"] = of_page(client)["x-csrf-token"]

        client.event_hooks["request"] = [from_page]
        yield client


async def let_in(system: System, name: str, role: str, **more: object) -> httpx.Response:
    """A user is added, and chooses a password of their own."""
    made = await system.client.post("/api/v1/users", json={"name": name, "role": role, **more})
    assert made.status_code == 201, made.text
    async with browser(system) as client:
        first = {"name": name, "password": made.json()["password"]}
        asked = await client.post("/signin", data=first)
        assert (asked.status_code, COOKIE in client.cookies) == (200, False)
        assert 'action="/signin/password"' in asked.text
        chosen = first | {"chosen": CHOSEN, "repeated": CHOSEN}
        going = await client.post("/signin/password", data=chosen)
        assert going.status_code == 303
    return going


async def test_with_a_password_one_gets_where_one_was_going_and_sees_what_ones_role_may(system: System) -> None:
    going = await let_in(system, "mira", "supervisor", partners=["acme"])
    assert going.headers["location"] == "/wallboard"
    cookie = going.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/"))
    async with browser(system) as client:
        closed = await client.get("/calls?partner=acme", headers={"accept": "text/html"})
        assert closed.status_code == 401
        assert 'name="next" value="/calls?partner=acme"' in closed.text
        form = {"name": "mira", "password": CHOSEN, "next": "/calls?partner=acme"}
        going = await client.post("/signin", data=form)
        assert (going.status_code, going.headers["location"]) == (303, "/calls?partner=acme")
        assert (await client.get("/calls?partner=acme")).status_code == 200
        assert (await client.get("/calls?partner=other")).status_code == 403
        assert (await client.get("/admin")).status_code == 403
        assert (await client.get("/api/v1/users")).status_code == 403
        before = client.cookies[COOKIE]
        await client.post("/signin", data=form)
        assert client.cookies[COOKIE] != before
        async with browser(system) as other:
            other.cookies.set(COOKIE, before)
            assert (await other.get("/wallboard")).status_code == 401


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "/signin", "x"])
async def test_one_is_never_sent_to_another_site(elsewhere: str, system: System) -> None:
    name = f"ada{abs(hash(elsewhere)) % 10_000}"
    await let_in(system, name, "manager")
    async with browser(system) as client:
        going = await client.post("/signin", data={"name": name, "password": CHOSEN, "next": elsewhere})
        assert going.headers["location"] == "/partners"


async def test_a_wrong_password_is_told_like_a_wrong_name_and_then_one_waits(system: System, time: Time) -> None:
    await let_in(system, "eva", "trainer")
    async with browser(system, "203.0.113.5") as client:
        said = set()
        for name in ("eva", "nobody"):
            answer = await client.post("/signin", data={"name": name, "password": "wrong"})
            said.add((answer.status_code, answer.text.replace(name, "")))
        assert len(said) == 1
        for _ in range(4):
            await client.post("/signin", data={"name": "eva", "password": "wrong"})
        late = await client.post("/signin", data={"name": "eva", "password": CHOSEN})
        assert (late.status_code, late.headers["retry-after"]) == (429, "1")
        time.forward(timedelta(seconds=1))
        assert (await client.post("/signin", data={"name": "eva", "password": CHOSEN})).status_code == 303


async def test_from_another_site_nobody_signs_in(system: System) -> None:
    async with browser(system) as client:
        for path in ("/signin", "/signin/password", "/signin/demo"):
            form = {"name": "mira", "password": CHOSEN, "chosen": "x", "repeated": "x", "role": "admin"}
            for headers in ({"origin": "https://evil.example"}, {"origin": ""}, {"sec-fetch-site": "cross-site"}):
                answer = await client.post(path, data=form, headers=headers)
                assert (answer.status_code, answer.json()["type"]) == (403, "/problems/cross_site")


async def test_a_form_is_taken_from_a_page_of_the_same_session_only(system: System) -> None:
    async with browser(system) as client:
        await client.get((await system.client.post("/api/v1/sign-in-links")).json()["path"])
        client.event_hooks["request"] = []
        adding = {"name": "wilma", "role": "manager"}
        page = (await client.get("/admin")).text
        words = set(re.findall(r'<input type="hidden" name="csrf" value="([0-9a-f]{128})">', page))
        assert len(words) == 1
        assert page.count('name="csrf"') == page.count('method="post"') >= 4
        (word,) = words
        refused = [
            await client.post("/admin/users", data=adding),
            await client.post("/admin/users", data=adding | {"csrf": word[:-1] + ("0" if word[-1] != "0" else "1")}),
            await client.post("/admin/users", data=adding | {"csrf": word}, headers={"origin": "https://evil.example"}),
            await client.post("/admin/users", content="name=wilma", headers={"content-type": "text/plain"}),
            await client.post("/signout"),
        ]
        assert [answer.status_code for answer in refused] == [403] * len(refused)
        assert refused[0].json()["type"] == "/problems/stale_page"
        assert (await client.post("/admin/users", data={"csrf": word} | adding)).status_code == 201
        parted = {"csrf": (None, word), "name": (None, "wim"), "role": (None, "manager")}
        assert (await client.post("/admin/users", files=parted)).status_code == 201
        as_json = await client.post("/api/v1/users", json={"name": "wout", "role": "manager"})
        assert as_json.status_code == 201, "a browser asks us before it sends JSON from another site"


async def test_who_is_disabled_is_out_at_once_and_a_role_holds_at_once(system: System) -> None:
    await let_in(system, "tom", "manager")
    form = {"name": "tom", "password": CHOSEN}
    async with browser(system) as client:
        await client.post("/signin", data=form)
        assert (await client.get("/wallboard")).status_code == 200
        changed = await system.client.put("/api/v1/users/tom/role", json={"role": "trainer"})
        assert changed.json()["role"] == "trainer"
        assert (await client.get("/wallboard")).status_code == 401
        await client.post("/signin", data=form)
        assert (await client.get("/wallboard")).status_code == 403
        assert (await client.get("/scripts")).status_code == 200
        disabled = await system.client.post("/api/v1/users/tom/disabling")
        assert disabled.json()["disabled"] is not None
        assert (await client.get("/scripts")).status_code == 401
        assert (await client.post("/signin", data=form)).status_code == 401
        assert (await system.client.post("/api/v1/users/tom/enabling")).json()["disabled"] is None
        assert (await client.post("/signin", data=form)).status_code == 303
        new = (await system.client.post("/api/v1/users/tom/password")).json()
        assert (await client.get("/scripts")).status_code == 401
        assert (await client.post("/signin", data={"name": "tom", "password": new["password"]})).status_code == 200
    listed = await system.client.get("/api/v1/users")
    assert "argon2" not in listed.text
    assert new["password"] not in listed.text
    for path in ("role", "disabling", "enabling", "password"):
        method = "PUT" if path == "role" else "POST"
        answer = await system.client.request(method, f"/api/v1/users/none/{path}", json={"role": "admin"})
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not_found")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": "X", "role": "manager"}, 422, "name"),
        ({"name": "x", "role": "owner"}, 422, "role"),
        ({"name": "x", "role": "agent", "partners": ["acme"]}, 422, "agent"),
        ({"name": "x", "role": "agent", "agent": "a7"}, 422, "partners"),
        ({"name": "x", "role": "partner"}, 422, "partners"),
    ],
)
async def test_a_user_who_does_not_go_together_is_not_added(
    body: dict[str, object], status: int, field: str, system: System
) -> None:
    refused = await system.client.post("/api/v1/users", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (status, field)


async def test_an_administrator_of_one_partner_lets_in_and_sees_nobody_who_sees_more(system: System) -> None:
    asked = {"name": "narrow", "role": "admin", "partners": ["acme"]}
    narrow = (await system.client.post("/api/v1/keys", json=asked)).json()
    await system.client.post("/api/v1/users", json={"name": "wide", "role": "manager"})
    async with browser(system) as client:
        client.headers["authorization"] = f"Bearer {narrow['key']}"
        for partners in (None, ["other"], ["acme", "other"]):
            more = {"name": "more", "role": "manager", "partners": partners}
            assert (await client.post("/api/v1/users", json=more)).status_code == 403
        mine = await client.post("/api/v1/users", json={"name": "mine", "role": "partner", "partners": ["acme"]})
        assert mine.status_code == 201
        assert "wide" not in {user["name"] for user in (await client.get("/api/v1/users")).json()["items"]}
        for path in ("wide/disabling", "wide/enabling", "wide/password"):
            assert (await client.post(f"/api/v1/users/{path}")).status_code == 404
        wider = {"role": "manager", "partners": None}
        assert (await client.put("/api/v1/users/mine/role", json=wider)).status_code == 403


async def test_a_key_is_narrowed_ends_and_says_when_it_was_used(system: System, time: Time) -> None:
    ends = time() + timedelta(hours=1)
    asked = {"name": "board", "role": "manager", "rights": ["wallboard.see"], "expires": ends.isoformat()}
    made = (await system.client.post("/api/v1/keys", json=asked)).json()
    assert (made["rights"], made["used"]) == (["wallboard.see"], None)
    async with browser(system) as client:
        client.headers["authorization"] = f"Bearer {made['key']}"
        assert (await client.get("/api/v1/wallboard")).status_code == 200
        refused = await client.get("/api/v1/calls")
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not_allowed")
        assert "narrowed" in refused.json()["detail"]
        (used,) = [
            key["used"] for key in (await system.client.get("/api/v1/keys")).json()["items"] if key["id"] == made["id"]
        ]
        assert used is not None
        time.forward(timedelta(hours=1))
        assert (await client.get("/api/v1/wallboard")).status_code == 401
    for wrong, field in (
        ({"rights": ["invoices.run"], "role": "trainer"}, "rights"),
        ({"rights": [], "role": "manager"}, "rights"),
        ({"expires": time().isoformat(), "role": "manager"}, "expires"),
        ({"expires": "2027-01-01T00:00:00", "role": "manager"}, "expires"),
    ):
        answer = await system.client.post("/api/v1/keys", json={"name": "x", **wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_narrowed_key_lets_nobody_in_who_may_more(system: System) -> None:
    asked = {"name": "maker", "role": "admin", "rights": ["administration", "figures.read"]}
    maker = (await system.client.post("/api/v1/keys", json=asked)).json()
    async with browser(system) as client:
        client.headers["authorization"] = f"Bearer {maker['key']}"
        assert (await client.post("/api/v1/keys", json={"name": "x", "role": "admin"})).status_code == 403
        more = {"name": "x", "role": "admin", "rights": ["administration", "invoices.run"]}
        assert (await client.post("/api/v1/keys", json=more)).status_code == 403
        assert (await client.post("/api/v1/users", json={"name": "x", "role": "manager"})).status_code == 403
        less = {"name": "x", "role": "manager", "rights": ["figures.read"]}
        assert (await client.post("/api/v1/keys", json=less)).status_code == 201
        link = (await client.post("/api/v1/sign-in-links")).json()["path"]
    async with browser(system) as opened:
        await opened.get(link)
        assert (await opened.get("/calls")).status_code == 200
        assert (await opened.get("/health")).status_code == 403


async def test_on_the_page_of_administrators_secrets_are_shown_once(system: System) -> None:
    async with browser(system) as client:
        await client.get((await system.client.post("/api/v1/sign-in-links")).json()["path"])
        added = await client.post("/admin/users", data={"name": "Nina", "role": "partner", "partners": "acme"})
        assert added.status_code == 201
        (password,) = re.findall(r"<code>([0-9a-f-]+)</code>", added.text)
        assert added.headers["cache-control"] == "private, no-store"
        made = await client.post(
            "/admin/keys", data={"name": "robot", "role": "manager", "rights": "figures.read", "expires": "2026-12-24"}
        )
        (key,) = re.findall(r"<code>(tlk_[^<]+)</code>", made.text)
        again = (await client.get("/admin")).text
        assert "nina" in again
        assert "robot" in again
        assert "2026-12-25 00:00" in again
        assert password not in again
        assert key not in again
        async with browser(system) as robot:
            robot.headers["authorization"] = f"Bearer {key}"
            assert (await robot.get("/api/v1/calls")).status_code == 200
            going = await client.post(f"/admin/keys/{key.split('_')[1]}/revocation", data={"name": "robot"})
            assert going.status_code == 303
            assert (await robot.get("/api/v1/calls")).status_code == 401
        told = await client.get(going.headers["location"])
        assert "The key robot is refused from now on." in told.text
        wrong = await client.post("/admin/users", data={"name": "nina", "role": "manager"})
        assert (wrong.status_code, "There is a user nina already." in wrong.text) == (409, True)
        assert (await client.post("/admin/users/nina/disabling")).status_code == 303
        assert (await client.post("/admin/users/nina/nothing")).status_code == 404
        assert "disabled" in (await client.get("/admin?said=disabled&name=nina")).text


async def test_who_asks_too_often_is_told_so_and_the_doors_of_ingest_are_not_counted(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, demo=True, requests_per_second=1, requests_at_once=5)
    async with embedded(settings) as running, browser(running) as client:
        keys = [
            (await running.client.post("/api/v1/keys", json={"name": name, "role": "manager"})).json()["key"]
            for name in ("one", "two")
        ]
        one, two = ({"authorization": f"Bearer {key}"} for key in keys)
        answers = [await client.get("/api/v1/partners", headers=one) for _ in range(8)]
        assert [answer.status_code for answer in answers[:5]] == [200] * 5
        refused = answers[-1]
        assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too_many_requests")
        assert int(refused.headers["retry-after"]) >= 1
        assert (await client.get("/wallboard", headers=two)).status_code == 200, "what a page asks is not counted"
        for _ in range(10):
            assert (await client.post("/v1/in/nobody", content=b"{}")).status_code == 401
            assert (await running.client.get("/api/v1/partners")).status_code == 200
        waits = [(await client.get("/signin/start")).status_code for _ in range(40)]
        assert waits.count(429) >= 8
        counted = (await running.client.get("/metrics")).text
        assert re.search(r'tallyline_limited_requests_total{limit="key_or_user"} [1-9]', counted)


async def test_in_a_demo_on_this_machine_one_comes_in_as_whoever_one_likes(tmp_path: Path) -> None:
    for number, (more, there) in enumerate(
        (({"demo": True}, True), ({"demo": False}, False), ({"demo": True, "public_url": "https://t.example"}, False))
    ):
        settings = replace(Settings(data=tmp_path / str(number)), **more)  # type: ignore[arg-type]
        async with embedded(settings) as running, browser(running) as client:
            assert ("/signin/demo" in (await client.get("/signin")).text) == there
            going = await client.post("/signin/demo", data={"role": "sre"})
            assert going.status_code == (303 if there else 404)
            if there:
                assert (await client.get("/health")).status_code == 200
                assert (await client.get("/admin")).status_code == 403


async def test_users_at_the_command_line(tmp_path: Path) -> None:
    code, said = await tallyline("users", "add", "mira", "--role", "supervisor", "--partner", "acme", data=tmp_path)
    assert code == 0, said
    assert re.search(r"mira signs in with: [0-9a-f-]{27}", said)
    code, said = await tallyline("users", "role", "mira", "--role", "trainer", data=tmp_path)
    assert (code, "mira: trainer" in said) == (0, True)
    code, said = await tallyline("users", "disable", "mira", data=tmp_path)
    assert (code, "disabled" in said) == (0, True)
    code, said = await tallyline("users", "list", data=tmp_path)
    assert re.search(r"mira +│ +trainer", said), said
    code, said = await tallyline("users", "disable", "nobody", data=tmp_path)
    assert (code, "no such user" in said) == (1, True)
    made = await tallyline(
        "keys",
        "add",
        "board",
        "--role",
        "manager",
        "--right",
        "wallboard.see",
        "--expires",
        "2030-01-01",
        data=tmp_path,
    )
    assert (made[0], "wallboard.see" in made[1], "2030-01-01" in made[1]) == (0, True, True)
