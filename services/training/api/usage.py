"""The routes of the panel's use: told by the panel, shown to the agent whom it is about, and compared with peers."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from services.training.api import usage_examples as examples
from services.training.api.callers import Agent, Coach, Service
from services.training.measuring.struggles import struggles
from services.training.measuring.usage import TOLD, UsageDay, Visit
from services.training.usage import Usage
from services.training.views.conversations import conversations
from shared.http import Problem, body, invalid, json_response, must_see, takes
from shared.http.requests import Day
from shared.security import Principal

router = APIRouter(tags=["usage"])


async def _usage(request: Request) -> Usage:
    found: Usage = request.app.state.panel_usage
    return found


AtUsage = Annotated[Usage, Depends(_usage)]


class Batch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Visits of steps, as the panel saw them end. `batch`: its own id of them, so that a repeat counts once."""

    batch: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16,64}$(?!\n)")]
    visits: Annotated[tuple[Visit, ...], msgspec.Meta(min_length=1, max_length=200)]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """All that is held of an agent. `collecting`: whether anything is taken now; `kept_days`: after so many days a day
    is deleted; `told`: what is counted, in words."""

    collecting: bool
    kept_days: int
    told: str
    days: list[UsageDay]


@router.post(
    "/usage", status_code=202, summary="Tell of the panel's use", openapi_extra=takes(Batch), responses=examples.TAKEN
)
async def take_usage(request: Request, usage: AtUsage, who: Agent) -> Response:
    """In batches, by the panel of an agent. What can be told is a closed list of words, and numbers: never keys,
    entries or customers. 409 `usage_off` where the company collects nothing."""
    asked = await body(request, Batch)
    partner, agent = _place(who)
    if not usage.on:
        raise Problem(409, "usage_off", "Nothing is collected.")
    counted = await usage.add(partner, agent, asked.batch, asked.visits)
    return json_response({"counted": len(asked.visits) if counted else 0}, status=202)


@router.get("/usage/mine", summary="What is held of me", responses=examples.MINE)
async def show_mine(usage: AtUsage, who: Agent) -> Response:
    """All of it, day by day: there is nothing else."""
    days = await usage.of_agent(*_place(who))
    return json_response(Held(collecting=usage.on, kept_days=usage.days, told=TOLD, days=days))


@router.get("/struggles", summary="Who struggles where", responses=examples.STRUGGLES)
async def show_struggles(
    deps: Service,
    usage: AtUsage,
    who: Coach,
    partner: Annotated[str, Query(description="Of this partner's agents.")],
    since: Annotated[Day, Query(alias="from", description="Use of this day (UTC) or later.")],
    until: Annotated[Day, Query(alias="to", description="Use before this day (UTC).")],
) -> Response:
    """Agents whose share of visits to a step that go wrong is larger than luck and the usual differences between their
    peers explain, with the share of false findings held over all comparisons; and each step over all agents. Nothing is
    said of agents with few visits, nor of steps that few agents use. 422 where the range is empty."""
    must_see(who, partner)
    if until <= since:
        raise invalid("to", "must be after `from`")
    days = await usage.of_partner(partner, since.isoformat(), until.isoformat())
    asked: dict[str, int] = {}
    for _, doc in await deps.reads.find(conversations, {"partner": partner}):
        started = doc.started
        if started is not None and started.party == "agent" and since <= started.at.date() < until:
            asked[started.agent] = asked.get(started.agent, 0) + 1
    return json_response(await asyncio.to_thread(struggles, days, asked))


def _place(who: Principal) -> tuple[str, str]:
    """The agent's partner and its id there."""
    (partner,) = who.partners or ("",)
    return partner, who.agent or ""
