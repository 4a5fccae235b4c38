"""The routes of hot leads: asked for by agents, taken by the company's own staff against the contract's stopwatch."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from services.calls.api import handover_examples as examples
from services.calls.api.callers import MOST_PER_PAGE, NAME, Anyone, Everybody, OfPartner, Seller, Service
from services.calls.api.lead_desk import masked_numbers, told_profile
from services.calls.api.panel import AtPanel
from services.calls.api.pop import place_of_call
from services.calls.api.waiting import Known, Wait, changed
from services.calls.domain.handover import AskHandover, CloseHandover, Points, TakeHandover, escalation, handover
from services.calls.domain.handover_times import Run, Times, times_of
from services.calls.tracker.call_document import CallSummary
from services.calls.views.agreed import agreed_terms, hot_lead_seconds
from services.calls.views.handovers import KnownHandover, handovers
from services.calls.views.measures import milliseconds
from shared.http import (
    Deps,
    accepts,
    body,
    command_id,
    invalid,
    json_response,
    limited,
    must_see,
    not_found,
    page,
    takes,
)
from shared.http.requests import Day, Instant
from shared.kernel import Rejected
from shared.names import PartnerId
from shared.security import Principal

router = APIRouter(prefix="/api/v1/handovers", tags=["handovers"])


async def _percent(request: Request) -> int:
    found: int = request.app.state.handover_escalates_percent
    return found


EscalatesPercent = Annotated[int, Depends(_percent)]
Since = Annotated[Instant | None, Query(alias="from", description="Asked for at this time or later.")]
Until = Annotated[Instant | None, Query(alias="to", description="Asked for before this time.")]
Found = list[tuple[str, KnownHandover]]


class AskedHandover(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hot lead. `text`: what else the agent has to say; it is kept with the customer's data, and goes with them.
    `agent`: whose call it is, where somebody else asks."""

    partner: PartnerId
    call: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    points: Points = ()
    text: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    agent: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class Stopwatch(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-over that waits: milliseconds that are gone and left, which are negative past the deadline."""

    handover: str
    partner: str
    call: str
    agent: str
    campaign: str | None
    points: tuple[str, ...]
    asked_at: datetime
    due_at: datetime
    escalated: bool
    missed: bool
    gone_ms: int
    left_ms: int


@router.post(
    "", status_code=202, summary="Hand a hot lead over", openapi_extra=takes(AskedHandover), responses=examples.ASKED
)
async def ask_handover(
    request: Request, deps: Service, panel: AtPanel, percent: EscalatesPercent, who: Seller
) -> Response:
    """Ask the company's own staff to take the customer of a call over. The contract's time for hot leads runs from now;
    without a contract it is five minutes. The same once more is answered again.

    409 `unknown_call` where the agent has or had no such call, `no_customer` where nobody knows whose number it is,
    `handover_exists`.
    """
    asked = await body(request, AskedHandover)
    must_see(who, asked.partner)
    agent = who.agent if who.role == "agent" else asked.agent
    if agent is None:
        raise invalid("agent", "whose call is it?")
    if asked.agent not in (None, agent):
        raise invalid("agent", "an agent hands over in its own name")
    document, summary = await panel.results.call_of(asked.partner, agent, asked.call)
    by, ident = command_id(request), f"{asked.partner}:{asked.call}"
    note = await _noted(deps, summary, ident, asked.text, by)
    place = await place_of_call(deps, panel.leads, document, summary)
    due_at, escalates_at = await _deadline(deps, asked.partner, ident, percent)
    command = AskHandover(
        handover=ident,
        call=asked.call,
        agent=agent,
        customer_ref=summary.customer_ref or "",
        due_at=due_at,
        escalates_at=escalates_at,
        points=asked.points,
        note=note,
        campaign=place.campaign,
        counts=document.counts,
        at=deps.clock(),
        by=who.name,
    )
    accepted = await deps.door.handle(handover, ident, command, command_id=by, actor=who.name)
    told = {"handover": ident, "version": accepted.version, "due_at": command.due_at}
    return json_response(told, status=202)


async def _noted(deps: Deps, summary: CallSummary, ident: str, text: str, by: str) -> str | None:
    """The name of the agent's words in the vault, where there are any."""
    if summary.customer_ref is None or await deps.vault.customer_number(summary.customer_ref) is None:
        raise Rejected("no_customer", "Nobody knows whose number it is.")
    if not text:
        return None
    name = f"handover/{hashlib.sha256(f'{ident}/{by}'.encode()).hexdigest()[:20]}"
    if not await deps.vault.notes.put(name, summary.customer_ref, text):
        raise Rejected("no_customer", "The customer was erased.")
    return name


async def _deadline(deps: Deps, partner: str, ident: str, percent: int) -> tuple[datetime, datetime]:
    """By the contract of now, and when it is escalated; those of before, where it was asked already."""
    before = (await deps.reads.get(handovers, [ident])).get(ident)
    if before is not None and before.asked is not None:
        return before.asked.due_at, before.asked.escalates_at or before.asked.due_at
    now = deps.clock()
    terms = (await deps.reads.get(agreed_terms, [partner])).get(partner)
    due_at = now + timedelta(seconds=hot_lead_seconds(terms, now))
    return due_at, escalation(now, due_at, percent)


@router.get("", summary="Hot leads", responses=examples.HANDOVERS)
async def list_handovers(
    deps: Service,
    who: Everybody,
    partner: OfPartner = None,
    agent: Annotated[str | None, Query(description="Of this agent, by the vendor's id.")] = None,
    campaign: Annotated[str | None, Query(description="Of this campaign.")] = None,
    state: Annotated[Literal["open", "taken", "closed"] | None, Query(description="That stand so.")] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """Those that the caller may see, by id; an agent sees its own. `open` until somebody takes the customer, also past
    the deadline."""
    asked_for = {"agent": who.agent if who.role == "agent" else agent, "campaign": campaign, "state": state}
    equal: dict[str, str | int] = {name: value for name, value in asked_for.items() if value is not None}
    found = await _found(deps, who, partner, equal, since, until)
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/live", summary="Stopwatches of hot leads", responses=examples.LIVE)
async def live(
    deps: Service,
    who: Everybody,
    partner: OfPartner = None,
    known: Known = None,
    wait: Wait = 0,
) -> Response:
    """The hand-overs that nobody has taken, the most urgent first, with the time that is left at `now`.

    With `known`, the `version` that the caller has, the answer comes when there is another one, or after `wait` seconds
    with the same: so both sides hear at once of what was asked, escalated, taken and missed.
    """
    equal: dict[str, str | int] = {"state": "open"}
    if who.role == "agent" and who.agent is not None:
        equal["agent"] = who.agent
    version, found = await changed(
        lambda: _found(deps, who, partner, equal),
        lambda docs: [(key, doc.changes) for key, doc in docs],
        known,
        wait,
        asyncio.Event(),  # the view is kept by another worker
    )
    now = deps.clock()
    items = sorted((_watch(doc, now) for _, doc in found if doc.asked), key=lambda one: one.due_at)
    return json_response({"version": version, "now": now, "items": items})


def _watch(doc: KnownHandover, now: datetime) -> Stopwatch:
    asked = doc.asked
    if asked is None:
        raise ValueError(f"{doc.handover} was not asked for")
    return Stopwatch(
        handover=doc.handover,
        partner=doc.partner,
        call=asked.call,
        agent=asked.agent,
        campaign=asked.campaign,
        points=asked.points,
        asked_at=asked.at,
        due_at=asked.due_at,
        escalated=doc.escalated_at is not None,
        missed=doc.missed_at is not None or now > asked.due_at,
        gone_ms=milliseconds(now) - milliseconds(asked.at),
        left_ms=milliseconds(asked.due_at) - milliseconds(now),
    )


@router.get("/times", summary="How fast hot leads are taken over", responses=examples.TIMES)
async def measure(
    deps: Service,
    who: Anyone,
    since: Annotated[Day, Query(alias="from", description="Asked for on this day (UTC) or later.")],
    until: Annotated[Day, Query(alias="to", description="Asked for before this day (UTC).")],
    partner: OfPartner = None,
    campaign: Annotated[str | None, Query(description="Of this campaign.")] = None,
) -> Response:
    """For each partner: the 50th, 90th and 100th percentile of the waits with the formula, the share in time, and every
    miss. Test calls do not count. 422 where the range is empty."""
    if until <= since:
        raise invalid("to", "must be after `from`")
    equal: dict[str, str | int] = {"campaign": campaign} if campaign is not None else {}
    low, high = (datetime.fromisoformat(f"{day}T00:00:00+00:00") for day in (since, until))
    found = await _found(deps, who, partner, equal, low, high)
    items = [{"partner": name, "times": times} for name, times in _by_partner(doc for _, doc in found)]
    return json_response({"items": items, "next": None})


def _by_partner(found: Iterable[KnownHandover]) -> Iterable[tuple[str, Times]]:
    runs: dict[str, list[Run]] = {}
    for doc in found:
        if doc.asked is not None and doc.asked.counts == "production":
            runs.setdefault(doc.partner, []).append(_run(doc))
    return ((partner, times_of(own)) for partner, own in sorted(runs.items()))


def _run(doc: KnownHandover) -> Run:
    asked, taken = doc.asked, doc.taken
    if asked is None:
        raise ValueError(f"{doc.handover} was not asked for")
    return Run(
        handover=doc.handover,
        agent=asked.agent,
        asked_at=asked.at,
        due_at=asked.due_at,
        missed=doc.missed_at is not None,
        waited_ms=taken.waited_ms if taken else None,
        taken_by=taken.by if taken else None,
    )


@router.get("/{handover_id}", summary="A hot lead", responses=examples.HANDOVER)
async def show_handover(
    handover_id: str,
    deps: Service,
    who: Everybody,
    customer: Annotated[bool, Query(description="Whether it is told who the customer is.")] = True,
) -> Response:
    """What was asked and all that became of it. The company's own staff see the customer: number, profile and the
    agent's words; the partner sees the number masked. Whoever shows none of this asks for no `customer`."""
    must_see(who, handover_id.partition(":")[0])
    found = (await deps.reads.get(handovers, [handover_id])).get(handover_id)
    if found is None or found.asked is None or (who.role == "agent" and found.asked.agent != who.agent):
        raise not_found("hand-over")
    told = {"customer": await _customer(deps, who, found)} if customer else {}
    return json_response({"handover": found, "state": found.state, **told})


async def _customer(deps: Deps, who: Principal, found: KnownHandover) -> dict[str, Any] | None:
    """None when the customer was erased."""
    asked = found.asked
    if asked is None or (number := await deps.vault.customer_number(asked.customer_ref)) is None:
        return None
    ref = asked.customer_ref
    if who.partners is not None or not who.may("selling.run"):
        return {"customer_ref": ref, "number": (await masked_numbers(deps, [ref]))[ref]}
    profile = (await deps.vault.profiles.get([ref])).get(ref)
    text = await deps.vault.notes.get(asked.note, ref) if asked.note is not None else None
    return {"customer_ref": ref, "number": number, "profile": told_profile(profile), "text": text}


accepts(router, "/{handover}/take", handover, TakeHandover, service=NAME, right="selling.run", of_partner=False)
accepts(router, "/{handover}/outcome", handover, CloseHandover, service=NAME, right="selling.run", of_partner=False)


async def _found(
    deps: Deps,
    who: Principal,
    partner: str | None,
    equal: dict[str, str | int],
    since: datetime | None = None,
    until: datetime | None = None,
) -> Found:
    """Those of all partners that are asked for and may be seen, by id."""
    if partner is not None:
        must_see(who, partner)
    partners: list[str | None] = [partner] if partner or who.partners is None else list(who.partners)
    order_by = "asked" if since or until else None
    low, high = (milliseconds(at) if at else None for at in (since, until))
    found: Found = []
    for one in partners:
        narrowed: dict[str, str | int] = {**equal, **({"partner": one} if one else {})}
        found += await deps.reads.find(handovers, narrowed, order_by, low, high)
    return sorted(found, key=lambda item: item[0])
