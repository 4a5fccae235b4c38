"""The process of the reconciliation service, which has another one to ask."""

from __future__ import annotations

from services.gateway.api.forward import Routed
from services.reconciliation.service import reconciliation_service
from services.serve.asking import asking
from services.serve.process import Process
from shared.security import ServiceTokens
from shared.settings import Settings


class Reconciliation(Process):
    """It asks the calls service what it could not read, and what its dashboards show."""

    def __init__(self, settings: Settings, tokens: ServiceTokens) -> None:
        self._client = asking(Routed({"calls": settings.calls_url}), tokens)
        super().__init__(tokens, reconciliation_service(self._client))

    async def close(self) -> None:
        """Close the connections to the calls service."""
        await self._client.aclose()
