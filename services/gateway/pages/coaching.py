"""The page of coaching: who is proposed and why, plans and what they brought, what worked, and contests."""

from __future__ import annotations

import asyncio
import secrets
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response

from services.gateway.api.asking import Ask, Asker, everything
from services.gateway.api.gateway import Door, Taught, allowed_partner
from services.gateway.pages.acting import Short, Shown, back, went_wrong
from services.gateway.pages.site import page
from services.gateway.views.codes.people import COACHING_APPROACHES, COACHING_PROBLEMS, COACHING_STATES
from services.gateway.views.words import _
from shared.http import Problem, require
from shared.security import Principal

router = APIRouter()
Coach = Annotated[Principal, Depends(require("coaching.run"))]
Said = Annotated[str, Form(max_length=200)]

HERE, ROUTE = "/coaching", "/api/v1/training"
PER_PAGE = 200
MOST_CONTESTS = 5
"""So many of those that run are shown with how they stand."""
LOOKED_AT_AFTER = timedelta(weeks=13)


@router.get("/coaching")
async def coaching(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Taught,
    partner: Short = "",
    agent: Short = "",
    said: Shown = "",
    wrong: Shown = "",
) -> Response:
    """All of the partner that the viewer chose, or of all; with `agent`, a form to start coaching. `said`: what came of
    the last one."""
    chosen = allowed_partner(viewer, partner)
    looked, plans, library, contests, names = await asyncio.gather(
        ask(f"{ROUTE}/coaching/proposals", partner=chosen),
        everything(ask, f"{ROUTE}/coaching/plans", partner=chosen, limit=PER_PAGE),
        everything(ask, f"{ROUTE}/coaching/library"),
        _contests(ask, chosen),
        gateway.calls.names(),
    )
    monday = _monday(date.fromisoformat(looked["window"]["until"]))
    return page(
        request,
        "coaching.html",
        partners=names.choice(viewer.sees, chosen),
        partner=chosen or "",
        agent=agent if chosen else "",
        looked=looked,
        plans=sorted(plans, key=lambda one: (one["started"]["begins"], one["plan"]), reverse=True),
        library=library,
        contests=contests,
        form={
            "plan": f"plan-{secrets.token_hex(5)}",
            "begins": monday.isoformat(),
            "measured_on": (monday + LOOKED_AT_AFTER).isoformat(),
        },
        may_start=viewer.may("coaching.run"),
        problems=COACHING_PROBLEMS,
        approaches=COACHING_APPROACHES,
        states=COACHING_STATES,
        said=said,
        wrong=wrong,
        state_of=state_of,
        partner_name=names.partner,
        agent_name=names.agent,
    )


@router.post("/coaching/{partner}/{plan}")
async def start(
    ask: Asker,
    viewer: Coach,
    partner: str,
    plan: str,
    agent: Said,
    problem: Said,
    approach: Said,
    goal: Said,
    begins: Said,
    measured_on: Said,
) -> Response:
    """Start coaching; why it can't be is told. The plan's id was in the form: sent twice, it is one plan."""
    body = {
        "agent": agent,
        "problem": problem,
        "approach": approach,
        "goal": goal,
        "begins": begins,
        "measured_on": measured_on,
    }
    try:
        await ask.do(f"{ROUTE}/coaching/{quote(partner, safe='')}/plans/{quote(plan, safe='')}", body)
    except Problem as problem_said:
        return back(HERE, wrong=went_wrong(problem_said), partner=partner, agent=agent)
    return back(HERE, _("Coaching is planned."), partner=partner)


def state_of(plan: dict[str, Any]) -> str:
    """How far a plan is."""
    return "withdrawn" if plan["withdrawn"] else "measured" if plan["measured"] else "running"


async def _contests(ask: Ask, partner: str | None) -> list[dict[str, Any]]:
    found = await everything(ask, f"{ROUTE}/contests", partner=partner, limit=PER_PAGE)
    open_ = [one for one in found if not one["cancelled"] and one["opened"]]
    open_.sort(key=lambda one: (one["opened"]["ends"], one["contest"]), reverse=True)
    paths = [
        f"{ROUTE}/contests/{quote(one['partner_id'], safe='')}/{quote(one['contest'], safe='')}"
        for one in open_[:MOST_CONTESTS]
    ]
    return [one for one in await asyncio.gather(*(ask(path) for path in paths)) if one is not None]


def _monday(day: date) -> date:
    """The next one after a week that runs: `day` is its first day."""
    return day + timedelta(weeks=1)
