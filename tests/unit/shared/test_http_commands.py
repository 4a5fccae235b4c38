"""Routes of commands: what the caller says, what is filled in, who gets in, and how they are described."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
import msgspec
import pytest
from fastapi import APIRouter, FastAPI

from shared.http import Accepted, Deps, Gate, Problem, accepts, install_problems
from shared.kernel import Command, Decider, Event
from shared.rights import Role
from shared.security import Access, Principal
from shared.vault import Vault
from tests.unit.shared.documents import MemoryDocuments

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ADMIN = {"authorization": "Bearer tlk_local_abc"}


class Wished(Event, frozen=True, kw_only=True):
    """Somebody wished."""


class Wish(Command, frozen=True, kw_only=True):
    """Ask for something. 409 `no`."""

    thing_id: str
    part: str
    at: datetime
    by: str
    size: Annotated[int, msgspec.Meta(ge=1)] = 1


wishes: Decider[Any, Any, None] = Decider("wish", Wished, None, lambda command, state: [], lambda state, event: None)


class Door:
    """Keeps what comes in."""

    def __init__(self) -> None:
        self.came: list[tuple[str, Command, str, str]] = []

    async def handle(
        self, decider: Decider[Any, Any, Any], stream_id: str, command: Command, *, command_id: str, actor: str
    ) -> Accepted:
        """One more."""
        self.came.append((stream_id, command, command_id, actor))
        return Accepted(f"{decider.name}-{stream_id}", len(self.came))


def not_seven(command: Wish, deps: Deps) -> None:
    if command.size == 7:
        raise Problem(422, "seven", "Anything but seven.")


@asynccontextmanager
async def world(
    *, of_partner: bool = True, **more: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, Door, Access, FastAPI]]:
    documents = MemoryDocuments()
    vault, access = Vault(documents, bytes(32), lambda: AT), Access(documents, lambda: AT, local="tlk_local_abc")
    await vault.start()
    await access.start()
    router, door, app = APIRouter(), Door(), FastAPI()
    path = "/things/{thing_id}/parts/{part}"
    accepts(router, path, wishes, Wish, service="s", of_partner=of_partner, check=not_seven, **more)
    app.include_router(router)
    app.state.deps = {"s": Deps(door, None, vault, None, lambda: AT, "https://t.example")}  # type: ignore[arg-type]
    app.add_middleware(Gate, access=access)
    install_problems(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://t.example", headers=ADMIN) as http:
        yield http, door, access, app


async def test_path_time_and_actor_are_filled_in() -> None:
    async with world() as (http, door, _, _):
        answer = await http.post("/things/acme:1/parts/p", json={"size": 2}, headers={"idempotency-key": "k1"})
        assert (answer.status_code, answer.json()) == (202, {"stream": "wish-acme:1", "version": 1})
        wish = Wish(thing_id="acme:1", part="p", at=AT, by="local", size=2)
        assert door.came == [("acme:1", wish, "k1", "local")]
        await http.post("/things/acme:1/parts/p")
        assert door.came[1][1] == msgspec.structs.replace(wish, size=1)


@pytest.mark.parametrize("field", ["thing_id", "part", "at", "by"])
async def test_what_is_filled_in_is_not_for_the_caller_to_say(field: str) -> None:
    async with world() as (http, door, _, _):
        answer = await http.post("/things/acme:1/parts/p", json={field: "2026-03-02T09:30:00Z"})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
        assert door.came == []


@pytest.mark.parametrize(
    ("content", "status", "field"),
    [
        (b'{"size": 0}', 422, "size"),
        (b'{"size": "2"}', 422, "size"),
        (b'{"wide": 1}', 422, "wide"),
        (b"[]", 422, "body"),
        (b'{"size": ', 400, None),
        (b"\xff\xfe", 400, None),
        (b'{"size": 7}', 422, None),
    ],
)
async def test_what_is_not_the_command_is_refused_by_the_field(content: bytes, status: int, field: str | None) -> None:
    async with world() as (http, door, _, _):
        answer = await http.post("/things/acme:1/parts/p", content=content)
        assert answer.status_code == status
        errors = answer.json().get("errors", [])
        assert [error["field"] for error in errors] == ([field] if field else [])
        assert door.came == []


async def test_a_partner_that_is_not_theirs_is_not_there() -> None:
    async with world() as (http, door, access, _):
        _, theirs = await access.create_key("k", "admin", frozenset({"acme"}))
        _, viewer = await access.create_key("v", "accountant", None)
        for key, thing, status in ((theirs, "acme:1", 202), (theirs, "globex:1", 404), (viewer, "acme:1", 403)):
            headers = {"authorization": f"Bearer {key}"}
            assert (await http.post(f"/things/{thing}/parts/p", headers=headers)).status_code == status
        assert len(door.came) == 1


async def test_what_concerns_all_partners_is_for_those_who_see_all() -> None:
    async with world(of_partner=False) as (http, _, access, _):
        _, some = await access.create_key("k", "admin", frozenset({"acme"}))
        answer = await http.post("/things/acme/parts/p", headers={"authorization": f"Bearer {some}"})
        assert answer.status_code == 403
        assert (await http.post("/things/acme/parts/p")).status_code == 202


async def test_the_stream_can_be_made_of_parameters_and_fields_of_who_asks() -> None:
    def size(who: Principal, by: str) -> int:
        return len(who.name + by)

    async with world(stream="{thing_id}:{part}", fills={"size": size}) as (http, door, access, app):
        seven = await http.post("/things/acme/parts/p", headers={"idempotency-key": "k1"})
        assert seven.json()["type"] == "/problems/seven", "the check sees what is filled in"
        answer = await http.post("/things/acme/parts/p", headers={"idempotency-key": "k12"})
        assert answer.json()["stream"] == "wish-acme:p"
        wish = Wish(thing_id="acme", part="p", at=AT, by="local", size=8)
        assert door.came == [("acme:p", wish, "k12", "local")]
        said = await http.post("/things/acme/parts/p", json={"size": 1})
        assert said.json()["errors"][0]["field"] == "size"
        _, theirs = await access.create_key("k", "admin", frozenset({"globex"}))
        assert (
            await http.post("/things/acme/parts/p", headers={"authorization": f"Bearer {theirs}"})
        ).status_code == 404
        post = app.openapi()["paths"]["/things/{thing_id}/parts/{part}"]["post"]
        assert not post["requestBody"]["content"]["application/json"]["schema"]["properties"]


async def test_a_command_is_for_those_who_have_its_right() -> None:
    async with world(right="pay.close") as (http, door, access, _):
        asked: list[tuple[Role, int]] = [("accountant", 202), ("manager", 202), ("reconciler", 403), ("agent", 403)]
        for role, status in asked:
            _, key = await access.create_key("v", role)
            answer = await http.post("/things/acme:1/parts/p", headers={"authorization": f"Bearer {key}"})
            assert answer.status_code == status, role
        assert answer.json()["detail"] == "This is for the role admin or manager or accountant."
        assert len(door.came) == 2


async def test_the_description_shows_what_the_caller_says() -> None:
    async with world() as (_, _, _, app):
        post = app.openapi()["paths"]["/things/{thing_id}/parts/{part}"]["post"]
        assert [p["name"] for p in post["parameters"]] == ["thing_id", "part"]
        schema = post["requestBody"]["content"]["application/json"]["schema"]
        assert set(schema["properties"]) == {"size"}
        assert post["requestBody"]["required"] is False
        assert (post["summary"], post["description"]) == ("Wish", "Ask for something. 409 `no`.")
