"""The page of one live session: who was invited and came, and what the session was worth to them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request, Response

from services.gateway.api.asking import Asker
from services.gateway.api.gateway import Door, Taught
from services.gateway.pages.acting import part
from services.gateway.pages.site import page
from services.gateway.pages.training import local
from services.gateway.views.codes.people import QUESTIONS, SESSION_STATES
from services.gateway.views.words import decimal
from shared.http import not_found

router = APIRouter()
ROUTE = "/api/v1/training/sessions"


@router.get("/training/sessions/{session}")
async def session_page(request: Request, gateway: Door, ask: Asker, viewer: Taught, session: str) -> Response:
    """One session as the viewer may see it: agents, and comments, of their partners alone. 404 where there is none."""
    at = f"{ROUTE}/{part(session)}"
    found = await ask(at)
    if found is None:
        raise not_found("session")
    said = await ask(f"{at}/comments")
    planned = {"trainer": ""} | found["planned"]
    planned["starts_at"] = datetime.fromisoformat(planned["starts_at"])
    course = await ask(f"/api/v1/training/courses/{part(planned['course'])}")
    coming = [one for one in found["invitations"] if not one["withdrawn"]]
    return page(
        request,
        "session.html",
        found=found,
        planned=planned,
        course=title_of(course) or planned["course"],
        invited=len(coming),
        present=sum(one["present"] is True for one in coming),
        questions=[(name, QUESTIONS.get(name, name)) for name in found["feedback"]["means"]],
        comments=said["items"] if said else [],
        restricted=viewer.partners is not None,
        states=SESSION_STATES,
        names=await gateway.calls.names(),
        local=local,
        mark=lambda text: decimal(Decimal(text)),
    )


def title_of(course: dict[str, Any] | None) -> str:
    """How a course is called; nothing of one that is not there."""
    return str(((course or {}).get("described") or {}).get("title", ""))
