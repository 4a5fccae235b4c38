"""What operators do, at the public door of several processes: lists of all services, and the way to the right one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import httpx
import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.gateway.api.forward import Passing
from shared.http import json_response, not_found, require
from shared.security import Principal

OPERATIONS = "/api/v1/operations"
LONG_S = 600.0
"""A rebuild and a verification read a whole log."""
Operator = Annotated[Principal, Depends(require("operations.run", "company"))]


def operating(passing: Passing, services: Sequence[str]) -> APIRouter:
    """The operations of all these services, each answered by the service that it concerns."""
    router = APIRouter(prefix=OPERATIONS, include_in_schema=False)

    async def ask(service: str, request: Request, who: Principal, along: bool = False) -> httpx.Response:
        """Of whom several services may be asked brings nothing along."""
        if service not in services:
            raise not_found("service")
        return await passing.asked(request, who, service=service, timeout=LONG_S, along=along)

    @router.get("/views")
    async def list_views(request: Request, who: Operator) -> Response:
        """Those of all services, by name."""
        items: list[Mapping[str, object]] = []
        for service in services:
            answer = await ask(service, request, who)
            if answer.status_code != 200:
                return await passing.back(answer)
            items += msgspec.json.decode(await answer.aread())["items"]
        return json_response({"items": sorted(items, key=lambda item: str(item["view"])), "next": None})

    @router.post("/views/{name}/{what}")
    async def act_on_view(name: str, what: str, request: Request, who: Operator) -> Response:
        """By the service that has the view: the others say that there is no such one."""
        for service in services:
            answer = await ask(service, request, who)
            if answer.status_code != 404:
                return await passing.back(answer)
            await answer.aclose()
        raise not_found("view")

    @router.get("/dead-letters")
    async def list_letters(request: Request, who: Operator, service: str = "calls") -> Response:
        """Those of one service."""
        return await passing.back(await ask(service, request, who))

    @router.api_route("/dead-letters/{service}/{rest:path}", methods=["GET", "POST"])
    async def act_on_letter(service: str, rest: str, request: Request, who: Operator) -> Response:
        """Show one, send it again, or dismiss it."""
        return await passing.back(await ask(service, request, who, along=True))

    return router
