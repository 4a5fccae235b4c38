"""How a process asks other services in its own name."""

from __future__ import annotations

import httpx

from services.gateway.api.forward import AskFor, Routed
from shared.security import OPERATOR, ServiceTokens


def asking(routed: Routed, tokens: ServiceTokens) -> httpx.AsyncClient:
    """A client of these services, in the name of an operator."""
    return httpx.AsyncClient(
        transport=routed,
        base_url="http://tallyline",
        auth=AskFor(tokens, lambda: OPERATOR),
        timeout=30,
    )
