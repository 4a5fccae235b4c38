"""The pages of calls: a list to search in, and all that is known of one call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from msgspec.structs import replace

from services.gateway.api.asking import Asker, AsViewer
from services.gateway.api.gateway import Door, Looking, allowed_partner
from services.gateway.api.partner_files import tried
from services.gateway.api.readers import CallQuery, CallRow
from services.gateway.pages.acting import Short
from services.gateway.pages.call_results import results_of
from services.gateway.pages.site import page
from services.gateway.pages.tables import AsPage, Cell, Form, as_file
from services.gateway.views.codes.calls import (
    CALL_DIRECTIONS,
    CALL_FACTS,
    CALL_STATES,
    ITEM_VERDICTS,
    OUTCOMES,
    RESULTS,
)
from services.gateway.views.words import link
from shared.http import invalid, not_found

router = APIRouter()

Day = Annotated[str, Query(pattern=r"^(\d{4}-\d\d-\d\d)?$")]
COLUMNS = (
    "started_at", "answered_at", "ended_at", "call", "partner", "source", "campaign", "queue", "agent", "direction",
    "state", "outcome", "wait_ms", "talk_ms", "hold_ms", "wrap_ms", "disposition", "sale",
)  # fmt: skip
"""Of a file of calls: what is known of each, by the names that the API has for it."""


def after(last: str) -> str | None:
    """The day after a last day; 422 for what is no day."""
    if not last:
        return None
    try:
        return (date.fromisoformat(last) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError) as error:
        raise invalid("to", str(error)) from None


async def _rows(gateway: Door, query: CallQuery) -> AsyncIterator[Sequence[Cell]]:
    """All calls that match, page by page."""
    query = replace(query, cursor=None, limit=500)
    while True:
        found = await gateway.calls.find(query)
        for call in found.items:
            yield tuple(_cell(getattr(call, name)) for name in COLUMNS)
        if found.next is None:
            return
        query = replace(query, cursor=found.next)


def _cell(value: str | int | bool | datetime | None) -> Cell:
    if isinstance(value, datetime):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


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
    day: Day = "",
    to: Day = "",
    zone: Short = "",
    form: Form | AsPage = "",
    cursor: str | None = None,
) -> Response:
    """Calls, newest first, of `day`, or of all days until `to` with it, in `zone` (UTC without it); with `form` all of
    them as a file."""
    seen = allowed_partner(viewer, partner)
    query = CallQuery(
        partner=seen,
        campaign=campaign or None,
        agent=agent or None,
        state=state or None,
        disposition=disposition or None,
        day=day or None,
        until=after(to) if day else None,
        zone=zone or None,
        cursor=cursor,
    )
    if form:
        return as_file(form, f"calls {day}", COLUMNS, _rows(gateway, query))
    try:
        found = await gateway.calls.find(query)
    except (OverflowError, ValueError) as error:
        raise invalid("cursor", str(error)) from None
    names = await gateway.calls.names()
    asked = {name: getattr(query, name) for name in ("partner", "campaign", "agent", "state", "disposition", "day")}
    asked |= {"to": to, "zone": zone}
    return page(
        request,
        "calls.html",
        found=found,
        query=query,
        names=names,
        partners=names.choice(viewer.sees, seen),
        campaigns=names.of_partners(viewer.sees).campaigns,
        all_partners=viewer.partners is None,
        states=CALL_STATES,
        outcomes=OUTCOMES,
        result_words=RESULTS,
        more=link("/calls", **asked, cursor=found.next) if found.next else None,
        to=to,
        days_in=zone,
        may_see_agents=viewer.may("training.read"),
        file=lambda form: link("/calls", **asked, form=form),
        agent_name=names.agent,
    )


@router.get("/calls/{call:path}")
async def one_call(request: Request, gateway: Door, ask: Asker, viewer: Looking, call: str) -> Response:
    """One call: its summary, what came of it, the observations in order of time, the facts told, the items received."""
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
        states=CALL_STATES,
        outcomes=OUTCOMES,
        directions=CALL_DIRECTIONS,
        verdicts=ITEM_VERDICTS,
        fact_words=CALL_FACTS,
        result_words=RESULTS,
        may_open=viewer.may("administration"),
        evaluate=await _evaluation(ask, row) if viewer.may("quality.evaluate") else "",
        **await results_of(ask, viewer, row, gateway.now()),
        partner=names.partner(row.partner),
        campaign=names.campaign(row.campaign) if row.campaign else None,
        agent_name=lambda who: names.agent(row.partner, who),
    )


async def _evaluation(ask: AsViewer, row: CallRow) -> str:
    """Where the call is evaluated. Nothing while it goes on, or where no agent spoke: there is nothing to listen to.
    The day is the one on which it ended by the partner's clock."""
    if row.ended_at is None or not row.agent:
        return ""
    partner = await tried(ask(f"/api/v1/partners/{quote(row.partner, safe='')}"))
    if partner is None:
        return ""
    day = row.ended_at.astimezone(ZoneInfo(partner["time_zone"])).date()
    return link("/quality", partner=row.partner, call=row.call, day=day.isoformat())
