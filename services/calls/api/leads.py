"""The routes of leads: the next one for an agent, attempts, promises to call back, and how they were kept."""

from __future__ import annotations

import logging
from datetime import UTC, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.calls.api import lead_examples as examples
from services.calls.api.callers import MOST_PER_PAGE, Anyone, Everybody, Seller, Service
from services.calls.api.lead_desk import AtLeads, at_work_on, lead_of, list_of, masked_numbers, must_be, told_lead
from services.calls.domain.lead import (
    Lead,
    Name,
    NoteAttempt,
    PromiseCallback,
    check_result,
    promised,
    released,
    resulted,
    shown,
)
from services.calls.domain.recall import Promise, Said, is_allowed
from services.calls.events.leads import LeadState, RecallRules
from services.calls.views.leads import KnownPromise, callbacks, figures
from shared.contracts.codes import disposition
from shared.http import (
    Problem,
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
FARTHEST = timedelta(days=366)

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
    request: Request,
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
    return json_response({"items": items, "next": following}, request)


@router.post("/leads/next", summary="The next lead", openapi_extra=takes(NextLead), responses=examples.NEXT)
async def next_lead(request: Request, deps: Service, desk: AtLeads, who: Seller) -> Response:
    """Callbacks that are due come first, the agent's own before any, then recalls that are due, then fresh leads by
    priority; only where it is a time to call, and never a number that may not be called. The lead is the agent's until
    `held_until`; who asks again has it still. 409 `no_lead` when there is none now."""
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
    given = await desk.leads.next(lists, said.agent, deps.clock())
    if given is None:
        raise Rejected("no_lead", "There is no lead that may be called now.")
    return json_response(await told_lead(deps, given.lead, given.list.rules, with_profile=True))


@router.get("/leads/{lead_id}", summary="A lead", responses=examples.LEAD)
async def show_lead(request: Request, lead_id: str, deps: Service, desk: AtLeads, who: Everybody) -> Response:
    """Its attempts and promises, with a masked number. Who the customer is sees, of a partner's people, only whoever
    is at work on the lead."""
    lead = await lead_of(desk, who, lead_id)
    profile = await at_work_on(desk, who, None, [lead])
    return json_response(await told_lead(deps, lead, await _rules(desk, lead), with_profile=profile), request)


@router.get("/leads/{lead_id}/number", summary="The number to dial", responses=examples.NUMBER)
async def number_of(lead_id: str, deps: Service, desk: AtLeads, who: Seller) -> Response:
    """In full, while the lead is given out, and only if it may be called: that is asked for once more. 409 `not_held`,
    `do_not_call`. Each look is logged."""
    lead = await lead_of(desk, who, lead_id)
    if lead.lease is None or lead.lease.until <= deps.clock():
        raise Rejected("not_held", "The number is shown while the lead is given out.")
    number = await deps.vault.customer_number(lead.customer_ref)
    if number is None:
        raise Problem(410, "erased", "The customer was erased.")
    if await desk.barred.of(number, lead.country):
        await desk.leads.recheck(lead.customer_ref, number, deps.clock())
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
        _must_hold(lead, said.agent)
        return released(lead)

    await _seen(desk, who, lead_id)
    return await _changed(deps, desk, lead_id, free)


@router.post(
    "/leads/{lead_id}/attempts",
    summary="Note an attempt",
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
        _must_hold(lead, said.agent)
        known = lead.attempts.get(call)
        if known is not None and said.part in known.said and known.said[said.part].code == code:
            return lead
        began = known.at if known else lead.lease.since if lead.lease else now
        return resulted(lead, call, said.part, Said(now, code, began, said.agent))

    return await _changed(deps, desk, lead_id, noted, call)


@router.post(
    "/leads/{lead_id}/callbacks",
    summary="Promise to call back",
    openapi_extra=takes(PromiseCallback),
    responses=examples.LEAD,
)
async def promise_callback(request: Request, lead_id: str, deps: Service, desk: AtLeads, who: Seller) -> Response:
    """At a time at which customers of the list may be called. It takes the place of what was promised before. A repeat
    with the same Idempotency-Key is the same promise. 409 `outside_hours`, `too_far`, `held_by_another`, `closed_lead`.
    """
    said = await body(request, PromiseCallback)
    must_be(who, said.agent)
    now = deps.clock()
    if said.due.tzinfo is None:
        raise invalid("due", "an instant such as 2026-03-02T09:30:00Z")
    promise = Promise(
        id=command_id(request),
        agent=said.agent,
        personal=said.personal,
        due=said.due.astimezone(UTC),
        made_at=now,
        call=said.call,
    )
    await _seen(desk, who, lead_id)

    def change(lead: Lead, rules: RecallRules) -> Lead:
        if any(other.id == promise.id for other in lead.promises):
            return lead
        _must_hold(lead, said.agent)
        if lead.barred or lead.erased or lead.state in ("barred", "erased"):
            raise Rejected("closed_lead", "This customer may not be called.")
        if not now < promise.due <= now + FARTHEST:
            raise Rejected("too_far", "A callback is promised for a time to come, within a year.")
        if not is_allowed(promise.due, ZoneInfo(lead.zone), rules):
            raise Rejected("outside_hours", "Customers of this list may not be called at that time.")
        return promised(lead, promise, rules)

    return await _changed(deps, desk, lead_id, change, said.call)


@router.get("/callbacks", summary="How promises to call back are kept", responses=examples.CALLBACKS)
async def show_callbacks(
    request: Request,
    deps: Service,
    who: Anyone,
    partner: str,
    month: Annotated[str, Query(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", description="Of the promised time, in UTC.")],
) -> Response:
    """By agent: promised, kept within the list's minutes, broken, replaced by another promise, waiting."""
    must_see(who, partner)
    following = f"{month}~"
    found = await deps.reads.find(callbacks, {"partner": partner}, "month", month, following)
    now = deps.clock()
    items: list[Any] = [figures(doc.agent, _of(doc.promises), now) for _, doc in found]
    return json_response({"items": items, "next": None}, request)


def _of(promises: dict[str, KnownPromise]) -> list[KnownPromise]:
    return list(promises.values())


def _must_hold(lead: Lead, agent: str) -> None:
    if lead.lease is not None and lead.lease.agent != agent:
        raise Rejected("held_by_another", "The lead is given out to another agent.")


async def _rules(desk: AtLeads, lead: Lead) -> RecallRules:
    one = await desk.leads.list_of(lead.list_id)
    return one.rules if one else RecallRules()


async def _seen(desk: AtLeads, who: Seller, lead_id: str) -> None:
    await lead_of(desk, who, lead_id)


async def _changed(deps: Service, desk: AtLeads, lead_id: str, change: Any, call: str | None = None) -> Response:
    lead = await desk.leads.change(lead_id, change, deps.clock(), call)
    if lead is None:
        raise not_found("lead")
    return json_response(await told_lead(deps, lead, await _rules(desk, lead), with_profile=False))
