"""Who may ask which route of the training service, and what every route is given."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from shared.http import Deps, deps_of, must_see, must_see_agent, require
from shared.security import Principal

NAME = "training"
MOST_PER_PAGE = 500

Service = Annotated[Deps, Depends(deps_of(NAME))]
Anyone = Annotated[Principal, Depends(require("training.read"))]
"""Whoever has to do with training, but for agents."""
Everybody = Annotated[Principal, Depends(require("training.own"))]
"""Agents too: what concerns themselves."""
Agent = Annotated[Principal, Depends(require("panel"))]
Company = Annotated[Principal, Depends(require("training.read", "company"))]
"""Who sees all partners."""
Staff = Annotated[Principal, Depends(require("training.run", "company"))]
"""Who may change what concerns all partners."""
Controller = Annotated[Principal, Depends(require("quality.evaluate"))]
"""Who may evaluate calls, for the company or for a partner."""
Coach = Annotated[Principal, Depends(require("coaching.run"))]
Planner = Annotated[Principal, Depends(require("staffing.run"))]
Recruiter = Annotated[Principal, Depends(require("recruiting.run"))]


async def themselves(request: Request) -> Principal:
    """An agent for itself, or whoever runs the training of the partner; the path names both. 404 where it is another
    agent, or a partner that is not the caller's to see."""
    who = await require("training.own")(request)
    if who.role != "agent":
        await require("training.run")(request)
    partner, agent = request.path_params.get("partner_id", ""), request.path_params.get("agent", "")
    return allowed_for(who, partner, agent)


async def supervising(request: Request) -> Principal:
    """Whoever coaches the agents of the partner that the path names; 404 where that is not theirs to see."""
    who = await require("coaching.run")(request)
    must_see(who, request.path_params.get("partner_id", ""))
    return who


def allowed_for(who: Principal, partner: str, agent: str) -> Principal:
    """404 where an agent's matters are not the caller's to see: agents see their own."""
    must_see_agent(who, partner, agent)
    return who
