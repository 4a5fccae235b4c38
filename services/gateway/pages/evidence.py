"""The page behind a figure: the calls that it counts, and amounts that add up to it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from msgspec.structs import replace

from services.gateway.api.gateway import Door, Looking, allowed_partner
from services.gateway.api.readers import Evidence, EvidenceQuery
from services.gateway.pages.site import page
from services.gateway.views.wallboard import key_of
from services.gateway.views.words import link
from shared.http import invalid, not_found

router = APIRouter()

Short = Annotated[str, Query(max_length=200)]


@router.get("/evidence")
async def evidence(
    request: Request,
    gateway: Door,
    viewer: Looking,
    measure: Annotated[str, Query(min_length=1, max_length=100)],
    over: Short = "",
    partner: Short = "",
    campaign: Short = "",
    agent: Short = "",
    day: Annotated[str, Query(pattern=r"^(\d{4}-\d\d-\d\d)?$")] = "",
    cursor: str | None = None,
) -> Response:
    """The calls behind `measure`; with `over`, the measure that it is divided by, for a ratio."""
    seen = allowed_partner(viewer, partner)
    of = {"partner": seen, "campaign": campaign, "agent": agent, "day": day}
    query = EvidenceQuery(
        measure=measure, partner=seen, campaign=campaign or None, agent=agent or None, day=day or None, cursor=cursor
    )
    found = await _ask(gateway, query)
    base = await _ask(gateway, replace(query, measure=over, cursor=None, limit=1)) if over else None
    names = await gateway.calls.names()
    shown = sum(item.amount for item in found.items)
    return page(
        request,
        "evidence.html",
        found=found,
        base=base,
        ratio=found.total / base.total if base and base.total else None,
        base_link=link("/evidence", measure=over, **of) if over else None,
        shown=shown,
        so_far=found.before + shown,
        more=link("/evidence", measure=measure, over=over, **of, cursor=found.next) if found.next else None,
        day=day,
        who=", ".join(
            name
            for name in (
                names.agents.get(key_of(seen or "", agent), agent),
                names.partners.get(seen or "", seen or ""),
                names.campaigns.get(campaign, campaign),
            )
            if name
        ),
        agent_name=lambda of, who: names.agents.get(key_of(of or "", who), who),
    )


async def _ask(gateway: Door, query: EvidenceQuery) -> Evidence:
    try:
        found = await gateway.evidence.evidence(query)
    except (OverflowError, ValueError) as error:
        raise invalid("cursor", str(error)) from None
    if found is None:
        raise not_found("measure")
    return found
