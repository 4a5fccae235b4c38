"""The routes of agents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.partners.api import examples
from services.partners.api.rules import MOST_PER_PAGE, Anyone, Manages, Service
from services.partners.domain.agent import RegisterAgent, agent, stream_id
from services.partners.views.agents import agents
from shared.http import body, command_id, json_response, limited, must_see, page, takes

router = APIRouter(prefix="/agents", tags=["agents"])


@router.post(
    "",
    status_code=201,
    summary="Name an agent",
    openapi_extra=takes(RegisterAgent),
    responses=examples.AGENT_REGISTERED,
)
async def register_agent(request: Request, deps: Service, who: Manages) -> Response:
    """Say an agent's name, team or languages. What is left out stays as it is known."""
    command = await body(request, RegisterAgent)
    must_see(who, command.partner_id)
    stream, by = stream_id(command.partner_id, command.agent), command_id(request)
    return json_response(await deps.door.handle(agent, stream, command, command_id=by, actor=who.name), status=201)


@router.get("", summary="All agents", responses=examples.AGENTS)
async def list_agents(
    deps: Service,
    who: Anyone,
    of_partner: Annotated[str | None, Query(alias="partner")] = None,
    team: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Response:
    """The agents that the caller may see, by partner and the vendor's id."""
    wanted = {name: value for name, value in (("partner", of_partner), ("team", team)) if value is not None}
    found = [(key, doc) for key, doc in await deps.reads.find(agents, wanted) if who.sees(doc.partner_id)]
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))
