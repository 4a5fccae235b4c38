"""The page on which an agent says how a live session was: marks for each question, and words that are kept sealed."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from services.gateway.api.asking import Asker
from services.gateway.pages.acting import Shown, carried_out, part, place_of
from services.gateway.pages.panel import Agent
from services.gateway.pages.site import page
from services.gateway.views.codes.people import QUESTIONS
from services.gateway.views.words import _
from shared.http import not_found

router = APIRouter()
ROUTE = "/api/v1/training/sessions"
MARKS = (1, 2, 3, 4, 5)
MOST = 2_000


@router.get("/training/sessions/{session}/feedback")
async def feedback(
    request: Request, ask: Asker, viewer: Agent, session: str, said: Shown = "", wrong: Shown = ""
) -> Response:
    """The form of a session to which the agent was invited; `said` and `wrong`: what came of sending it."""
    found = await ask(f"{ROUTE}/{quote(session, safe='')}")
    if found is None:
        raise not_found("session")
    form = await ask(f"{ROUTE}/form")
    return page(
        request,
        "feedback.html",
        session=session,
        title=found["planned"]["title"],
        held=found["state"] == "held",
        questions=[one | {"text": QUESTIONS.get(one["question"], one["text"])} for one in form["items"]],
        marks=MARKS,
        most=MOST,
        said=said,
        wrong=wrong,
    )


@router.post("/training/sessions/{session}/feedback")
async def give(request: Request, ask: Asker, viewer: Agent, session: str) -> Response:
    """Said again, the last word holds. Why it can't be taken is told."""
    given = await request.form()
    names = [one["question"] for one in (await ask(f"{ROUTE}/form"))["items"]]
    marks = {name: int(text) for name in names if (text := str(given.get(name, ""))).isdecimal() and len(text) == 1}
    body = {"marks": marks, "comment": str(given.get("comment", ""))[:MOST]}
    who = "/".join(quote(one, safe="") for one in place_of(viewer))
    here = f"/training/sessions/{part(session)}/feedback"
    path = f"{ROUTE}/{quote(session, safe='')}/feedback/{who}"
    return await carried_out(ask.do(path, body), here, _("Thank you. It is told without your name."))
