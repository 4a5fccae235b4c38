"""What operators do, at the public door of several processes: lists of all services, and the way to the right one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated

import httpx
import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.gateway.api.forward import passed_on
from shared.http import json_response, not_found, require
from shared.security import Principal, ServiceTokens

OPERATIONS = "/api/v1/operations"
LONG_S = 600.0
"""A rebuild and a verification read a whole log."""
Operator = Annotated[Principal, Depends(require("operations.run", "company"))]


OWN = "gateway"


def operating(
    client: httpx.AsyncClient,
    tokens: ServiceTokens,
    others: Sequence[str],
    own: Callable[[Request, Principal], Awaitable[Response]],
) -> APIRouter:
    """The operations of all services, each answered by the one that it concerns: `others` elsewhere, `own` here."""
    services = (*others, OWN)
    router = APIRouter(prefix=OPERATIONS, include_in_schema=False)

    async def ask(service: str, request: Request, who: Principal) -> Response:
        if service not in services:
            raise not_found("service")
        if service == OWN:
            return await own(request, who)
        # No operation has a body, and several services may be asked.
        return await passed_on(client, tokens, request, who, service=service, content=b"", timeout=LONG_S)

    @router.get("/views")
    async def list_views(request: Request, who: Operator) -> Response:
        """Those of all services, by name."""
        items: list[Mapping[str, object]] = []
        for service in services:
            answer = await ask(service, request, who)
            if answer.status_code != 200:
                return answer
            items += msgspec.json.decode(answer.body)["items"]
        return json_response({"items": sorted(items, key=lambda item: str(item["view"])), "next": None})

    @router.post("/views/{name}/{what}")
    async def act_on_view(name: str, what: str, request: Request, who: Operator) -> Response:
        """By the service that has the view: the others say that there is no such one."""
        for service in others:
            answer = await ask(service, request, who)
            if answer.status_code != 404:
                return answer
        return await own(request, who)

    @router.get("/dead-letters")
    async def list_letters(request: Request, who: Operator, service: str = "calls") -> Response:
        """Those of one service."""
        return await ask(service, request, who)

    @router.api_route("/dead-letters/{service}/{rest:path}", methods=["GET", "POST"])
    async def act_on_letter(service: str, rest: str, request: Request, who: Operator) -> Response:
        """Show one, or send it again."""
        return await ask(service, request, who)

    return router
