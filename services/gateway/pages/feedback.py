"""The page on which an agent says how a live session was: marks for each question, and words that are kept sealed."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from services.gateway.api.asking import Asker
from services.gateway.pages.acting import back, part, went_wrong
from services.gateway.pages.panel import Agent
from services.gateway.pages.site import page
from services.gateway.views.codes.people import QUESTIONS
from services.gateway.views.words import _
from shared.http import Problem, not_found

router = APIRouter()
ROUTE = "/api/v1/training/sessions"
Shown = Annotated[str, Query(max_length=400)]
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
    partner = next(iter(viewer.partners or ()), "")
    who = f"{quote(partner, safe='')}/{quote(viewer.agent or '', safe='')}"
    here = f"/training/sessions/{part(session)}/feedback"
    try:
        await ask.do(f"{ROUTE}/{quote(session, safe='')}/feedback/{who}", body)
    except Problem as problem:
        return back(here, wrong=went_wrong(problem))
    return back(here, _("Thank you. It is told without your name."))
