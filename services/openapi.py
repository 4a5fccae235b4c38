"""The OpenAPI document of the whole: of every service's routes, whichever process answers them."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from services.asyncapi import router as asyncapi
from services.calls.service import ROUTERS as CALLS
from services.gateway.service import ROUTERS as GATEWAY
from services.operations import router as operations
from services.partners.api import router as partners
from services.reconciliation.api import router as reconciliation
from services.training.api import router as training
from shared.http.conditional import by_command
from shared.http.described import with_conditions, with_problems
from shared.http.joined import give_routes


@cache
def document() -> dict[str, Any]:
    """It says how errors are answered here, and not how the framework would. Not to be changed: it is made once."""
    web = FastAPI(title="Tallyline", version="1")
    give_routes(web, operations, asyncapi, partners, *CALLS, reconciliation, training, *GATEWAY)
    return with_problems(with_conditions(web.openapi(), _under_a_key(web)))


def _under_a_key(web: FastAPI) -> set[tuple[str, str]]:
    """Method and path of the routes that answer a repeat again."""
    return {
        (method, str(route.path_format))
        for route in iter_route_contexts(web.routes)
        if route.include_in_schema and route.endpoint is not None and by_command(route.endpoint)
        for method in route.methods or ()
    }
