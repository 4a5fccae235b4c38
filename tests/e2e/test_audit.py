"""The audit log over HTTP: whatever is changed or taken out leaves an entry, and whatever touches one is found."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi.routing import APIRoute

from services.gateway.api.asking import asker_of
from services.gateway.pages import PARTS
from shared.audit.entries import COLLECTION, NAMESPACE, Entry, Kept, id_of
from shared.audit.trail import Trail, whole
from shared.http.audited import PAGES
from shared.ports import Put, StoreUnavailable
from tests.e2e.processes import tallyline
from tests.e2e.systems import System, ask, at_rest, everything, of_page, start

pytestmark = pytest.mark.asyncio(loop_scope="module")
AUDIT = "/api/v1/audit"
NUMBER = "+385912345678"
CHAIN = "tallyline"
NOTHING_KEPT = {
    "/theme": "a cookie",
    "/preferences": "cookies",
    "/scripts/checked": "a trial",
    "/signin": "told of as a sign-in, where it is one",
    "/signin/demo": "as above",
    "/signin/password": "as above",
}.keys()
"""Pages that are sent a form and keep nothing here."""


def stranger(system: System, key: str | None = None) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://tallyline", headers=headers)


async def key_of(system: System, name: str, role: Any, *partners: str) -> str:
    assert system.access is not None
    _, text = await system.access.create_key(name, role, frozenset(partners) or None)
    return text


async def entries(system: System) -> list[Entry]:
    """All of them, in their order."""
    return [stored.entry async for stored in whole(system.runtime.engine.documents(NAMESPACE))]


async def last(system: System) -> Entry:
    return (await entries(system))[-1]


async def test_a_command_says_who_asked_for_what_and_what_became_of_it(system: System) -> None:
    key = await key_of(system, "Mira", "manager")
    async with stranger(system, key) as mira:
        made = await mira.post("/api/v1/partners", json={"partner_id": "adria", "name": "Adria"})
        assert made.status_code in (201, 202)
        asked, done = (await entries(system))[-2:]
        assert (asked.step, done.step, asked.request) == ("asked", "done", done.request)
        assert (done.who, done.role, done.by, done.partners) == ("Mira", "manager", "key", None)
        assert (done.route, done.status, done.outcome) == ("POST /api/v1/partners", made.status_code, "accepted")
        assert [(one.stream, one.version, one.events) for one in done.commits] == [
            ("partner-adria", 1, ("PartnerRegistered",))
        ]
        said = {"email": "ana@adria.example", "languages": ["hr"]}
        assert (await mira.put("/api/v1/partners/adria/contacts/Ana", json=said)).status_code == 202
        assert (
            await mira.put("/api/v1/partners/adria/contacts/Ana", json=said | {"languages": ["hr", "en"]})
        ).status_code == 202
        done = await last(system)
        assert dict(done.on) == {"partner_id": "adria", "name": "Ana"}
        assert (await mira.get(f"{AUDIT}/entries")).status_code == 403  # not a manager's to read
    shown = await ask(system.client, f"{AUDIT}/entries/{CHAIN}/{done.n}")
    (change,) = shown["changes"]
    assert (change["old"]["languages"], change["new"]["languages"]) == (["hr"], ["hr", "en"])
    assert change["as_it_was"]


async def test_what_was_refused_is_written_down_as_refused(system: System) -> None:
    key = await key_of(system, "Ana", "partner", "adria")
    async with stranger(system, key) as ana:
        refused = await ana.post("/api/v1/keys", json={"name": "more", "role": "admin"})
    assert refused.status_code == 403
    done = await last(system)
    assert (done.what, done.outcome, done.status) == ("Make an API key", "refused", 403)
    assert (done.who, done.role, done.partners) == ("Ana", "partner", ("adria",))
    assert done.commits == ()


async def test_who_signs_in_and_out_is_written_down(system: System) -> None:
    path = (await system.client.post("/api/v1/sign-in-links")).json()["path"]
    async with stranger(system) as client:
        assert (await client.get(path)).status_code == 303
        came = await last(system)
        assert (came.what, came.step, came.by, came.who) == ("Sign in", "read", "session", "local")
        assert "token" not in msgspec.json.encode(came).decode()
        await client.post("/signout", headers=of_page(client))
    assert (await last(system)).what == "Sign out"


async def test_what_is_taken_out_is_written_down_and_what_is_looked_at_is_not(system: System) -> None:
    before = len(await entries(system))
    await ask(system.client, "/api/v1/partners")
    assert (await system.client.get("/wallboard")).status_code == 200
    assert len(await entries(system)) == before
    assert (await system.client.get(f"{AUDIT}/csv")).status_code == 200
    taken = await last(system)
    assert (taken.step, taken.route, taken.outcome) == ("read", f"GET {AUDIT}/csv", "accepted")
    await ask(system.client, "/api/v1/keys")  # administrators alone may read these: it is told who did
    assert (await last(system)).what == "All API keys"


async def test_every_route_that_changes_something_is_written_down_before_it_is_tried(system: System) -> None:
    described = (await system.client.get("/api/v1/openapi.json")).json()["paths"]
    routes = [
        (method, path)
        for path, methods in described.items()
        for method in sorted(methods.keys() - {"parameters", "get", "head"})
    ]
    assert len(routes) > 150
    for method, path in routes:
        before = (await last(system)).n
        filled = path.replace("{", "").replace("}", "")
        async with stranger(system, system.local_key) as client:
            answer = await client.request(method, filled, json={})
        asked, *rest = (await entries(system))[before:]
        done = rest[-1]
        assert (asked.step, done.step, done.status) == ("asked", "done", answer.status_code), (method, path)
        assert asked.request == done.request
        assert done.route.replace(":path}", "}") == f"{method.upper()} {path}", (method, path)


async def test_only_these_pages_change_something_themselves(system: System) -> None:
    """All others ask the API in their viewer's name."""
    before = (await last(system)).n
    for path in ("/theme", "/health/letters/none", "/health/views/none/verify"):
        await system.client.post(path, data={"to": "dark", "letter": "x"})
    routes = {one.route for one in (await entries(system))[before:]}
    assert routes == {"POST /api/v1/operations/views/{name}/verify"}


def asks(dependant: Any) -> bool:
    """Whether a page asks the API in its viewer's name."""
    return dependant.call is asker_of or any(asks(one) for one in dependant.dependencies)


async def test_every_page_that_changes_something_itself_is_written_down() -> None:
    itself = {
        route.path
        for part in PARTS
        for route in part.routes
        if isinstance(route, APIRoute) and "GET" not in (route.methods or ()) and not asks(route.dependant)
    }
    assert itself - NOTHING_KEPT == PAGES.keys()


async def test_what_an_administrator_does_on_a_page_is_written_down(system: System) -> None:
    before = (await last(system)).n
    form = {"name": "vesna", "role": "manager"}
    assert (await system.client.post("/admin/users", data=form)).status_code == 201
    assert (await system.client.post("/admin/users/vesna/disabling")).status_code == 303
    told = [(one.what, one.step, dict(one.on)) for one in (await entries(system))[before:] if one.step != "read"]
    assert told == [
        ("Add a user", "asked", {}),
        ("Add a user", "done", {}),
        ("Act on a user", "asked", {"name": "vesna", "what": "disabling"}),
        ("Act on a user", "done", {"name": "vesna", "what": "disabling"}),
    ]


async def test_nobody_is_answered_whose_entry_can_not_be_stored(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed process leaves behind: a change that was asked for, and no outcome. The change itself is there."""
    append = Trail.append

    async def away(self: Trail, entry: Entry) -> Entry:
        if entry.step == "done":
            raise StoreUnavailable("away")
        return await append(self, entry)

    async def verdict() -> Any:
        return (await ask(system.client, f"{AUDIT}/verification"))["items"][0]

    before = (await verdict())["unfinished"]
    with monkeypatch.context() as patch:
        patch.setattr(Trail, "append", away)
        answer = await system.client.post("/api/v1/partners", json={"partner_id": "cut", "name": "Cut"})
        assert answer.status_code == 503
    assert (await verdict())["unfinished"] == before + 1
    await at_rest(system)
    assert "cut" in {one["partner_id"] for one in await everything(system.client, "/api/v1/partners")}
    with monkeypatch.context() as patch:
        patch.setattr(Trail, "append", lambda self, entry: away(self, msgspec.structs.replace(entry, step="done")))
        answer = await system.client.post("/api/v1/partners", json={"partner_id": "never", "name": "Never"})
        assert answer.status_code == 503
    await at_rest(system)
    assert "never" not in {one["partner_id"] for one in await everything(system.client, "/api/v1/partners")}


async def test_the_list_is_searched_page_by_page(system: System) -> None:
    key = await key_of(system, "Books", "accountant")
    async with stranger(system, key) as books:
        every_one = await everything(books, f"{AUDIT}/entries", limit=7)
        assert [one["entry"]["step"] for one in every_one].count("asked") == 0
        assert len({(one["entry"]["chain"], one["entry"]["n"]) for one in every_one}) == len(every_one) > 30
        found = await everything(books, f"{AUDIT}/entries", who="Ana", outcome="refused")
        assert {one["entry"]["who"] for one in found} == {"Ana"}
        assert (await ask(books, f"{AUDIT}/entries", **{"from": "2020-01-01", "to": "2020-01-02"}))["items"] == []
        assert (await ask(books, f"{AUDIT}/entries", **{"from": "2026-11-18"}))["items"] != []
        assert (await books.get(f"{AUDIT}/entries?cursor=x")).status_code == 422
        assert (await books.get(f"{AUDIT}/entries/{CHAIN}/1")).status_code == 403  # what was changed is administrators'
        assert (await books.get("/admin/audit?who=Ana")).text.count("<td>refused") == len(found)
        assert (await books.get("/admin/audit/check")).status_code == 200
        assert (await books.get(f"/admin/audit/{CHAIN}/1")).status_code == 403
    assert "local" in (await system.client.get(f"/admin/audit/{CHAIN}/{(await last(system)).n}")).text


async def test_no_text_of_the_csv_file_is_a_formula(system: System) -> None:
    key = await key_of(system, "=HYPERLINK(1)", "manager")
    async with stranger(system, key) as bad:
        await bad.delete("/api/v1/keys/=1+1")
    rows = list(csv.DictReader(io.StringIO((await system.client.get(f"{AUDIT}/csv")).text)))
    assert "'=HYPERLINK(1)" in {row["who"] for row in rows}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


async def test_no_number_of_anybody_gets_into_it(system: System) -> None:
    for path in (f"/api/v1/customers/{NUMBER}", f"/api/v1/do-not-call/{NUMBER}", f"/api/v1/leads/{NUMBER}/release"):
        await system.client.post(path, json={"number": NUMBER, "reason": NUMBER})
        await system.client.delete(path, params={"number": NUMBER})
    async with stranger(system, await key_of(system, NUMBER, "manager")) as odd:
        await odd.post("/api/v1/partners", json={"partner_id": "x"})
    found = b"".join([msgspec.json.encode(one) for one in await entries(system)])
    assert b"/api/v1/customers/{customer_ref}" in found
    assert NUMBER[1:].encode() not in found


async def test_whatever_touches_it_is_found_and_named(system: System) -> None:
    documents = system.runtime.engine.documents(NAMESPACE)

    async def verdict(**query: str) -> Any:
        (chain,) = (await ask(system.client, f"{AUDIT}/verification", **query))["items"]
        return chain

    good = await verdict()
    assert good["broken"] is None
    id_ = id_of(CHAIN, 5)
    found = (await documents.get(COLLECTION, [id_]))[id_]
    stored = msgspec.json.decode(found.body, type=Kept)
    other = msgspec.structs.replace(stored, entry=msgspec.structs.replace(stored.entry, who="Nobody"))
    await documents.put(COLLECTION, [Put(id_, None, msgspec.json.encode(other))])
    assert (await verdict())["broken"] == {"n": 5, "why": "it was changed"}
    await documents.delete(COLLECTION, [id_])
    assert (await verdict())["broken"] == {"n": 5, "why": "it is missing"}
    await documents.put(COLLECTION, [Put(id_, 0, found.body)])
    assert (await verdict(head=good["head"]))["broken"] is None
    head = (await verdict())["head"]
    assert (await system.client.get(f"{AUDIT}/verification?head=x")).status_code == 422
    n = int(head.split(":")[1])
    await documents.delete(COLLECTION, [id_of(CHAIN, n)])
    assert (await verdict())["broken"] is None
    assert (await verdict(head=head))["broken"]["n"] == n


async def test_the_command_verifies_and_writes_a_file_that_anybody_can_verify(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "audit.jsonl"
    async with start("embedded", data) as system:
        for name in ("a", "b", "c"):
            await system.client.post("/api/v1/partners", json={"partner_id": name, "name": name})
    code, said = await tallyline("audit", "export", file, data=data)
    assert (code, said.splitlines()[0]) == (0, f"7 entries: {file}")
    code, said = await tallyline("audit", "verify", data=data)
    assert (code, "as it was" in said, "head tallyline:7:" in said) == (0, True, True), said
    code, said = await tallyline("audit", "verify", "--file", file)
    assert (code, "as it was" in said) == (0, True), said
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:2], lines[2].replace('"local"', '"nobody"'), *lines[3:]]))
    code, said = await tallyline("audit", "verify", "--file", file)
    assert (code, "entry 3: it was changed" in said) == (1, True), said
    assert json.loads(lines[0])["entry"]["step"] == "asked"


async def test_two_processes_of_a_service_write_one_chain(system: System) -> None:
    """Each looks again when the other was first."""
    documents, key = system.runtime.engine.documents(NAMESPACE), b"k" * 32
    now = system.runtime.now
    one, two = Trail(documents, "both", key, now), Trail(documents, "both", key, now)
    made = [
        Entry(at=now(), step="done", request=str(n), who="x", role="sre", by="key", what="w", route="r")
        for n in range(6)
    ]
    for n, entry in enumerate(made):
        assert (await (one if n % 2 else two).append(entry)).n == n + 1
    found = [stored.entry async for stored in whole(documents) if stored.entry.chain == "both"]
    assert [entry.request for entry in found] == list("012345")
