"""One address for all that is asked from outside, as nginx is in `compose.yaml`; what is delivered there is noted."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from urllib.parse import unquote

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.engine.again import within
from tests.chaos.journal import Journal
from tests.chaos.system import System
from tests.engines.run_distributed import Door
from tests.engines.server import free_port

LONG_S = 600.0
DELIVERY = re.compile(r"^/v1/in/([^/]+)")
RETRY = re.compile(r"/operations/dead-letters/calls/(.+)/retry$")
PASSED_ON = frozenset({"authorization", "content-type", "idempotency-key", "accept"})
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def application(system: System, journal: Journal) -> Starlette:
    """Leads to the ingest and to the gateway of the system; 502 where nobody answers."""
    client = httpx.AsyncClient(transport=Door(system.ports), base_url="http://tallyline", timeout=LONG_S)

    async def lead(request: Request) -> Response:
        path = request.scope["raw_path"].decode()
        headers = {
            name: value
            for name, value in request.headers.items()
            if name in PASSED_ON or name.startswith(("webhook-", "tallyline-"))
        }
        source = DELIVERY.match(path)
        if source is not None:
            journal.note("invoke", n=-1, source=source[1], once=None, second=0)
        url = httpx.URL(path, query=request.url.query.encode())
        try:
            answer = await client.request(request.method, url, headers=headers, content=await request.body())
        except httpx.TransportError as error:
            if source is not None:
                journal.note("unknown", n=-1, source=source[1], why=type(error).__name__)
            return Response(status_code=502)
        _noted(journal, path, source and source[1], answer)
        kept = {name: answer.headers[name] for name in ("content-type", "etag") if name in answer.headers}
        return Response(answer.content, answer.status_code, kept)

    @contextlib.asynccontextmanager
    async def living(_: Starlette) -> AsyncIterator[None]:
        yield
        await client.aclose()

    return Starlette(routes=[Route("/{path:path}", lead, methods=METHODS)], lifespan=living)


def _noted(journal: Journal, path: str, source: str | None, answer: httpx.Response) -> None:
    """What the checker has to know of an answer."""
    if source is not None and answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        journal.note("unknown", n=-1, source=source, why="503", again=answer.headers.get("retry-after"))
    elif source is not None and answer.status_code in (httpx.codes.ACCEPTED, httpx.codes.BAD_REQUEST):
        said = answer.json() if answer.status_code == httpx.codes.ACCEPTED else {}
        delivery, items = said.get("delivery"), said.get("items")
        told = {"delivery": delivery, "items": items, "unreadable": "unreadable" in said}
        journal.note("ok", n=-1, source=source, once=None, status=answer.status_code, **told)
    elif (again := RETRY.search(path)) is not None:
        journal.note("retried", letter=unquote(again[1]), status=answer.status_code)


@contextlib.asynccontextmanager
async def open_door(system: System, journal: Journal) -> AsyncIterator[int]:
    """The port of the door."""
    port = free_port()
    settings = uvicorn.Config(application(system, journal), port=port, access_log=False, log_level="error")
    server = uvicorn.Server(settings)
    serving = asyncio.ensure_future(server.serve())

    async def listens() -> bool:
        return server.started or serving.done()

    await within(LONG_S, listens)
    try:
        yield port
    finally:
        server.should_exit = True
        await serving
