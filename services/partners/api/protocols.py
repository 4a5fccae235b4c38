"""The routes of the protocols."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.partners.api import examples
from services.partners.api.papers import HTML, MARKDOWN, paper_response, wanted
from services.partners.api.rules import Anyone
from services.partners.papers.protocols import PROTOCOLS
from shared.http import json_response, not_found

router = APIRouter(prefix="/protocols", tags=["protocols"])


@router.get("", summary="All protocols", responses=examples.PROTOCOLS)
async def list_protocols(who: Anyone) -> Response:
    """By name, with what each is for."""
    rows = [
        {"name": name, "title": (paper := write()).title, "intro": paper.intro} for name, write in PROTOCOLS.items()
    ]
    return json_response({"items": rows, "next": None})


@router.get("/{name}", summary="One protocol", response_class=Response, responses=examples.PROTOCOL)
async def get_protocol(request: Request, name: str, who: Anyone) -> Response:
    """As Markdown with Mermaid; as a page with `.html` after the name, or for who accepts `text/html` more. It is
    written from the tables by which the system decides."""
    write = PROTOCOLS.get(name.removesuffix(".html"))
    if write is None:
        raise not_found("protocol")
    return paper_response(write(), HTML if name.endswith(".html") else wanted(request, MARKDOWN, HTML))
