"""The page of commissions: what agents are paid for a month, and how each amount came about."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.api.gateway import Door, Paying, chosen_partner
from services.gateway.pages.acting import Short
from services.gateway.pages.site import page
from services.gateway.views.codes.calls import PAY_SOURCES
from shared.contracts.terms.values import shown
from shared.http import not_found

router = APIRouter()


@router.get("/commissions")
async def commissions(
    request: Request,
    gateway: Door,
    viewer: Paying,
    partner: Short = "",
    agent: Short = "",
    month: Annotated[str, Query(pattern=r"^(20\d\d-(0[1-9]|1[0-2]))?$")] = "",
) -> Response:
    """The statements of a partner's month; with `agent`, the one of that agent. Without a partner, the first one that
    the viewer may see; without a month, this one."""
    names = await gateway.calls.names()
    partners, chosen = chosen_partner(viewer, names, partner)
    of = month or gateway.commissions.this_month()
    statement = await gateway.commissions.statement(chosen, agent, of) if chosen and agent else None
    if agent and statement is None:
        raise not_found("statement")
    rows = await gateway.commissions.statements(chosen, of) if chosen and not agent else []
    return page(
        request,
        "commissions.html",
        partners=partners,
        partner=chosen,
        agent=agent,
        month=of,
        rows=rows,
        statement=statement,
        sources=PAY_SOURCES,
        amount=lambda minor, currency: shown(minor, currency) if currency else str(minor),
        agent_name=lambda who: names.agent(chosen, who),
    )
