"""The page of quality: samples and their calls, evaluating, how far both sides agree, and where agents struggle."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from services.gateway.api.gateway import Door
from services.gateway.pages.site import embedded_words, page
from services.gateway.views.words import _
from shared.clock import now
from shared.http import require
from shared.security import Principal

router = APIRouter()
Controller = Annotated[Principal, Depends(require("quality.evaluate"))]
LOOKS_BACK = timedelta(days=28)
WHY = {
    "random": _("At random"),
    "stratum": _("By agent and result"),
    "very_short": _("Very short"),
    "very_long": _("Very long"),
    "cancelled_sale": _("Sale cancelled"),
}
STATES = {
    "to_do": _("To evaluate"),
    "waiting": _("Waits for the other side"),
    "recorded": _("In the open"),
    "disputed": _("Disputed"),
}
SIDES = {"company": _("The company"), "partner": _("The partner")}
VERDICTS = {
    "reliable": _("Reliable"),
    "tentative": _("Tentative"),
    "unreliable": _("Not reliable"),
    "no_variation": _("No two answers differ"),
    "too_few": _("Too few calls"),
}
WORDS = {
    "no_samples": _("No sample has been drawn."),
    "evaluate": _("Evaluate"),
    "evaluate_of": _("Evaluate {call}"),
    "open": _("Open"),
    "open_of": _("Open {call}"),
    "na": _("Does not apply"),
    "fatal": _("fails the call"),
    "note": _("Note"),
    "note_on": _("Note on: {question}"),
    "score": _("{side}: {percent} %"),
    "failed_by": _("fails by: {questions}"),
    "survey": _("The customer answered: {field} {answer}"),
    "sealed": _("in words of their own"),
    "sent": _("Kept."),
    "drawn": _("Drawn of {population} talks."),
    "not_known": _("–"),
    "no_struggles": _("Nobody stands out."),
    "nothing_held": _("Nothing is held of these days."),
    "speak": _("Speak about it"),
    "speak_to": _("What you want to say to {agent}"),
    "speak_about": _("Speak to {agent} about {step}"),
    "spoken": _("The agent sees it now."),
    "lenient": _("The company’s score less the partner’s, on average: {points} points. Calls: {calls}."),
    "failed": _("Not done: {why}"),
}


@router.get("/quality")
async def quality(request: Request, gateway: Door, viewer: Controller) -> Response:
    """The page; its scripts ask for everything else. A side sees nothing of the other's evaluation before both are
    in: that is the service's to know, and not the page's."""
    names = await gateway.calls.names()
    seen = {id_: name for id_, name in names.partners.items() if viewer.sees(id_)}
    today = now().date()
    told = {
        "words": WORDS,
        "why": WHY,
        "states": STATES,
        "sides": SIDES,
        "verdicts": VERDICTS,
        "partners": seen,
        "side": "partner" if viewer.role == "partner" else "company",
        "leads": viewer.may("coaching.run"),
        "from": (today - LOOKS_BACK).isoformat(),
        "to": (today + timedelta(days=1)).isoformat(),
    }
    return page(
        request,
        "quality.html",
        data=embedded_words(told),
        leads=viewer.may("coaching.run"),
        partners=seen,
        why=WHY,
        first=(today - timedelta(days=7)).isoformat(),
        last=(today - timedelta(days=1)).isoformat(),
    )
