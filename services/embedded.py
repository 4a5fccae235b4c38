"""All services in one process on SQLite: laptops, demos, end-to-end tests."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from services.calls.service import SERVICE as CALLS
from services.gateway.api.gateway import Gateway
from services.gateway.pages import BrowserPages
from services.gateway.service import gateway_service
from services.gateway.views.inputs import History
from services.operations import router as operations
from services.partners.service import SERVICE as PARTNERS
from shared import clock, metrics
from shared.http import Gate, Problem, install_problems
from shared.runtime import Kit, Runtime, routes_of
from shared.security import FIRST_SIGN_IN_LIFE, Access, Principal, local_key
from shared.settings import Settings

LOCAL = ("127.", "10.", "192.168.", "::1", "fd", "testclient")
OPERATOR = Principal("operator", "admin")


class _Later:
    """An application that is put together after those who will call it."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.app is None:
            raise RuntimeError("not put together yet")
        await self.app(scope, receive, send)


class Embedded:
    """The whole system in this process. `open`, then `app` answers; `start` runs the loops; `stop` ends it all."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.history: History | None = None
        self._inner = _Later()
        self.local_key = local_key(settings.data)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self._inner),
            base_url="http://tallyline",
            headers={"authorization": f"Bearer {self.local_key}"},
            timeout=60,
        )
        self.access: Access | None = None
        gateway = gateway_service(self.client, self._access_of, lambda: self.history)
        self.runtime = Runtime(settings, (PARTNERS, CALLS, gateway), clock.now)
        self.app: ASGIApp = self._inner

    def _access_of(self, kit: Kit) -> Access:
        self.access = Access(kit.documents, kit.now, self.local_key)
        return self.access

    async def open(self) -> None:
        """The stores are open and the routes are there; no loop runs yet."""
        await self.runtime.open()
        if self.access is None:
            raise RuntimeError("the gateway has no access")
        await self.access.start()
        web = FastAPI(title="Tallyline", version="1", docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json")
        web.add_middleware(Gate, access=self.access)
        install_problems(web)  # around the gate, which refuses by raising
        web.state.runtime = self.runtime
        routes_of(web, self.runtime)
        web.include_router(operations)
        _add_probes(web, self.runtime)
        pages = BrowserPages(web)
        mounts = {path: app for parts in self.runtime.parts.values() for path, app in parts.mounts.items()}
        self._inner.app = _Front(pages, mounts)

    async def start(self) -> None:
        """Run every loop."""
        await self.runtime.start()

    async def settled(self) -> None:
        """Return when every worker has begun and has applied what there is."""
        while self.runtime.ready() or await self.runtime.lag():  # noqa: ASYNC110 - many things have to come to rest
            await asyncio.sleep(0.02)

    async def sign_in_link(self) -> str:
        """A link that opens a session, once."""
        if self.access is None:
            raise RuntimeError("not open")
        token = await self.access.create_sign_in(OPERATOR, FIRST_SIGN_IN_LIFE)
        return f"{self.settings.base_url}/?token={token}"

    def drain(self) -> None:
        """End the endless answers: the process is about to stop."""
        for parts in self.runtime.parts.values():
            gateway = parts.state.get("gateway")
            if isinstance(gateway, Gateway):
                gateway.feed.drain()

    async def stop(self) -> None:
        """End all loops and close the stores. Idempotent."""
        await self.client.aclose()
        await self.runtime.stop()


class _Front:
    """The telephony's door goes past the framework: it is busy, and has an authentication of its own."""

    def __init__(self, app: ASGIApp, mounts: dict[str, ASGIApp]) -> None:
        self._app = app
        self._mounts = tuple(mounts.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for prefix, app in self._mounts:
                if scope["path"].startswith(prefix):
                    await app(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def _add_probes(web: FastAPI, runtime: Runtime) -> None:
    @web.get("/livez", include_in_schema=False)
    async def livez() -> JSONResponse:
        """The process answers."""
        return JSONResponse({"status": "ok"})

    @web.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        """Every loop runs and every worker has begun."""
        wrong = runtime.ready()
        return JSONResponse({"status": "not ready" if wrong else "ok"} | wrong, 503 if wrong else 200)

    @web.get("/metrics", include_in_schema=False)
    async def exposition(request: Request) -> Response:
        """For loopback and private networks only."""
        if request.client is None or not request.client.host.startswith(LOCAL):
            raise Problem(403, "not_allowed", "Metrics are for the own network.")
        return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


class _Server(uvicorn.Server):
    """Says when it listens, and ends the live streams before it waits for its connections: they never end otherwise."""

    def __init__(self, config: uvicorn.Config, system: Embedded, listening: asyncio.Event) -> None:
        super().__init__(config)
        self._system = system
        self._listening = listening

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal, and no more: raised once again, as the framework does, it would end the process before
        loops and stores are closed."""
        kept = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        self._listening.set()

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        self._system.drain()
        await super().shutdown(sockets)


@contextlib.asynccontextmanager
async def embedded(settings: Settings) -> AsyncIterator[Embedded]:
    """The system from open to stop, with its loops."""
    system = Embedded(settings)
    try:
        await system.open()
        await system.start()
        yield system
    finally:
        await system.stop()


async def serve(system: Embedded, listening: asyncio.Event) -> None:
    """Answer HTTP until the process is told to stop. `listening` is set when the port is open."""
    settings = system.settings
    config = uvicorn.Config(
        system.app,
        host=settings.host,
        port=settings.port,
        lifespan="off",
        access_log=False,
        log_level=settings.log_level,
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    await _Server(config, system, listening).serve()
