"""The page of ideas: agents propose and vote, the company answers, and what came true shows what it brought."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from services.gateway.api.asking import Asker, AsViewer, everything
from services.gateway.api.gateway import Door
from services.gateway.pages.acting import Form, Shown, carried_out, part, whole
from services.gateway.pages.site import page
from services.gateway.views.codes.people import IDEA_STATUSES, IDEA_SUBJECTS, PANEL_STEPS
from services.gateway.views.words import _
from shared.clock import now
from shared.http import require
from shared.security import Principal

router = APIRouter()
Anyone = Annotated[Principal, Depends(require("training.own"))]
"""Agents too."""
Staff = Annotated[Principal, Depends(require("training.run", "company"))]
HERE, ROUTE = "/ideas", "/api/v1/training/ideas"
ANSWERS = ("considered", "planned", "declined")
SETTLED = ("shipped", "declined")
VERDICTS = {
    "improved": _("better by {effect} points ({low} to {high})"),
    "worse": _("worse by {effect} points ({low} to {high})"),
    "no_effect_seen": _("no effect seen ({low} to {high} points)"),
    "too_few": _("too few to say"),
}
WATCHED = {
    "": _("Nothing that is counted"),
    "failed": _("Fewer visits with a mistake"),
    "back": _("Fewer visits that come back"),
    "abandoned": _("Fewer visits left unfinished"),
    "sales": _("More talks with a sale"),
}
PER_PAGE = 500


@router.get(HERE)
async def ideas(
    request: Request, gateway: Door, ask: Asker, viewer: Anyone, said: Shown = "", wrong: Shown = ""
) -> Response:
    """All that the viewer may see. Agents reach it from their panel, and nothing else from it."""
    found, known = await asyncio.gather(everything(ask, ROUTE, limit=PER_PAGE), gateway.calls.names())

    def authors(one: dict[str, Any]) -> str:
        return ", ".join(known.agent(one["partner"], agent) for agent in one["authors"])

    return page(
        request,
        "ideas.html",
        ideas=found,
        authors=authors,
        said=said,
        wrong=wrong,
        proposes=viewer.role == "agent",
        answers_too=viewer.may("training.run") and viewer.partners is None,
        subjects=IDEA_SUBJECTS,
        statuses=IDEA_STATUSES,
        settled=SETTLED,
        answers=ANSWERS,
        verdicts=VERDICTS,
        watched=WATCHED,
        panel_steps=PANEL_STEPS,
        today=now().date().isoformat(),
    )


@router.post(HERE)
async def propose(ask: Asker, viewer: Anyone, form: Form) -> Response:
    """As an agent."""
    return await carried_out(ask.do(ROUTE, form.some("subject", "text")), HERE, _("It is proposed."))


@router.post(HERE + "/{idea}/vote")
async def vote(ask: Asker, viewer: Anyone, form: Form, idea: str) -> Response:
    """For it, or not any more."""
    takes_back = form.text("what") == "back"
    return await _do(ask, idea, "vote", {}, "DELETE" if takes_back else "POST")


@router.post(HERE + "/{idea}/answer")
async def answer(ask: Asker, viewer: Staff, form: Form, idea: str) -> Response:
    """What becomes of it."""
    return await _do(ask, idea, "answer", form.some("status", "text"))


@router.post(HERE + "/{idea}/shipping")
async def ship(ask: Asker, viewer: Staff, form: Form, idea: str) -> Response:
    """It came true. Where it is measured by sales a campaign may be named, else it is a step."""
    body, measure = form.some("on", "text"), form.text("measure")
    if measure:
        place = form.some("campaign") if measure == "sales" else form.some("step")
        body["watched"] = {"measure": measure, **place}
    return await _do(ask, idea, "shipping", body)


@router.post(HERE + "/{idea}/measurement")
async def measure(ask: Asker, viewer: Staff, form: Form, idea: str) -> Response:
    """What it brought."""
    days = form.text("days")
    return await _do(ask, idea, "measurement", {"days": whole(days) or 0} if days else {})


@router.post(HERE + "/{idea}/merge")
async def merge(ask: Asker, viewer: Staff, form: Form, idea: str) -> Response:
    """It is the same as another."""
    return await _do(ask, idea, "merge", form.some("into"))


async def _do(ask: AsViewer, idea: str, what: str, body: dict[str, Any], method: str = "POST") -> Response:
    return await carried_out(ask.do(f"{ROUTE}/{part(idea)}/{what}", body, method), HERE, _("Kept."))
