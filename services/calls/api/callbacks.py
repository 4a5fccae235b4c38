"""The routes of promises to call back: for a lead, and for the customer of any call, and how they are kept."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from services.calls.api import lead_examples as examples
from services.calls.api.callers import Anyone, Seller, Service
from services.calls.api.lead_desk import AtLeads, LeadDesk, lead_of, masked_numbers, must_be, rules_of, told_lead
from services.calls.api.leads import must_hold
from services.calls.api.panel import AtPanel, Panel, place_of
from services.calls.api.pop import place_of_call
from services.calls.domain.lead import Lead, Name, PromiseCallback, called_back, promised
from services.calls.domain.lead_list import CreateLeadList, lead_list
from services.calls.domain.numbers import country_of, zone_of
from services.calls.domain.recall import Promise, is_allowed
from services.calls.events.leads import RecallRules
from services.calls.views.leads import KnownPromise, callbacks, figures
from shared.http import Deps, Paged, body, command_id, invalid, json_response, must_see, not_found, require, takes
from shared.kernel import Rejected
from shared.security import Principal

FARTHEST = timedelta(days=366)
ACTOR = "callbacks"
LIST_NAME = "Promised in calls"
PLAIN = re.compile("[a-z0-9][a-z0-9-]{0,49}")

router = APIRouter(prefix="/api/v1", tags=["leads"])
Agent = Annotated[Principal, Depends(require("panel"))]


class PanelCallback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Promise the customer of a `call` of the agent's, or of a `lead` that they hold, to call back at `local`, a time
    of day and date by the clock of `zone`. `personal`: the agent does it, else anybody."""

    local: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d$(?!\n)")]
    zone: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    call: Name | None = None
    lead: Name | None = None
    personal: bool = True
    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A promise of the agent's that waits. `zone`: by whose clock it was said."""

    lead: str
    due: datetime
    zone: str
    number: str | None
    is_due: bool


class Where(NamedTuple):
    """The lead of a promise. `new`: it is not on its list yet."""

    lead: Lead
    new: bool


@router.post(
    "/leads/{lead_id}/callbacks",
    summary="Promise to call back",
    openapi_extra=takes(PromiseCallback),
    responses=examples.LEAD,
)
async def promise_callback(request: Request, lead_id: str, deps: Service, desk: AtLeads, who: Seller) -> Response:
    """At a time at which customers of the list may be called, also by the rules of selling. It takes the place of what
    was promised before. A repeat with the same Idempotency-Key is the same promise. 409 `outside_hours`, `too_far`,
    `held_by_another`, `closed_lead`, `do_not_call`, `no_rule`, `closed_day`."""
    said = await body(request, PromiseCallback)
    must_be(who, said.agent)
    if said.due.tzinfo is None:
        raise invalid("due", "an instant such as 2026-03-02T09:30:00Z")
    where = Where(await lead_of(desk, who, lead_id), new=False)
    lead = await _promised(deps, desk, where, said, command_id(request))
    return json_response(await told_lead(deps, lead, await rules_of(desk, lead), with_profile=False))


@router.post(
    "/panel/callbacks",
    status_code=202,
    summary="Promise to call back, on the panel",
    openapi_extra=takes(PanelCallback),
    responses=examples.PANEL_CALLBACK,
)
async def promise_on_the_panel(request: Request, deps: Service, desk: AtLeads, panel: AtPanel, who: Agent) -> Response:
    """The customer of a call in is put on the partner's list of such promises, unless a list has them already; when it
    is due, it is the next lead. As with leads, 409 `outside_hours`, `too_far`, `closed_lead`, `do_not_call`, `no_rule`,
    `closed_day`; `unknown_call`, `no_customer` where nobody knows whose number it is, and `list_closed` where that list
    was closed. It is listed a moment later; the answer has what is shown of it."""
    said = await body(request, PanelCallback)
    partner, agent = place_of(who)
    due = _instant(said.local, said.zone)
    if said.lead is not None:
        where = Where(await lead_of(desk, who, said.lead), new=False)
    elif said.call is not None:
        where = await _lead_of_call(deps, desk, panel, (partner, agent), said.call, said)
    else:
        raise invalid("call", "a call, or a lead")
    asked = PromiseCallback(
        agent=agent, due=due, personal=said.personal, call=said.call, zone=said.zone, note=said.note
    )
    lead = await _promised(deps, desk, where, asked, command_id(request))
    numbers = await masked_numbers(deps, [lead.customer_ref])
    told = {"lead": lead.id, "due": due, "zone": said.zone, "number": numbers.get(lead.customer_ref)}
    return json_response(told | {"personal": said.personal}, status=202)


@router.get("/panel/callbacks", summary="What the agent promised", responses=examples.PANEL_CALLBACKS)
async def own_callbacks(deps: Service, who: Agent) -> Response:
    """The agent's own promises that wait, of last month and the next two (UTC), the earliest first."""
    partner, agent = place_of(who)
    now = deps.clock()
    month = now.astimezone(UTC).date().replace(day=1)
    months = [_months_after(month, n) for n in range(-1, 3)]
    found = await deps.reads.get(callbacks, [f"{partner}/{one:%Y-%m}/{agent}" for one in months])
    waiting = [
        promise
        for doc in found.values()
        for promise in doc.promises.values()
        if promise.personal and promise.verdict == "open"
    ]
    numbers = await masked_numbers(deps, sorted({one.customer_ref for one in waiting}))
    items = [
        Waiting(
            lead=one.lead,
            due=one.due,
            zone=one.zone,
            number=numbers.get(one.customer_ref),
            is_due=one.due <= now,
        )
        for one in sorted(waiting, key=lambda promise: (promise.due, promise.lead))
        if one.customer_ref in numbers
    ]
    return json_response({"items": items, "next": None})


@router.get("/callbacks", summary="How promises to call back are kept", responses=examples.CALLBACKS)
async def show_callbacks(
    deps: Service,
    who: Anyone,
    paged: Paged,
    partner: str,
    month: Annotated[str, Query(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", description="Of the promised time, in UTC.")],
) -> Response:
    """By agent: promised, kept within the list's minutes, broken, replaced by another promise, waiting."""
    must_see(who, partner)
    following = f"{month}~"
    found = await deps.reads.find(callbacks, {"partner": partner}, "month", month, following)
    now = deps.clock()
    return json_response(paged.of([(key, figures(doc.agent, _of(doc.promises), now)) for key, doc in found]))


def _of(promises: dict[str, KnownPromise]) -> list[KnownPromise]:
    return list(promises.values())


def _months_after(month: date, n: int) -> date:
    year, index = divmod(month.year * 12 + month.month - 1 + n, 12)
    return date(year, index + 1, 1)


def _instant(local: str, zone: str) -> datetime:
    """The time on the clock of the zone, in UTC. 422 for a zone that is none, and a time that the clock leaves out."""
    try:
        where = ZoneInfo(zone)
    except (LookupError, ValueError, OSError):
        raise invalid("zone", "no zone of the IANA database") from None
    try:
        said = datetime.fromisoformat(local)
        due = said.replace(tzinfo=where).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid("local", "a time such as 2026-03-02T10:30") from None
    if due.astimezone(where).replace(tzinfo=None) != said:
        raise invalid("local", f"the clocks of {zone} leave this time out")
    return due


async def _promised(deps: Deps, desk: LeadDesk, where: Where, said: PromiseCallback, ident: str) -> Lead:
    """The lead with the promise. Rejected as the routes say."""
    lead, now, due = where.lead, deps.clock(), said.due.astimezone(UTC)
    if any(one.id == ident for one in lead.promises):
        return lead
    must_hold(lead, said.agent)
    await _may_call(deps, desk, lead, due, now)
    promise = Promise(
        id=ident,
        agent=said.agent,
        personal=said.personal,
        due=due,
        made_at=now,
        call=said.call,
        zone=said.zone,
        note=await _noted(deps, lead, said.note, ident),
    )

    def change(known: Lead, rules: RecallRules) -> Lead:
        if any(one.id == promise.id for one in known.promises):
            return known
        must_hold(known, said.agent)
        if known.barred or known.erased or known.state in ("barred", "erased"):
            raise Rejected("closed_lead", "This customer may not be called.")
        if not is_allowed(due, ZoneInfo(known.zone), rules):
            raise Rejected("outside_hours", "Customers of this list may not be called at that time.")
        return promised(known, promise, rules)

    if where.new:
        return await desk.leads.add(lead, change, now, said.call)
    changed = await desk.leads.change(lead.id, change, now, said.call)
    if changed is None:
        raise not_found("lead")
    return changed


async def _may_call(deps: Deps, desk: LeadDesk, lead: Lead, due: datetime, now: datetime) -> None:
    if not now < due <= now + FARTHEST:
        raise Rejected("too_far", "A callback is promised for a time to come, within a year.")
    one = await desk.leads.list_of(lead.list_id)
    campaign = one.campaign if one else None
    verdict = (await desk.ruling.hours(campaign, now)).verdict(lead.country, lead.zone, due)
    if not verdict.allowed:
        raise Rejected(verdict.code, verdict.reason)
    number = await deps.vault.customer_number(lead.customer_ref)
    if number is None:
        raise Rejected("closed_lead", "The customer was erased.")
    if await desk.barred.of(number, lead.country):
        raise Rejected("do_not_call", "This number may not be called.")


async def _noted(deps: Deps, lead: Lead, text: str, ident: str) -> str | None:
    """The name under which the agent's words lie in the vault, where there are any."""
    if not text.strip():
        return None
    name = f"callback/{hashlib.sha256(f'{lead.id}/{ident}'.encode()).hexdigest()[:20]}"
    if not await deps.vault.notes.put(name, lead.customer_ref, text):
        raise Rejected("closed_lead", "The customer was erased.")
    return name


async def _lead_of_call(
    deps: Deps, desk: LeadDesk, panel: Panel, of: tuple[str, str], call: str, said: PanelCallback
) -> Where:
    """The lead that the agent holds of the call's customer, else one of the campaign that nobody holds, else a new one
    on the partner's list of what was promised in calls."""
    partner, agent = of
    document, summary = await panel.results.call_of(partner, agent, call)
    ref = summary.customer_ref
    number = await deps.vault.customer_number(ref) if ref is not None else None
    if ref is None or number is None:
        raise Rejected("no_customer", "Nobody knows whose number it is.")
    place = await place_of_call(deps, panel.leads, document, summary)
    known = [lead for lead in await desk.leads.of_customer(ref) if lead.partner == partner]
    for lead in known:
        if lead.lease is not None and lead.lease.agent == agent:
            return Where(lead, new=False)
    for lead in known:
        one = await desk.leads.list_of(lead.list_id)
        open_ = one is not None and not one.closed and one.campaign in (None, place.campaign)
        if open_ and lead.lease is None and not lead.barred:
            return Where(lead, new=False)
    country = country_of(number) or place.country
    if country is None:
        raise Rejected("no_rule", "Nobody knows from which country the customer calls.")
    # Most numbers say in which zone they are; where one doesn't, the agent's customer said by whose clock they live.
    zone = zone_of(number) or said.zone
    list_id = await _list_of(deps, desk, partner, place.campaign, (zone, country))
    return Where(called_back(list_id, ref, country, zone, call, deps.clock(), agent), new=True)


async def _list_of(deps: Deps, desk: LeadDesk, partner: str, campaign: str | None, place: tuple[str, str]) -> str:
    """The partner's list of what was promised in calls of a campaign, with leads in this zone and country. It is begun
    with the first of them, and a list like any other from then on."""
    list_id = f"{partner}:{list_name(campaign)}"
    known = await desk.leads.list_of(list_id)
    if known is not None and known.closed:
        raise Rejected("list_closed", "No callbacks are promised in these calls any more.")
    if known is None:
        zone, country = place
        command = CreateLeadList(
            list_id=list_id,
            name=LIST_NAME if campaign is None else f"{LIST_NAME}, {campaign}",
            country=country,
            zone=zone,
            campaign=campaign,
            at=deps.clock(),
            by=ACTOR,
        )
        try:
            await deps.door.handle(lead_list, list_id, command, command_id=f"begun:{zone}:{country}", actor=ACTOR)
        except Rejected as rejected:
            if rejected.code != "list_exists":  # somebody else was first, with a customer of another place
                raise
    await desk.leads.meet(list_id, [place], f"place:{':'.join(place)}")
    return list_id


def list_name(campaign: str | None) -> str:
    """The name of that list within the partner's: readable where the campaign's id may stand in it."""
    if campaign is None:
        return "callbacks"
    if PLAIN.fullmatch(campaign):
        return f"callbacks-{campaign}"
    return f"callbacks-{hashlib.sha256(campaign.encode()).hexdigest()[:20]}"
