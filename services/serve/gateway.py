"""The process of the gateway: the public door to all the others."""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from services.gateway.api.forward import AskFor, Passing, Routed, forwarding
from services.gateway.api.operations import operating
from services.gateway.service import gateway_service
from services.serve.asking import asking
from services.serve.process import Process
from services.web import operations_alone
from shared.runtime import Kit, Runtime
from shared.security import Access, ServiceAccess, ServiceTokens, Tokens, local_key, rules_of
from shared.settings import Settings


class Gateway(Process):
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
        self._client = asking(self._routed, tokens)
        passing = Passing(self._client, tokens)
        routes = forwarding(passing)
        self.operations = operating(passing, services)
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
