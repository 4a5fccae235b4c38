"""Who may ask which route of the training service, and what every route is given."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from shared.http import Deps, anybody, authenticated, deps_of, must_see, not_found, require, require_all_partners
from shared.security import Principal

NAME = "training"
MOST_PER_PAGE = 500

Service = Annotated[Deps, Depends(deps_of(NAME))]
Anyone = Annotated[Principal, Depends(authenticated)]
"""Whoever is signed in, but for agents."""
Everybody = Annotated[Principal, Depends(anybody)]
"""Agents too: what concerns themselves."""
Admin = Annotated[Principal, Depends(require("admin"))]
Company = Annotated[Principal, Depends(require_all_partners("admin", "viewer"))]
"""Who sees all partners."""
Staff = Annotated[Principal, Depends(require_all_partners("admin"))]
"""Who may change what concerns all partners."""


def themselves(request: Request) -> Principal:
    """An agent for itself, or an administrator who sees the partner; the path names both. 404 where it is another
    agent, or a partner that is not the caller's to see."""
    who = require("admin", "agent")(request)
    partner, agent = request.path_params.get("partner_id", ""), request.path_params.get("agent", "")
    return allowed_for(who, partner, agent)


def allowed_for(who: Principal, partner: str, agent: str) -> Principal:
    """404 where an agent's matters are not the caller's to see: agents see their own."""
    must_see(who, partner)
    if who.role == "agent" and who.agent != agent:
        raise not_found("agent")
    return who
