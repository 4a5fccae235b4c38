"""The routes of paid time: the rules by which time is paid, and what they make of an agent's month."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.calls.api import commission_examples as examples
from services.calls.api.callers import OwnPay, Service
from services.calls.api.commission_facts import facts_of, known_month, not_closed_since
from services.calls.domain.paid_time import PublishTimeRules, paid_time, time_rules
from services.calls.views.plans import plans
from shared.http import Deps, accepts, json_response, must_see, must_see_agent

router = APIRouter(prefix="/api/v1/paid-time", tags=["commissions"])


async def _open(command: PublishTimeRules, deps: Deps) -> None:
    """409 `period_closed` where a statement of that time is closed."""
    found = (await deps.reads.get(plans, [f"{command.partner}:"])).get(f"{command.partner}:")
    if found is None or all(version.starts != command.starts for version in found.time_rules):
        await not_closed_since(deps, command.partner, command.starts)


accepts(router, "/{partner}/rules", time_rules, PublishTimeRules, service="calls", right="pay.run", check=_open)


@router.get("/{partner}/rules", summary="How time is paid", responses=examples.TIME_RULES)
async def show_rules(partner: str, deps: Service, who: OwnPay) -> Response:
    """All versions, oldest first."""
    must_see(who, partner)
    found = (await deps.reads.get(plans, [f"{partner}:"])).get(f"{partner}:")
    return json_response({"versions": found.time_rules if found else []})


@router.get("/{partner}/agents/{agent}", summary="An agent's paid time", responses=examples.PAID_TIME)
async def show_paid_time(
    partner: str,
    agent: str,
    deps: Service,
    who: OwnPay,
    month: Annotated[str, Query(description="The month (YYYY-MM), in the partner's zone.")],
) -> Response:
    """The intervals of a month cut at the partner's midnight, each with the rule that it is paid by."""
    must_see_agent(who, partner, agent)
    facts = await facts_of(deps, partner, known_month(month))
    time = paid_time(facts.stays.get(agent, ()), facts.rules, month, facts.zone)
    told = {
        "agent": agent,
        "month": month,
        "time_zone": str(facts.zone),
        "paid_seconds": str(time.paid_us / 1_000_000),
        "productive_seconds": time.productive_us // 1_000_000,
        "items": time.pieces,
    }
    return json_response(told)
