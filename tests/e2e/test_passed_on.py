"""What goes through the public door to another process goes piece by piece, both ways, and ends with whoever asked."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.responses import StreamingResponse

from services.gateway.api import forward
from services.gateway.api.forward import Passing, Routed, forwarding
from services.gateway.api.gateway import gateway_of, signed_in
from shared import clock, metrics
from shared.http import MAX_BODY_BYTES, MAX_REPORT_BYTES, install_problems, streamed
from shared.http.heads import BoundedHeads
from shared.security import Principal, ServiceTokens
from tests.e2e.systems import eventually

PIECE = bytes(64 << 10)
HELD = 40 << 20
"""More than all buffers of the system's connections on the way, and less than what would be held of a whole file."""
RECORDING = "/api/v1/calls/acme-n:c1/recordings/r1"
REPORT = "/api/v1/reconciliation/months/acme:2026-03/reports"


@dataclass
class Behind:
    """A service behind the door, and what it saw."""

    sent: int = 0
    taken: int = 0
    asked: dict[str, str] = field(default_factory=dict)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    reads_on: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/api/v1/calls/{rest:path}")
        async def recording(rest: str, request: Request) -> Response:
            self.asked = dict(request.headers)
            if "range" in request.headers:
                headers = {"content-range": "bytes 2-4/10", "accept-ranges": "bytes"}
                return Response(b"cde", 206, headers, "audio/mpeg")
            if (length := rest.rpartition("/short-")[2]).isdecimal():
                return StreamingResponse(self._short(), headers={"content-length": length})
            if rest == "c1":
                return Response(b"{}", media_type="application/json")
            if rest == "none":
                return Response(status_code=204)
            return StreamingResponse(self._endless(), media_type="audio/mpeg")

        @app.post("/api/v1/{rest:path}")
        async def upload(rest: str, request: Request) -> Response:
            self.asked = dict(request.headers)
            try:
                async for piece in request.stream():
                    self.taken += len(piece)
                    await self.reads_on.wait()
            finally:
                self.ended.set()
            return Response(str(self.taken))

        return app

    async def _endless(self) -> AsyncIterator[bytes]:
        try:
            while self.sent < 5 * HELD:
                yield PIECE
                self.sent += len(PIECE)
                await asyncio.sleep(0)  # a server tells of a client that has gone when others have their turn
        finally:
            self.ended.set()

    async def _short(self) -> AsyncIterator[bytes]:
        yield b"begun"
        raise RuntimeError("the disk is gone")


@contextlib.asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The application on a port of its own; its address."""
    taken = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=BoundedHeads, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server._serve([taken]))
    try:
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
async def behind() -> Behind:
    return Behind()


@pytest.fixture
async def door(behind: Behind) -> AsyncIterator[httpx.AsyncClient]:
    async with served(behind.app()) as address:
        routed = Routed({"calls": address, "reconciliation": address})
        async with httpx.AsyncClient(transport=routed, base_url="http://tallyline") as client:
            app = FastAPI()
            tokens = ServiceTokens(bytes(32), clock.now)
            app.include_router(forwarding(Passing(client, tokens)))
            app.dependency_overrides = {
                gateway_of: lambda: None,
                signed_in: lambda: Principal("boss", "admin", None),
            }
            install_problems(app)
            async with served(app) as public, httpx.AsyncClient(base_url=public) as http:
                yield http


async def at_rest(behind: Behind) -> int:
    """The bytes that the service sent and took, once they are some, and no more for a while."""
    seen = [-1, 0]
    for _ in range(120):
        seen = [seen[-1], behind.sent + behind.taken]
        if seen[0] == seen[1] > 0:
            break
        await asyncio.sleep(0.5)
    assert seen[0] == seen[1] > 0, "it goes on"
    return seen[1]


async def test_a_download_waits_for_whoever_takes_it_and_ends_when_they_go(
    behind: Behind, door: httpx.AsyncClient
) -> None:
    async with asyncio.timeout(120), door.stream("GET", RECORDING) as answer:
        pieces = answer.aiter_raw()
        await anext(pieces)
        assert 0 < await at_rest(behind) < HELD, "nobody takes more"
        before = behind.sent
        taken = 0
        while taken < HELD:
            taken += len(await anext(pieces))
        assert behind.sent > before
        assert not behind.ended.is_set()
    await asyncio.wait_for(behind.ended.wait(), 60)


async def test_whoever_takes_nothing_for_a_while_has_gone(
    behind: Behind, door: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamed, "STALLED_S", 1.0)
    async with door.stream("GET", RECORDING):
        await asyncio.wait_for(behind.ended.wait(), 60)
    assert behind.sent < HELD


async def test_an_upload_waits_for_the_service_and_ends_when_its_sender_goes(
    behind: Behind, door: httpx.AsyncClient
) -> None:
    given = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal given
        while given < MAX_REPORT_BYTES:
            yield PIECE
            given += len(PIECE)

    sending = asyncio.ensure_future(door.post(REPORT, content=body()))
    assert 0 < await at_rest(behind) < 1 << 20, "the service waits"
    assert given < HELD
    behind.reads_on.set()
    assert (await asyncio.wait_for(sending, 60)).text == str(MAX_REPORT_BYTES)
    behind.ended.clear()
    behind.reads_on.clear()
    given = behind.taken = 0
    sending = asyncio.ensure_future(door.post(REPORT, content=body()))
    await at_rest(behind)
    sending.cancel()
    behind.reads_on.set()
    await asyncio.wait_for(behind.ended.wait(), 60)


async def test_lengths_and_parts_are_those_of_the_service(behind: Behind, door: httpx.AsyncClient) -> None:
    part = await door.get(RECORDING, headers={"range": "bytes=2-4", "if-range": '"a"'})
    assert (part.status_code, part.content) == (206, b"cde")
    told = {"content-length": "3", "content-range": "bytes 2-4/10", "accept-ranges": "bytes"}
    assert told.items() <= dict(part.headers).items()
    assert {"range": "bytes=2-4", "if-range": '"a"'}.items() <= behind.asked.items()
    behind.reads_on.set()
    await door.post(REPORT, content=b"some")
    assert behind.asked["content-length"] == "4"
    await door.post(REPORT)
    assert behind.asked["content-length"] == "0"


async def test_an_answer_that_is_cut_off_is_seen_to_be(door: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await door.get(f"{RECORDING}/short-{forward.SMALL + 1}")
    answer = await door.get(f"{RECORDING}/short-1000")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")


FEW, FILES = 6, 3


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few connections to services, and fewer for files."""
    monkeypatch.setattr(forward, "CONNECTIONS", FEW)
    monkeypatch.setattr(forward, "MOST_FILES", FILES)


def refused_files() -> float:
    """So many files were asked for or sent since this process began, while others took all connections for them."""
    exposed = metrics.exposition()[0].decode()
    told = re.search(r'^tallyline_limited_requests_total\{limit="files"\} (\S+)$', exposed, re.MULTILINE)
    return float(told[1]) if told else 0.0


async def answered(door: httpx.AsyncClient) -> None:
    """Everything that is no file is, long before those who do nothing are given up."""
    async with asyncio.timeout(streamed.STALLED_S / 2):
        for path, status in (("c1", 200), ("none", 204)):
            assert (await door.get(f"/api/v1/calls/{path}")).status_code == status


async def test_readers_of_files_who_take_nothing_leave_connections_to_the_others(
    few: None, behind: Behind, door: httpx.AsyncClient
) -> None:
    async with contextlib.AsyncExitStack() as held, asyncio.timeout(streamed.STALLED_S - 1):
        for _ in range(FILES):
            assert (await held.enter_async_context(door.stream("GET", RECORDING))).status_code == 200
        for _ in range(FEW):
            refused = await door.get(RECORDING)
            assert (refused.status_code, refused.json()["type"]) == (503, "/problems/busy")
            assert refused.headers["retry-after"] == "5"
            await answered(door)
    assert refused_files() > 0

    async def taken() -> bool:
        async with door.stream("GET", RECORDING) as answer:
            return answer.status_code == 200

    await eventually(taken)


@pytest.mark.parametrize(("path", "most"), [(REPORT, FILES), ("/api/v1/calls/c1/notes", None)], ids=["files", "forms"])
async def test_senders_who_send_nothing_leave_connections_to_the_others(
    few: None, behind: Behind, door: httpx.AsyncClient, path: str, most: int | None
) -> None:
    goes_on, begun, before = asyncio.Event(), 0, refused_files()

    async def body() -> AsyncIterator[bytes]:
        nonlocal begun
        yield b"begun"
        begun += 1
        await goes_on.wait()

    async def all_wait() -> bool:
        return begun == 2 * FEW and refused_files() - before == 2 * FEW - (most or 2 * FEW)

    behind.reads_on.set()
    sending = [asyncio.ensure_future(door.post(path, content=body())) for _ in range(2 * FEW)]
    await eventually(all_wait)
    await answered(door)
    goes_on.set()
    statuses = [answer.status_code for answer in await asyncio.gather(*sending)]
    assert statuses.count(200) == (most or 2 * FEW)
    assert statuses.count(503) == 2 * FEW - (most or 2 * FEW)
    await answered(door)


@pytest.mark.parametrize("told", [True, False], ids=["by its length", "while it comes"])
async def test_too_large_a_body_is_refused_and_not_sent_on(behind: Behind, door: httpx.AsyncClient, told: bool) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(2 * MAX_BODY_BYTES // len(PIECE)):
            yield PIECE

    behind.reads_on.set()
    headers = {"content-length": str(2 * MAX_BODY_BYTES)} if told else {}
    answer = await door.post("/api/v1/calls/x", content=body(), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too_large")
    assert behind.taken <= (0 if told else MAX_BODY_BYTES)
