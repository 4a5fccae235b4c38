"""The routes of leads: the next one for an agent, attempts, promises to call back, and how they were kept."""

from __future__ import annotations

import logging
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from services.calls.api import lead_examples as examples
from services.calls.api.callers import MOST_PER_PAGE, Anyone, Everybody, Seller, Service
from services.calls.api.lead_desk import (
    AtLeads,
    at_work_on,
    lead_of,
    list_of,
    masked_numbers,
    must_be,
    rules_of,
    told_lead,
)
from services.calls.domain.lead import (
    Lead,
    Name,
    NoteAttempt,
    check_result,
    released,
    resulted,
    shown,
)
from services.calls.domain.recall import Said
from services.calls.events.leads import LeadState, RecallRules
from services.calls.views.leads import KnownLeadList
from shared.contracts.codes import disposition
from shared.http import (
    Problem,
    as_read_now,
    body,
    command_id,
    invalid,
    json_response,
    limited,
    must_see,
    not_found,
    takes,
)
from shared.kernel import Rejected

log = logging.getLogger(__name__)

router = APIRouter(prefix="/api/v1", tags=["leads"])


class NextLead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which lead is the agent to call? Of one list (`list`), or of all lists of a `partner` for a `campaign`."""

    agent: Name
    list: Name | None = None
    partner: Name | None = None
    campaign: Name | None = None


class Release(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The agent does not call it now."""

    agent: Name


@router.get("/leads", summary="Leads of a list", responses=examples.LEADS)
async def show_leads(
    deps: Service,
    desk: AtLeads,
    who: Anyone,
    list_id: Annotated[str, Query(alias="list")],
    state: LeadState | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Response:
    """One page, with masked numbers."""
    one = await list_of(desk, who, list_id)
    try:
        leads, following = await desk.leads.page(list_id, state, limited(limit, MOST_PER_PAGE), cursor)
    except ValueError:
        raise invalid("cursor", "not a cursor of this list") from None
    numbers = await masked_numbers(deps, [lead.customer_ref for lead in leads])
    items = [{**shown(lead, one.rules), "number": numbers.get(lead.customer_ref)} for lead in leads]
    return json_response({"items": items, "next": following})


@router.post("/leads/next", summary="The next lead", openapi_extra=takes(NextLead), responses=examples.NEXT)
async def next_lead(request: Request, deps: Service, desk: AtLeads, who: Seller) -> Response:
    """Callbacks that are due come first, the agent's own before any, then recalls that are due, then fresh leads by
    priority; only where it is a time to call by the list, and by the rules of selling of the company and the campaign
    for the customer's country and clock, and never a number that may not be called. The lead is the agent's until
    `held_until`; who asks again has it still. 409 `no_lead` when there is none now, with what the rules say against
    it."""
    said = await body(request, NextLead)
    must_be(who, said.agent)
    if said.list is not None:
        lists = [await list_of(desk, who, said.list)]
    elif said.partner is not None:
        must_see(who, said.partner)
        known = await desk.leads.lists_of(said.partner)
        lists = [one for one in known if said.campaign in (None, one.campaign)]
    else:
        raise invalid("list", "name a list, or a partner")
    now = deps.clock()
    given = await desk.leads.next(lists, said.agent, now)
    if given is None:
        against = await desk.leads.why_none(lists, now)
        why = f" {against[0].reason}" if against else ""
        raise Rejected("no_lead", f"There is no lead that may be called now.{why}")
    told = await told_lead(deps, given.lead, given.list.rules, with_profile=True)
    return json_response(told | _named(given.list))


@router.get("/leads/{lead_id}", summary="A lead", responses=examples.LEAD)
async def show_lead(lead_id: str, deps: Service, desk: AtLeads, who: Everybody) -> Response:
    """Its attempts and promises, with a masked number. Who the customer is sees, of a partner's people, only whoever
    is at work on the lead."""
    lead = await lead_of(desk, who, lead_id)
    profile = await at_work_on(desk, who, None, [lead])
    one = await desk.leads.list_of(lead.list_id)
    told = await told_lead(deps, lead, one.rules if one else RecallRules(), with_profile=profile)
    return json_response(told | _named(one))


@router.get("/leads/{lead_id}/number", summary="The number to dial", responses=examples.NUMBER)
async def number_of(lead_id: str, deps: Service, desk: AtLeads, who: Seller) -> Response:
    """In full, while the lead is given out, and only if it may be called: that is asked for once more. 409 `not_held`,
    `do_not_call`, and by the rules of selling `no_rule`, `closed_day`, `outside_hours`, `abandoned_limit`. Each look
    is logged."""
    lead, now = await lead_of(desk, who, lead_id), deps.clock()
    if lead.lease is None or lead.lease.until <= now:
        raise Rejected("not_held", "The number is shown while the lead is given out.")
    one = await desk.leads.list_of(lead.list_id)
    may = await desk.ruling.dialling(lead.partner, one.campaign if one else None, now)
    if not (verdict := may.verdict(lead.country, lead.zone, now)).allowed:
        raise Rejected(verdict.code, verdict.reason)
    number = await deps.vault.customer_number(lead.customer_ref)
    if number is None:
        raise Problem(410, "erased", "The customer was erased.")
    if await desk.barred.of(number, lead.country):
        await desk.leads.recheck(lead.customer_ref, number, now)
        raise Rejected("do_not_call", "This number may not be called.")
    log.info("the number of lead %s was shown to %s", lead.id, who.name)
    answer = json_response({"lead": lead.id, "number": number})
    answer.headers["cache-control"] = "no-store"
    return answer


@router.post(
    "/leads/{lead_id}/release", summary="Give a lead back", openapi_extra=takes(Release), responses=examples.LEAD
)
async def release(request: Request, lead_id: str, deps: Service, desk: AtLeads, who: Seller) -> Response:
    """It waits where it was. 409 `held_by_another`."""
    said = await body(request, Release)
    must_be(who, said.agent)

    def free(lead: Lead, rules: RecallRules) -> Lead:
        must_hold(lead, said.agent)
        return released(lead)

    await _seen(desk, who, lead_id)
    return await _changed(deps, desk, lead_id, free)


@router.post(
    "/leads/{lead_id}/attempts",
    summary="Note an attempt",
    dependencies=[Depends(as_read_now)],
    openapi_extra=takes(NoteAttempt),
    responses=examples.LEAD,
)
async def note_attempt(request: Request, lead_id: str, deps: Service, desk: AtLeads, who: Seller) -> Response:
    """For calls that no platform tells of, and for results that agents give here. A repeat with the same
    Idempotency-Key, or of the same call, is the same attempt. 409 `unknown_result`, `held_by_another`."""
    said = await body(request, NoteAttempt)
    must_be(who, said.agent)
    check_result(said.result)
    code = disposition(said.result).code
    now = deps.clock()
    call = said.call or f"noted:{command_id(request)}"
    await _seen(desk, who, lead_id)

    def noted(lead: Lead, rules: RecallRules) -> Lead:
        must_hold(lead, said.agent)
        known = lead.attempts.get(call)
        if known is not None and said.part in known.said and known.said[said.part].code == code:
            return lead
        began = known.at if known else lead.lease.since if lead.lease else now
        return resulted(lead, call, said.part, Said(now, code, began, said.agent))

    return await _changed(deps, desk, lead_id, noted, call)


def must_hold(lead: Lead, agent: str) -> None:
    """409 `held_by_another` for a lead that another agent was given."""
    if lead.lease is not None and lead.lease.agent != agent:
        raise Rejected("held_by_another", "The lead is given out to another agent.")


def _named(one: KnownLeadList | None) -> dict[str, Any]:
    """What the lead is called for."""
    created = one.created if one else None
    return {"list_name": created.name if created else "", "campaign": created.campaign if created else None}


async def _seen(desk: AtLeads, who: Seller, lead_id: str) -> None:
    await lead_of(desk, who, lead_id)


async def _changed(deps: Service, desk: AtLeads, lead_id: str, change: Any, call: str | None = None) -> Response:
    lead = await desk.leads.change(lead_id, change, deps.clock(), call)
    if lead is None:
        raise not_found("lead")
    return json_response(await told_lead(deps, lead, await rules_of(desk, lead), with_profile=False))
