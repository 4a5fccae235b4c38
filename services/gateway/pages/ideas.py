"""The page of ideas: agents propose and vote, the company answers, and what came true shows what it brought."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from services.gateway.api.asking import Asker
from services.gateway.api.gateway import Door
from services.gateway.pages.site import embedded_words, page
from services.gateway.views.codes.people import IDEA_STATUSES, IDEA_SUBJECTS, PANEL_STEPS
from services.gateway.views.inputs import key_of
from services.gateway.views.words import _
from shared.clock import now
from shared.http import require
from shared.security import Principal

router = APIRouter()
Anyone = Annotated[Principal, Depends(require("training.own"))]
"""Agents too."""
ROUTE = "/api/v1/training/ideas"
ANSWERS = ("considered", "planned", "declined")
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
WORDS = {
    "none": _("Nobody has had an idea yet."),
    "mine": _("yours"),
    "vote": _("Vote"),
    "vote_for": _("Vote for: {text}"),
    "back": _("Take back"),
    "back_from": _("Take the vote back from: {text}"),
    "gone": _("The words are not kept any more."),
    "by": _("by {authors}"),
    "votes": _("Votes: {n}"),
    "reply": _("Answer"),
    "status_of": _("What becomes of: {text}"),
    "reply_to": _("To the author of: {text}"),
    "send": _("Send"),
    "send_to": _("Send the answer about: {text}"),
    "merge": _("Merge"),
    "merge_of": _("Merge into another: {text}"),
    "merge_into": _("The same as: {text}"),
    "choose": _("Same as …"),
    "ship": _("It came true"),
    "ship_of": _("Say that it came true: {text}"),
    "since": _("Since when: {text}"),
    "told": _("What the authors are told: {text}"),
    "watch": _("What it is to move: {text}"),
    "step": _("At which step: {text}"),
    "campaign": _("Of which campaign, or of all: {text}"),
    "campaign_short": _("Campaign, or all"),
    "measure": _("Measure"),
    "measure_of": _("Measure what it brought: {text}"),
    "days": _("Days before and after: {text}"),
    "proposed": _("It is there."),
    "failed": _("Not done: {why}"),
}


@router.get("/ideas")
async def ideas(request: Request, gateway: Door, ask: Asker, viewer: Anyone) -> Response:
    """The page; its script asks for everything else. Agents reach it from their panel, and nothing else from it."""
    agent = viewer.role == "agent"
    credited, known = await asyncio.gather(ask(f"{ROUTE}/credits"), gateway.calls.names())
    authors = [key_of(one["partner"], one["agent"]) for one in credited["items"]]
    told = {
        "words": WORDS,
        "subjects": IDEA_SUBJECTS,
        "statuses": IDEA_STATUSES,
        "answers": ANSWERS,
        "verdicts": VERDICTS,
        "watched": WATCHED,
        "steps": PANEL_STEPS,
        "names": {key: known.agents[key] for key in authors if key in known.agents},
        "today": now().date().isoformat(),
        "proposes": agent,
        "answers_too": viewer.may("training.run") and viewer.partners is None,
    }
    return page(
        request,
        "ideas.html",
        data=embedded_words(told),
        proposes=agent,
        subjects=IDEA_SUBJECTS,
    )
