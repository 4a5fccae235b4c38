"""The page of an agent's own quality: evaluations of its calls, and its conversations about steps of the panel."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response

from services.gateway.api.asking import Ask, Asker
from services.gateway.pages.acting import Shown, part
from services.gateway.pages.panel import Agent
from services.gateway.pages.quality import ROUTE, Short, conversations, options_of
from services.gateway.pages.site import page
from services.gateway.views.codes.people import PANEL_STEPS, PARTIES, SIDES
from shared.http import not_found

router = APIRouter()
MINE = "/quality/mine"
MOST = 100


@router.get(MINE)
async def mine(
    request: Request, ask: Asker, viewer: Agent, evaluation: Short = "", said: Shown = "", wrong: Shown = ""
) -> Response:
    """An agent's own evaluations, with the way to dispute them. `evaluation`: which of them is open."""
    listed, talks = await asyncio.gather(ask(f"{ROUTE}/evaluations", limit=MOST), conversations(ask))
    row = next((one for one in listed["items"] if one["evaluation"] == evaluation), None)
    return page(
        request,
        "my_quality.html",
        evaluations=listed["items"],
        opened=await _opened(ask, row) if row else None,
        talks=talks,
        answer_of=lambda question, answer: dict(options_of(question)).get(answer, answer),
        panel_steps=PANEL_STEPS,
        sides=SIDES,
        parties=PARTIES,
        said=said,
        wrong=wrong,
    )


async def _opened(ask: Ask, row: dict[str, Any]) -> dict[str, Any]:
    found, form = await asyncio.gather(
        ask(f"{ROUTE}/evaluations/{part(row['evaluation'])}"), ask(f"{ROUTE}/forms/{part(row['form'])}")
    )
    if found is None or form is None:
        raise not_found("evaluation")
    content = next(one["content"] for one in form["versions"] if one["version"] == row["version"])
    return {"row": row, "found": found, "questions": content["questions"]}
