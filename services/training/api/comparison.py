"""The routes of fair comparison and of learning curves."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.training.api import comparison_examples as examples
from services.training.api.callers import Anyone, Company, Service
from services.training.following.comparing import FACTORS, comparison
from services.training.following.learning import of_agent, of_partner
from services.training.measuring.counts import Agent
from services.training.measuring.fair import Among
from shared.http import invalid, json_response, must_see, not_found

MOST_MONTHS = 12

router = APIRouter(tags=["coaching"])

Since = Annotated[str, Query(alias="from", description="The first month (YYYY-MM), in partners' days.")]
Until = Annotated[str, Query(alias="to", description="The last month, with it.")]


@router.get("/comparison/{among}", summary="Agents or partners, compared fairly", responses=examples.COMPARISON)
async def show_comparison(
    among: Among,
    deps: Service,
    who: Anyone,
    since: Since,
    until: Until,
    partner: Annotated[str | None, Query(description="Only this partner's agents.")] = None,
    campaign: Annotated[str | None, Query(description="Only this campaign.")] = None,
) -> Response:
    """Each as if it had everybody's mix of campaigns, hours, languages and ages of leads, with a 95 % interval, by
    name. Places are ranges: within one, luck could have made any order. `factors` says how much each part of the mix
    matters: the standard deviation of the logarithm of odds."""
    if partner is not None:
        must_see(who, partner)
    first, last = _month(since, "from"), _month(until, "to")
    if not 0 <= (last.year - first.year) * 12 + last.month - first.month < MOST_MONTHS:
        raise invalid("to", f"not before `from`, and at most {MOST_MONTHS} months")
    partners = who.partners if partner is None else frozenset({partner})
    found = await comparison(deps.reads, among, partners, first, last, campaign)
    told = {"items": found.items, "next": None, "mean": found.mean, "factors": found.factors, "adjusted_for": FACTORS}
    return json_response(told)


@router.get("/learning/{partner_id}", summary="A partner's learning curve", responses=examples.CURVE)
async def show_partner(partner_id: str, deps: Service, who: Company) -> Response:
    """The partner's weeks since its first contact, beside the same weeks of partners who began before, campaign by
    campaign. `verdict` and `share` are what the exit of a ramp's phase may ask for. For those who see all partners."""
    found = await of_partner(deps.reads, partner_id)
    if found is None:
        raise not_found("partner")
    return json_response(found)


@router.get("/learning/{partner_id}/agents/{agent}", summary="An agent's learning curve", responses=examples.CURVE)
async def show_agent(partner_id: str, agent: str, deps: Service, who: Anyone) -> Response:
    """The agent's weeks since its first contact, beside the same weeks of agents of its partner who began before."""
    must_see(who, partner_id)
    found = await of_agent(deps.reads, Agent(partner_id, agent))
    if found is None:
        raise not_found("agent")
    return json_response(found)


def _month(text: str, field: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise invalid(field, "such as 2026-03") from None
