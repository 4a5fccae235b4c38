"""A process of the distributed system that runs one service."""

from __future__ import annotations

from collections.abc import Sequence

from services.operations import router as operations
from shared.runtime import Runtime, Service
from shared.security import Access, ServiceAccess, ServiceTokens


class Process:
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
