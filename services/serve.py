"""One service of the distributed system in a process of its own, in one role or several."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import httpx

from services.calls.service import SERVICE as CALLS
from services.gateway.api.forward import AskFor, Routed, forwarding
from services.gateway.api.operations import operating
from services.gateway.service import gateway_service
from services.operations import router as operations
from services.partners.service import SERVICE as PARTNERS
from services.reconciliation.service import reconciliation_service
from services.training.service import SERVICE as TRAINING
from services.web import application, drain, operations_alone, start_serving
from shared import clock
from shared.master import master_key
from shared.runtime import Kit, Role, Runtime, Service
from shared.security import OPERATOR, Access, ServiceAccess, ServiceTokens, Tokens, local_key, rules_of
from shared.settings import SettingError, Settings

SERVICES = ("partners", "calls", "reconciliation", "training", "gateway")


async def run_service(
    settings: Settings,
    name: str,
    roles: frozenset[Role],
    say: Callable[[str], None],
    announce: Callable[[Settings], None],
) -> None:
    """Serve until told to stop. The public door is announced when it is open."""
    if settings.engine != "distributed":
        raise SettingError("TALLYLINE_ENGINE must be distributed: the embedded engine is one process, `tallyline run`.")
    tokens = ServiceTokens(master_key(settings), clock.now)
    process = _process(settings, tokens, name)
    runtime = Runtime(settings, process.services, clock.now, roles)
    try:
        await runtime.open()
        await process.opened(runtime)
        await runtime.start()
        app = application(runtime, process.access, process.operations)
        serving, listens = await start_serving(settings, app, lambda: drain(runtime))
        if listens:
            if name == "gateway":
                announce(settings)
            say(f"{name} ({', '.join(sorted(roles))}) listens on {settings.base_url}")
            for line in await process.greeting():
                say(line)
        await serving
    finally:
        await process.close()
        await runtime.stop()


def _process(settings: Settings, tokens: ServiceTokens, name: str) -> _Process:
    match name:
        case "gateway":
            return _Gateway(settings, tokens)
        case "reconciliation":
            return _Reconciliation(settings, tokens)
        case _:
            return _Process(tokens, {"partners": PARTNERS, "calls": CALLS, "training": TRAINING}[name])


def _asking(routed: Routed, tokens: ServiceTokens) -> httpx.AsyncClient:
    """A client of these services, in the name of an operator."""
    return httpx.AsyncClient(
        transport=routed,
        base_url="http://tallyline",
        auth=AskFor(tokens, lambda: OPERATOR),
        timeout=30,
    )


class _Process:
    """A service behind the gateway: only other services may call it."""

    def __init__(self, tokens: ServiceTokens, service: Service) -> None:
        self.services: Sequence[Service] = (service,)
        self.access: ServiceAccess | Access = ServiceAccess(tokens)
        self.operations = operations

    async def opened(self, runtime: Runtime) -> None:
        """The stores are open."""

    async def greeting(self) -> Sequence[str]:
        """What is said once the port is open."""
        return ()

    async def close(self) -> None:
        """Nothing of its own is open."""


class _Reconciliation(_Process):
    """It asks the calls service what it could not read, and what its dashboards show."""

    def __init__(self, settings: Settings, tokens: ServiceTokens) -> None:
        self._client = _asking(Routed({"calls": settings.calls_url}), tokens)
        super().__init__(tokens, reconciliation_service(self._client))

    async def close(self) -> None:
        """Close the connections to the calls service."""
        await self._client.aclose()


class _Gateway(_Process):
    """The public door: it knows people and keys, and asks the other services."""

    def __init__(self, settings: Settings, tokens: ServiceTokens) -> None:
        self._settings = settings
        addresses = {
            "calls": settings.calls_url,
            "partners": settings.partners_url,
            "reconciliation": settings.reconciliation_url,
            "training": settings.training_url,
        }
        services = (*addresses, "gateway")
        self._tokens = tokens
        self._routed = Routed(addresses)
        self._client = _asking(self._routed, tokens)
        routes = forwarding(self._client, tokens)
        self.operations = operating(self._client, tokens, services)
        self.services = (
            gateway_service(
                self._client,
                lambda _, viewer: AskFor(tokens, lambda: viewer),
                {service: f"http://{service}" for service in services},
                self._access_of,
                lambda: None,
                (routes,),
            ),
        )
        self._known: Access | None = None

    def _access_of(self, kit: Kit, tokens: Tokens | None) -> Access:
        self._known = Access(kit.documents, kit.now, local_key(self._settings.data), rules_of(self._settings), tokens)
        self.access = self._known
        return self._known

    async def opened(self, runtime: Runtime) -> None:
        """Sessions and keys have a place, and the gateway's own operations are asked as those of the others are."""
        own = operations_alone(runtime, ServiceAccess(self._tokens))
        self._routed.here["gateway"] = httpx.ASGITransport(own)
        if self._known is not None:
            await self._known.start()

    async def greeting(self) -> Sequence[str]:
        """A link that opens a session, once."""
        if self._known is None:
            return ()
        return (f"Sign in, once, with this link: {await self._known.first_link(self._settings.base_url)}",)

    async def close(self) -> None:
        """Close the connections to the services."""
        await self._client.aclose()
