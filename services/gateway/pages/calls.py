"""The pages of calls: a list to search in, and all that is known of one call."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.api.gateway import Door, Looking, allowed_partner
from services.gateway.api.readers import CallQuery
from services.gateway.pages.site import page
from services.gateway.views.wallboard import key_of
from services.gateway.views.words import _, link
from shared.contracts.codes import DISPOSITIONS
from shared.http import invalid, not_found

router = APIRouter()

STATES = {
    "waiting": _("Waiting"),
    "in_progress": _("In progress"),
    "ended": _("Ended"),
    "no_end": _("No end came"),
    "unclear": _("Not clear"),
}
Short = Annotated[str, Query(max_length=200)]


@router.get("/calls")
async def calls(
    request: Request,
    gateway: Door,
    viewer: Looking,
    partner: Short = "",
    campaign: Short = "",
    agent: Short = "",
    state: Short = "",
    disposition: Short = "",
    day: Annotated[str, Query(pattern=r"^(\d{4}-\d\d-\d\d)?$")] = "",
    cursor: str | None = None,
) -> Response:
    """Calls, newest first."""
    seen = allowed_partner(viewer, partner)
    query = CallQuery(
        partner=seen,
        campaign=campaign or None,
        agent=agent or None,
        state=state or None,
        disposition=disposition or None,
        day=day or None,
        cursor=cursor,
    )
    try:
        found = await gateway.calls.find(query)
    except (OverflowError, ValueError) as error:
        raise invalid("cursor", str(error)) from None
    names = await gateway.calls.names()
    asked = {name: getattr(query, name) for name in ("partner", "campaign", "agent", "state", "disposition", "day")}
    partners = {key: name for key, name in names.partners.items() if viewer.sees(key)}
    return page(
        request,
        "calls.html",
        found=found,
        query=query,
        names=names,
        partners=partners,
        all_partners=viewer.partners is None,
        states=STATES,
        dispositions=sorted(DISPOSITIONS),
        more=link("/calls", **asked, cursor=found.next) if found.next else None,
        agent_name=lambda of, who: names.agents.get(key_of(of, who), who),
    )


@router.get("/calls/{call:path}")
async def one_call(request: Request, gateway: Door, viewer: Looking, call: str) -> Response:
    """One call: its summary, the observations in order of time, the facts told, the items received."""
    detail = await gateway.calls.get(call)
    if detail is None or not viewer.sees(detail.row.partner):
        raise not_found("call")
    names = await gateway.calls.names()
    row = detail.row
    return page(
        request,
        "call.html",
        call=row,
        detail=detail,
        observations=sorted(detail.observations, key=lambda seen: seen.at),
        facts=sorted(detail.facts, key=lambda fact: (fact.at, fact.position)),
        items=sorted(detail.items, key=lambda item: (item.received_at, item.key)),
        states=STATES,
        may_open=viewer.may("administration"),
        partner=names.partners.get(row.partner, row.partner),
        campaign=names.campaigns.get(row.campaign or "", row.campaign),
        agent_name=lambda who: names.agents.get(key_of(row.partner, who), who),
    )
