"""Pages for those who build on Tallyline: every route and every event, as the OpenAPI and AsyncAPI documents say."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from services.gateway.pages.site import page
from services.gateway.views.described import message, routes, tags, topics
from shared.http import not_found, require
from shared.http.described import OPENAPI
from shared.security import Principal

router = APIRouter()
Reader = Annotated[Principal, Depends(require("interfaces.read"))]
DOCUMENTS = {"OpenAPI": OPENAPI, "AsyncAPI": "/api/v1/asyncapi.json"}
FIRST_REQUEST = 'curl -H "authorization: Bearer $KEY" "$URL/api/v1/partners?limit=10"'


@router.get("/developers")
async def developers(request: Request, viewer: Reader) -> Response:
    """Where to begin: what a request looks like, the routes by subject, the topics."""
    described = request.app.openapi()
    return page(
        request,
        "developers.html",
        tags=tags(described),
        topics=topics(request.app.state.events()),
        documents=DOCUMENTS,
        first_request=FIRST_REQUEST,
    )


@router.get("/developers/api/{tag}")
async def of_tag(request: Request, tag: str, viewer: Reader) -> Response:
    """The routes of one subject, each with its parameters, body, answers and an example."""
    found = routes(request.app.openapi(), tag)
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
