"""No body is larger than it may be, whoever reads it: what says so is not read, and what is found out is cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Form, Request
from starlette.types import Message, Receive, Scope, Send

from shared.http import MAX_BODY_BYTES, MAX_REPORT_BYTES, Gate, Problem, content_of, install_problems
from shared.http.bodies import AROUND_A_FILE, Bodies
from shared.security import Access
from tests.unit.shared.documents import MemoryDocuments

MOST = MAX_REPORT_BYTES + AROUND_A_FILE
FIELDS = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
PIECE = 1 << 20
BOUNDS = [
    ("/signin", FIELDS, MAX_BODY_BYTES),
    ("/signin/password", PARTS, MAX_BODY_BYTES),
    ("/signin/backchannel-logout", "application/json", MAX_BODY_BYTES),
    ("/static/tallyline.css", "", MAX_BODY_BYTES),
    ("/livez", "text/plain", MAX_BODY_BYTES),
    ("/preferences", FIELDS, MAX_BODY_BYTES),
    ("/preferences", "Application/X-WWW-Form-URLencoded ; charset=utf-8", MAX_BODY_BYTES),
    ("/month/report", PARTS, MOST),
    ("/month/report", "", MOST),
    ("/", "application/octet-stream", MOST),
    ("/api/v1/partners", "application/json", MOST),
    ("/api/v1/reconciliation/months/acme:2026-03/reports", FIELDS, MOST),
]


class Sender:
    """Sends a body piece by piece, and counts how much of it was asked for."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.asked = 0

    async def receive(self) -> Message:
        piece = min(self.left, PIECE)
        self.left -= piece
        self.asked += piece
        return {"type": "http.request", "body": bytes(piece), "more_body": self.left > 0}


def sent(path: str, kind: str, size: int, told: bool) -> tuple[int | str, int]:
    """How much a route read of such a body, or as what it was refused, and how much was asked of its sender."""
    read = 0

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal read
        more = True
        while more:
            message = await receive()
            read += len(message["body"])
            more = message["more_body"]

    async def send(message: Message) -> None:
        raise AssertionError(message)

    headers = [(b"content-type", kind.encode())] if kind else []
    if told:
        headers.append((b"content-length", str(size).encode()))
    sender = Sender(size)
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    try:
        asyncio.run(Bodies(route)(scope, sender.receive, send))
    except Problem as refused:
        return refused.code, sender.asked
    return read, sender.asked


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(("path", "kind", "most"), BOUNDS)
def test_as_much_as_is_allowed_passes_and_one_byte_more_does_not(path: str, kind: str, most: int, told: bool) -> None:
    assert sent(path, kind, most, told) == (most, most)
    assert sent(path, kind, most + 1, told) == ("too_large", 0 if told else most + 1)


@pytest.mark.parametrize(("path", "kind", "most"), BOUNDS)
def test_a_body_without_end_is_cut_off_where_it_is_too_large(path: str, kind: str, most: int) -> None:
    read, asked = sent(path, kind, 10 * MOST, told=False)
    assert read == "too_large"
    assert most < asked <= most + PIECE


def test_a_length_that_is_no_number_says_nothing() -> None:
    app = Bodies(_empty)
    scope = {"type": "http", "method": "POST", "path": "/signin", "headers": [(b"content-length", "²".encode())]}
    asyncio.run(app(scope, Sender(1).receive, _nowhere))


async def _empty(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()


async def _nowhere(message: Message) -> None:
    raise AssertionError(message)


# Through the framework, which answers 400 to whatever comes up while it reads a form


def application() -> FastAPI:
    app = FastAPI()

    @app.post("/signin")
    @app.post("/preferences")
    async def fields(name: Annotated[str, Form()]) -> int:
        return len(name)

    @app.post("/signin/by-hand")
    async def by_hand(request: Request) -> int:
        async with request.form() as form:
            return len(form)

    @app.post("/api/v1/files")
    async def file(request: Request) -> int:
        return len(await content_of(request, MAX_REPORT_BYTES))

    access = Access(MemoryDocuments(), lambda: datetime(2026, 3, 2, tzinfo=UTC), local="tlk_local_abc")
    app.add_middleware(Gate, access=access)
    app.add_middleware(Bodies)
    install_problems(app)
    return app


async def pieces(head: bytes, size: int) -> AsyncIterator[bytes]:
    yield head
    for _ in range(size // 1024):
        yield b"x" * 1024


async def post(path: str, kind: str, content: bytes | AsyncIterator[bytes]) -> httpx.Response:
    headers = {"authorization": "Bearer tlk_local_abc", "content-type": kind}
    transport = httpx.ASGITransport(application())
    async with httpx.AsyncClient(transport=transport, base_url="http://tallyline") as client:
        return await client.post(path, content=content, headers=headers)


HEADS = {
    FIELDS: b"name=",
    f"{FIELDS}; charset=utf-8": b"&".join(b"n%d=%b" % (n, b"x" * 1000) for n in range(900)) + b"&name=",
    PARTS: b'--x\r\ncontent-disposition: form-data; name="name"; filename="f"\r\n\r\n',
}


@pytest.mark.parametrize("kind", HEADS)
@pytest.mark.parametrize("path", ["/signin", "/signin/by-hand"])
@pytest.mark.parametrize("told", [True, False])
async def test_a_form_that_is_too_large_is_413_wherever_it_is_found_out(path: str, kind: str, told: bool) -> None:
    content = HEADS[kind] + b"x" * (2 << 20) if told else pieces(HEADS[kind], 2 << 20)
    refused = await post(path, kind, content)
    assert (refused.status_code, refused.headers["content-type"]) == (413, "application/problem+json")
    assert refused.json()["type"] == "/problems/too_large"
    assert "larger than 1048576 bytes" in refused.json()["detail"]


@pytest.mark.parametrize("path", ["/signin", "/preferences"])
async def test_a_form_that_is_large_enough_is_read_and_one_that_is_none_is_400_as_ever(path: str) -> None:
    read = await post(path, FIELDS, b"name=" + b"x" * (MAX_BODY_BYTES - 5))
    assert (read.status_code, read.json()) == (200, MAX_BODY_BYTES - 5)
    assert (await post(path, PARTS, b"no parts")).status_code == 400


async def test_a_file_of_the_api_has_its_own_limit_whatever_it_is_called() -> None:
    read = await post("/api/v1/files", FIELDS, b"x" * (3 << 20))
    assert (read.status_code, read.json()) == (200, 3 << 20)


async def test_who_is_not_known_is_told_so_and_not_how_large_a_form_may_be() -> None:
    transport = httpx.ASGITransport(application())
    async with httpx.AsyncClient(transport=transport, base_url="http://tallyline") as client:
        refused = await client.post("/month/report", content=b"x" * (2 << 20), headers={"content-type": PARTS})
    assert refused.status_code == 401
