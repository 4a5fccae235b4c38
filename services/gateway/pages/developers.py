"""Pages for those who build on Tallyline: every route and every event, as the OpenAPI and AsyncAPI documents say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from services.gateway.api.asking import Asker
from services.gateway.api.gateway import Door, Gateway
from services.gateway.pages.site import page
from services.gateway.views.described import message, routes, tags, topics
from shared.http import not_found, require
from shared.security import Principal

router = APIRouter()
Reader = Annotated[Principal, Depends(require("interfaces.read"))]
OPENAPI = "/api/v1/openapi.json"
DOCUMENTS = {"OpenAPI": OPENAPI, "AsyncAPI": "/api/v1/asyncapi.json"}
FIRST_REQUEST = 'curl -H "authorization: Bearer $KEY" "$URL/api/v1/partners?limit=10"'


@router.get("/developers")
async def developers(request: Request, gateway: Door, ask: Asker, viewer: Reader) -> Response:
    """Where to begin: what a request looks like, the routes by subject, the topics."""
    described = await _routes(request, gateway, ask)
    return page(
        request,
        "developers.html",
        tags=tags(described),
        topics=topics(request.app.state.events()),
        documents=DOCUMENTS,
        first_request=FIRST_REQUEST,
    )


@router.get("/developers/api/{tag}")
async def of_tag(request: Request, tag: str, gateway: Door, ask: Asker, viewer: Reader) -> Response:
    """The routes of one subject, each with its parameters, body, answers and an example."""
    found = routes(await _routes(request, gateway, ask), tag)
    if not found:
        raise not_found("subject")
    return page(request, "developers_api.html", tag=tag, routes=found)


@router.get("/developers/events")
async def events(request: Request, viewer: Reader) -> Response:
    """The topics with their messages."""
    return page(request, "developers_events.html", topics=topics(request.app.state.events()))


@router.get("/developers/events/{name}")
async def event(request: Request, name: str, viewer: Reader) -> Response:
    """One message: its fields, the envelope around it, an example."""
    found = message(request.app.state.events(), name)
    if found is None:
        raise not_found("event")
    return page(request, "developers_event.html", event=found)


async def _routes(request: Request, gateway: Gateway, ask: Asker) -> dict[str, Any]:
    """Our own document, with the routes of the services that are processes of their own."""
    own = request.app.openapi()
    documents: list[Mapping[str, Any]] = [own]
    documents += [await ask(f"{place}{OPENAPI}") for place in dict.fromkeys(gateway.places.values()) if place]
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {}
    for document in documents:
        schemas |= document.get("components", {}).get("schemas", {})
        for path, methods in document["paths"].items():
            paths[path] = paths.get(path, {}) | methods
    return {"paths": paths, "components": {"schemas": schemas}}
