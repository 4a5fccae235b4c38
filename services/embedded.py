"""All services in one process on SQLite: laptops, demos, end-to-end tests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from services.calls.service import SERVICE as CALLS
from services.gateway.api.asking import PassedOn
from services.gateway.service import gateway_service
from services.gateway.views.inputs import History
from services.partners.service import SERVICE as PARTNERS
from services.reconciliation.service import reconciliation_service
from services.training.service import SERVICE as TRAINING
from services.web import application, drain
from shared import clock
from shared.http import INSIDE
from shared.runtime import ROLES, Kit, Role, Runtime
from shared.security import Access, Tokens, local_key, rules_of
from shared.settings import Ports, Settings

PLACES = dict.fromkeys(("partners", "calls", "reconciliation", "training", "gateway"), "")
"""All of them answer at the same door."""


class _Later:
    """An application that is put together after those who will call it."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.app is None:
            raise RuntimeError("not put together yet")
        await self.app(scope, receive, send)


class _Inside:
    """The application as this process asks it itself: in the name of somebody whose own request was counted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})[INSIDE] = True
        await self._app(scope, receive, send)


class Embedded:
    """The whole system in this process. `open`, then `app` answers; `start` runs the loops; `stop` ends it all."""

    def __init__(self, settings: Settings, ports: Ports | None = None, roles: frozenset[Role] = ROLES) -> None:
        self.settings = settings
        self.history: History | None = None
        self._inner = _Later()
        self.local_key = local_key(settings.data)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(_Inside(self._inner)),
            base_url="http://tallyline",
            headers={"authorization": f"Bearer {self.local_key}"},
            timeout=60,
        )
        self.access: Access | None = None
        gateway = gateway_service(
            self.client, lambda request, _: PassedOn(request.headers), PLACES, self._access_of, lambda: self.history
        )
        services = (PARTNERS, CALLS, reconciliation_service(self.client), TRAINING, gateway)
        self.runtime = Runtime(settings, services, clock.now, roles, ports=ports)
        self.app: ASGIApp = self._inner

    def _access_of(self, kit: Kit, tokens: Tokens | None) -> Access:
        self.access = Access(kit.documents, kit.now, self.local_key, rules_of(kit.settings), tokens)
        return self.access

    async def open(self) -> None:
        """The stores are open and the routes are there; no loop runs yet."""
        await self.runtime.open()
        if self.access is None:
            raise RuntimeError("the gateway has no access")
        await self.access.start()
        self._inner.app = application(self.runtime, self.access)

    async def start(self) -> None:
        """Run every loop."""
        await self.runtime.start()

    async def settled(self) -> None:
        """Return when every worker has begun and has applied what there is."""
        while self.runtime.ready() or await self.runtime.lag():  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def sign_in_link(self) -> str:
        """A link that opens a session, once."""
        if self.access is None:
            raise RuntimeError("not open")
        return await self.access.first_link(self.settings.base_url)

    def drain(self) -> None:
        """End the endless answers: the process is about to stop."""
        drain(self.runtime)

    async def stop(self) -> None:
        """End all loops and close the stores. Idempotent."""
        await self.client.aclose()
        await self.runtime.stop()


@contextlib.asynccontextmanager
async def embedded(
    settings: Settings, ports: Ports | None = None, roles: frozenset[Role] = ROLES
) -> AsyncIterator[Embedded]:
    """The system from open to stop, with its loops, or with those of some roles."""
    system = Embedded(settings, ports, roles)
    try:
        await system.open()
        await system.start()
        yield system
    finally:
        await system.stop()
