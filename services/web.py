"""The HTTP side of a process: routes behind the gate, the telephony's door beside it, probes, and the server."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, Response
from fastapi.telemetry import TelemetryConfig
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from services.asyncapi import document as events
from services.asyncapi import router as asyncapi
from services.operations import router as own_operations
from shared import metrics
from shared.http import Gate, Limits, Problem, Rate, install_problems
from shared.http.audited import Audited
from shared.http.bodies import Bodies
from shared.http.conditional import Conditional
from shared.http.described import OPENAPI
from shared.http.heads import BoundedHeads
from shared.http.joined import give_routes
from shared.http.measured import Measured
from shared.http.senders import Senders
from shared.http.traced import Traced
from shared.interpreter import end_soon
from shared.runtime import Runtime
from shared.security import Callers
from shared.settings import Settings

LOCAL = ("127.", "10.", "192.168.", "::1", "fd", "testclient")

UNTOLD: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""The framework's own spans would hold paths and queries, and in those stand numbers that somebody looked for."""


def application(runtime: Runtime, access: Callers, operations: APIRouter = own_operations) -> ASGIApp:
    """Everything that the runtime's services answer in their roles, for those whom `access` knows.

    `operations`: those of other processes where this one is the door to them.
    """
    web = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=OPENAPI if _public(runtime) else None,
        telemetry=UNTOLD,
    )
    web.add_middleware(Conditional, shown=runtime.shown)
    if runtime.trail is not None:
        web.add_middleware(Audited, trail=runtime.trail)
    web.add_middleware(Gate, access=access, limits=_limits(runtime))
    web.add_middleware(Bodies)
    install_problems(web)  # around both, which refuse by raising
    web.add_middleware(Measured)
    web.state.runtime = runtime
    web.state.audit = runtime.audit
    web.state.events = events
    _add_probes(web, runtime)
    routers = [operations, asyncapi]
    if "api" in runtime.roles:
        _give_state(web, runtime)
        routers += [router for parts in runtime.parts.values() for router in parts.routers]
    give_routes(web, *routers)
    mounts = {}
    if "ingest" in runtime.roles:
        mounts = {path: app for parts in runtime.parts.values() for path, app in parts.mounts.items()}
    answering = _for_people(web) if _public(runtime) else web
    traced = Traced(_Front(answering, mounts), mounts, believed=not _public(runtime))
    return Senders(traced, runtime.settings.trusted_proxies)


def _give_state(app: FastAPI, runtime: Runtime) -> None:
    """What every service's routes need."""
    app.state.deps = {name: kit.deps for name, kit in runtime.kits.items()}
    for parts in runtime.parts.values():
        for name, value in parts.state.items():
            setattr(app.state, name, value)


def _public(runtime: Runtime) -> bool:
    """Whether this is the public door. Other services are asked by the gateway alone."""
    return any(service.name == "gateway" for service in runtime.services)


def operations_alone(runtime: Runtime, access: Callers) -> ASGIApp:
    """The operations of this process's own services, where what is public are those of all."""
    web = FastAPI(openapi_url=None, telemetry=UNTOLD)
    web.add_middleware(Gate, access=access)
    install_problems(web)
    web.state.runtime = runtime
    web.include_router(own_operations)
    return web


def _limits(runtime: Runtime) -> Limits | None:
    """Whoever comes through the public door may not ask too often."""
    rate = Rate(runtime.settings.requests_per_second, runtime.settings.requests_at_once)
    return Limits("key_or_user", rate) if _public(runtime) and rate.per_second else None


def drain(runtime: Runtime) -> None:
    """End the endless answers, and be ready for no more: the process is about to stop."""
    runtime.draining = True
    for parts in runtime.parts.values():
        if gateway := parts.state.get("gateway"):
            gateway.feed.drain()


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


def _for_people(web: FastAPI) -> ASGIApp:
    """The public door has pages, and describes the routes of all services: those that other processes answer too."""
    from services.gateway.pages import BrowserPages  # no other process has any

    def described() -> dict[str, Any]:
        from services.openapi import document  # all services' routes: only who is asked for them loads them

        return document()

    web.openapi = described  # type: ignore[method-assign]
    return BrowserPages(web)


def _add_probes(web: FastAPI, runtime: Runtime) -> None:
    @web.get("/livez", include_in_schema=False)
    async def livez() -> JSONResponse:
        """Every loop runs, and every worker asks for records. An event loop that hangs does not even answer."""
        return _probed(runtime.alive(), "not alive")

    @web.get("/startupz", include_in_schema=False)
    async def startupz() -> JSONResponse:
        """Every worker has begun, or has had its minute."""
        return _probed(runtime.started(), "starting")

    @web.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        """Alive, every worker has begun on what it owns, the store answers where it is needed, and we stay."""
        return _probed(runtime.ready(), "not ready")

    @web.get("/metrics", include_in_schema=False)
    async def exposition(request: Request) -> Response:
        """For loopback and private networks only."""
        if request.client is None or not request.client.host.startswith(LOCAL):
            raise Problem(403, "not_allowed", "Metrics are for the own network.")
        body, media_type = metrics.exposition(request.headers.get("accept", ""))
        return Response(body, headers={"content-type": media_type})


def _probed(wrong: dict[str, str], status: str) -> JSONResponse:
    return JSONResponse({"status": status if wrong else "ok"} | wrong, 503 if wrong else 200)


KEEP_ALIVE_S = 75
"""How long an idle connection is kept. Longer than load balancers and clients commonly keep theirs (60 s), so that it
is they who close it: a server that closes first may do so just as the next request is sent."""


class _Server(uvicorn.Server):
    """Says when it listens, and ends the live streams before it waits for its connections: they never end otherwise."""

    def __init__(self, config: uvicorn.Config, draining: Callable[[], None], listening: asyncio.Event) -> None:
        super().__init__(config)
        self._draining = draining
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
        end_soon()
        self._draining()
        closing = asyncio.ensure_future(self._close_latecomers())
        try:
            await super().shutdown(sockets)
        finally:
            closing.cancel()

    async def _close_latecomers(self) -> None:
        """A connection that came in as we stopped listening is idle: the framework would wait for its end in vain."""
        while True:
            await asyncio.sleep(0.1)
            for connection in list(self.server_state.connections):
                connection.shutdown()


async def _serve(settings: Settings, app: ASGIApp, draining: Callable[[], None], listening: asyncio.Event) -> None:
    """Answer HTTP until the process is told to stop. `listening` is set when the port is open; `draining` is called
    before open connections are waited for."""
    config = uvicorn.Config(
        app,
        http=BoundedHeads,
        host=settings.host,
        port=settings.port,
        lifespan="off",
        access_log=False,
        log_config=None,  # its lines are written as ours are
        log_level=settings.log_level,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=KEEP_ALIVE_S,
        server_header=False,
        proxy_headers=False,  # which proxies are believed, TALLYLINE_TRUSTED_PROXIES says alone
    )
    await _Server(config, draining, listening).serve()


async def start_serving(
    settings: Settings, app: ASGIApp, draining: Callable[[], None]
) -> tuple[asyncio.Future[None], bool]:
    """Answer HTTP: the server at work, and whether its port is open (else it has ended already)."""
    listening = asyncio.Event()
    serving = asyncio.ensure_future(_serve(settings, app, draining, listening))
    waiting = asyncio.ensure_future(listening.wait())
    await asyncio.wait((serving, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    return serving, listening.is_set()
