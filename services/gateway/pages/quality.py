"""The pages of quality: samples, evaluating, agreement, and where agents struggle; for an agent, what is its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from services.gateway.api.gateway import Door
from services.gateway.pages.site import embedded_words, page
from services.gateway.views.codes.calls import RESULTS
from services.gateway.views.codes.people import (
    AGREEMENT_VERDICTS,
    EVALUATION_STATES,
    PANEL_STEPS,
    PARTIES,
    SAMPLE_REASONS,
    SIDES,
    TALK_OUTCOMES,
)
from services.gateway.views.words import _
from shared.clock import now
from shared.http import require
from shared.security import Principal

router = APIRouter()
Controller = Annotated[Principal, Depends(require("quality.evaluate"))]
Agent = Annotated[Principal, Depends(require("panel"))]
LOOKS_BACK = timedelta(days=28)
TALKING = {
    "none_open": _("No conversation is open."),
    "with": _("Agent {agent}: {step}"),
    "message": _("{who}: {text}"),
    "gone": _("The words are not kept any more."),
    "reply": _("Answer"),
    "reply_to": _("Your answer about: {step}"),
    "outcome_of": _("What came of it: {step}"),
    "close": _("Close"),
    "close_of": _("Close the conversation about: {step}"),
    "failed": _("Not done: {why}"),
}
DISPUTES = {
    "dispute": _("{who} disputes {questions}: {text}"),
    "everything": _("everything"),
    "answered": _("Answer of who evaluated: {text}"),
    "stands": _("It stands: {text}"),
    "changed": _("It was changed: {text}"),
    "decide": _("It stands"),
    "decide_why": _("Why it stands"),
    "change": _("Change it"),
    "change_why": _("Why it is changed"),
    "change_answer": _("Answer that holds: {question}"),
    "answer": _("Answer"),
    "answer_why": _("Why you evaluated so"),
}
WORDS = {
    **TALKING,
    **DISPUTES,
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
async def quality(
    request: Request,
    gateway: Door,
    viewer: Controller,
    partner: Annotated[str, Query(max_length=200)] = "",
    call: Annotated[str, Query(max_length=300)] = "",
    day: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """The page; its scripts ask for everything else. A side sees nothing of the other's evaluation before both are
    in: that is the service's to know, and not the page's. `partner`, `call` and `day` fill in which call is picked."""
    seen = (await gateway.calls.names()).of_partners(viewer.sees)
    today = now().date()
    told = {
        "words": WORDS,
        "why": SAMPLE_REASONS,
        "states": EVALUATION_STATES,
        "sides": SIDES,
        "verdicts": AGREEMENT_VERDICTS,
        "partners": seen.partners,
        "agents": seen.agents,
        "results": RESULTS,
        "steps": PANEL_STEPS,
        "parties": PARTIES,
        "outcomes": TALK_OUTCOMES,
        "me": viewer.name,
        "decides": viewer.may("training.run") and viewer.partners is None,
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
        partners=seen.partners,
        why=SAMPLE_REASONS,
        first=(today - timedelta(days=7)).isoformat(),
        last=(today - timedelta(days=1)).isoformat(),
        picked={"partner": partner, "call": call, "day": day},
    )


MINE = {
    **TALKING,
    "with": "{step}",
    **DISPUTES,
    "none": _("No call of yours is evaluated yet."),
    "score": _("{side}: {percent} %"),
    "failed_by": _("fails by: {questions}"),
    "open_of": _("Call {call} on {day}"),
    "na": _("Does not apply"),
    "against": _("Which one"),
    "why": _("What is wrong with it"),
    "send": _("Dispute"),
    "disputed": _("It will be answered here."),
    "asked": _("Somebody will answer here."),
}


@router.get("/quality/mine")
async def mine(request: Request, viewer: Agent) -> Response:
    """An agent's own evaluations, with the way to dispute them, and its conversations about steps of the panel."""
    told = {"words": MINE, "sides": SIDES, "parties": PARTIES, "steps": PANEL_STEPS, "leads": False}
    return page(request, "my_quality.html", data=embedded_words(told), steps=PANEL_STEPS)
