"""The routes of coaching: who is proposed and why, plans, what they brought, and what worked for which problem."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.training.api import coaching_examples as examples
from services.training.api.callers import NAME, Anyone, Coach, Everybody, Service
from services.training.domain.coaching import AgentId, Percent, StartCoaching, WithdrawCoaching, coaching
from services.training.events.coaching import Approach, ProblemKind
from services.training.following.choosing import chosen, standing, window_of
from services.training.measuring.counts import Agent
from services.training.measuring.pooled import Measured, together
from services.training.measuring.proposals import FEWEST_CONTACTS, RATE
from services.training.views.coachings import KnownCoaching, coachings
from shared.contracts.training import CoachingMeasured
from shared.http import (
    Deps,
    Problem,
    accepts,
    body,
    command_id,
    invalid,
    json_response,
    limited,
    must_see,
    must_see_agent,
    not_found,
    page,
    takes,
)
from shared.http.requests import Day

MOST_PER_PAGE = 200
FEWEST_WEEKS, MOST_WEEKS = 4, 52

router = APIRouter(prefix="/coaching", tags=["coaching"])
accepts(
    router, "/{partner_id}/plans/{plan}/withdrawal", coaching, WithdrawCoaching, service=NAME, right="coaching.run",
    stream="{partner_id}:{plan}",
)  # fmt: skip


class Planned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan. `goal`: the conversion that is wanted, in per cent; `begins`: a Monday, of this week or later;
    `measured_on`: when the effect is looked at, four weeks after that or later."""

    agent: AgentId
    problem: ProblemKind
    approach: Approach
    goal: Percent
    begins: date
    measured_on: date


@router.get("/proposals", summary="Who should be coached", responses=examples.PROPOSALS)
async def list_proposals(
    deps: Service,
    who: Anyone,
    partner: Annotated[str | None, Query(description="Only this partner's agents; all are judged.")] = None,
    until: Annotated[Day | None, Query(description="By the whole weeks before this day; today.")] = None,
    weeks: Annotated[int, Query(description="So many weeks.")] = 13,
    rate: Annotated[float, Query(description="The share of proposals that may be false.")] = RATE,
    fewest: Annotated[int, Query(description="Agents with fewer contacts are not judged.")] = FEWEST_CONTACTS,
) -> Response:
    """Agents who are persistently below comparable peers (same partner, campaign, direction, tenure) by more than luck
    explains, the most certain first, with the evidence in words. Of all proposals no more than `rate` are false on
    average. Every third week is kept back: nobody is proposed by it, and effects are measured from it. `plans` are
    those under which the agent is coached now."""
    if partner is not None:
        must_see(who, partner)
    if not FEWEST_WEEKS <= weeks <= MOST_WEEKS:
        raise invalid("weeks", f"between {FEWEST_WEEKS} and {MOST_WEEKS}")
    if not 0 < rate <= 0.5:
        raise invalid("rate", "above 0, and at most 0.5")
    window = window_of(until or deps.clock().date(), weeks)
    looked = await chosen(deps.reads, who.partners, window, rate, max(fewest, 1))
    coached = defaultdict[Agent, list[str]](list)
    for _, doc in await deps.reads.find(coachings, {"state": "running"}):
        if doc.started is not None:
            coached[Agent(doc.partner_id, doc.started.agent)].append(doc.plan)
    proposals = [
        msgspec.to_builtins(one) | {"plans": coached.get(one.agent, [])}
        for one in looked.proposals
        if partner is None or one.agent.partner == partner
    ]
    return json_response({"window": window, **msgspec.to_builtins(looked), "proposals": proposals})


@router.post(
    "/{partner_id}/plans/{plan}",
    status_code=202,
    summary="Start coaching",
    openapi_extra=takes(Planned),
    responses=examples.STARTED,
)
async def start_coaching(request: Request, partner_id: str, plan: str, deps: Service, who: Coach) -> Response:
    """Coach an agent, proposed or not. Its conversion in the last 13 weeks, without those kept back, is recorded as the
    baseline. 409 `no_contacts` where it had none, and what `StartCoaching` says: `no_monday`, `begins_too_soon`,
    `measured_too_soon`, `measured_too_late`, `goal_no_better`, `plan_exists`."""
    must_see(who, partner_id)
    asked = await body(request, Planned)
    known = (await deps.reads.get(coachings, [f"{partner_id}:{plan}"])).get(f"{partner_id}:{plan}")
    started = known.started if known is not None else None
    window = window_of((started.at if started is not None else deps.clock()).date())
    found = await standing(deps.reads, window, Agent(partner_id, asked.agent))
    if found.converts is None:
        raise Problem(409, "no_contacts", f"{asked.agent} had no contacts in the weeks from {window.since}.")
    said: dict[str, Any] = msgspec.to_builtins(asked) | {
        "partner_id": partner_id,
        "plan": plan,
        "baseline": started.baseline if started is not None else f"{100 * found.converts:.2f}",
        "chosen_since": window.since.isoformat(),
        "chosen_until": window.until.isoformat(),
        "at": deps.clock().isoformat(),
        "by": who.name,
    }
    try:
        command = msgspec.convert(said, StartCoaching)
    except msgspec.ValidationError as wrong:
        raise invalid("plan", str(wrong)) from None
    accepted = await deps.door.handle(
        coaching, f"{partner_id}:{plan}", command, command_id=command_id(request), actor=who.name
    )
    return json_response(accepted, status=202)


@router.get("/plans", summary="Coaching plans", responses=examples.PLANS)
async def list_plans(
    deps: Service,
    who: Anyone,
    partner: Annotated[str | None, Query(description="Only this partner's.")] = None,
    state: Annotated[Literal["running", "measured", "withdrawn"] | None, Query(description="Only such.")] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 50,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """By partner and plan, with what each was to bring and what it brought."""
    if partner is not None:
        must_see(who, partner)
    equal = {name: value for name, value in (("partner", partner), ("state", state)) if value is not None}
    found = [(key, doc) for key, doc in await deps.reads.find(coachings, equal) if who.sees(doc.partner_id)]
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/library", summary="What worked for which problem", responses=examples.LIBRARY)
async def show_library(deps: Service, who: Anyone) -> Response:
    """All effects that were measured, put together by problem and approach: mean effect, its 95 % interval, and how
    much true effects differ. One coaching alone seldom shows anything; many do. Those of the partners that the caller
    sees."""
    found = await deps.reads.find(coachings, {"state": "measured"})
    kinds = defaultdict[tuple[str, str], list[CoachingMeasured]](list)
    for _, doc in found:
        if doc.measured is not None and who.sees(doc.partner_id):
            kinds[doc.measured.problem, doc.measured.approach].append(doc.measured)
    items = await asyncio.to_thread(lambda: [_worked(*kind, kinds[kind]) for kind in sorted(kinds)])
    return json_response({"items": items, "next": None})


def _worked(problem: str, approach: str, measured: list[CoachingMeasured]) -> dict[str, Any]:
    effects = [Measured(logarithm=float(one.logarithm), error=float(one.error)) for one in measured if one.logarithm]
    verdicts = Counter(one.verdict for one in measured)
    of: dict[str, Any] = {"problem": problem, "approach": approach}
    return {**of, **msgspec.to_builtins(together(effects)), "verdicts": dict(sorted(verdicts.items()))}


@router.get("/{partner_id}/plans/{plan}", summary="A coaching plan", responses=examples.PLAN)
async def show_plan(partner_id: str, plan: str, deps: Service, who: Anyone) -> Response:
    """What it was to bring, and what it brought beside agents who were not coached."""
    must_see(who, partner_id)
    key = f"{partner_id}:{plan}"
    doc = (await deps.reads.get(coachings, [key])).get(key)
    if doc is None:
        raise not_found("plan")
    return json_response(doc)


@router.get("/{partner_id}/agents/{agent}", summary="An agent's coaching", responses=examples.PLANS)
async def show_agent(partner_id: str, agent: str, deps: Service, who: Everybody) -> Response:
    """All plans of an agent. Agents see their own."""
    must_see_agent(who, partner_id, agent)
    return json_response({"items": await _plans_of(deps, partner_id, agent), "next": None})


async def _plans_of(deps: Deps, partner_id: str, agent: str) -> list[KnownCoaching]:
    found = await deps.reads.find(coachings, {"partner": partner_id, "agent": agent})
    return [doc for _, doc in found]
