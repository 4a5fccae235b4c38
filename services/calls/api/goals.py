"""The routes of sales goals, with pace to goal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from services.calls.api import campaign_examples as examples
from services.calls.api.callers import Anyone, Service
from services.calls.domain.goals import FORMULAS, Pace, SetGoal, WithdrawGoal, goal, pace, period
from services.calls.events.goals import GoalSet
from services.calls.views.goals import KnownGoal, goals
from services.calls.views.ordered import WHOLE, between, ordered
from shared.http import Deps, accepts, json_response, limited, not_found, page
from shared.security import Principal

MOST_PER_PAGE = 200

router = APIRouter(prefix="/api/v1/goals", tags=["campaigns"])

accepts(router, "/{goal}", goal, SetGoal, service="calls", right="selling.run", method="PUT", of_partner=False)
accepts(router, "/{goal}/withdrawal", goal, WithdrawGoal, service="calls", right="selling.run", of_partner=False)


class GoalShown(msgspec.Struct, frozen=True, kw_only=True):
    """A goal with its pace; None where it was withdrawn. `other_currencies`: what was sold besides, and not counted."""

    goal: KnownGoal
    pace: Pace | None
    other_currencies: tuple[str, ...] = ()


@router.get("", summary="Goals with their pace", responses=examples.GOALS)
async def list_goals(
    deps: Service,
    who: Anyone,
    campaign: Annotated[str | None, Query(description="Only those of this campaign.")] = None,
    partner: Annotated[str | None, Query(description="Only those of this partner.")] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 50,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """Those that hold, with what there is by now, what there would be at an even pace, and the end if it goes on so.
    The formulas stand beside. Goals of all partners are for those who see all."""
    asked = {"set": "yes", "campaign": campaign, "partner": partner}
    equal: dict[str, str | int] = {name: value for name, value in asked.items() if value is not None}
    found = [(key, doc) for key, doc in await deps.reads.find(goals, equal) if _theirs(doc, who)]
    paged = page(found, limited(limit, MOST_PER_PAGE), cursor)
    items = [await goal_shown(deps, doc) for doc in paged.items]
    return json_response({"items": items, "next": paged.next, "formulas": FORMULAS})


@router.get("/{goal}", summary="A goal with its pace", responses=examples.GOAL)
async def show_goal(goal: str, deps: Service, who: Anyone) -> Response:
    """What is to be sold, all that was said of it before, and how far it is."""
    doc = (await deps.reads.get(goals, [goal])).get(goal)
    if doc is None or not _theirs(doc, who):
        raise not_found("goal")
    return json_response(await goal_shown(deps, doc))


async def goal_shown(deps: Deps, doc: KnownGoal) -> GoalShown:
    """The goal with its pace, from the orders of its period until now."""
    held = doc.goal_set
    if held is None:
        return GoalShown(goal=doc, pace=None)
    done, others = await _done(deps, held)
    return GoalShown(goal=doc, pace=pace(held, done, deps.clock()), other_currencies=others)


async def _done(deps: Deps, held: GoalSet) -> tuple[int, tuple[str, ...]]:
    low, high = period(held)
    narrowed = {"partner": held.partner, "campaign": held.campaign}
    equal: dict[str, str | int] = {name: value for name, value in narrowed.items() if value is not None}
    found = await deps.reads.find(ordered, equal, "day", _day(low), _day(high + timedelta(days=1)))
    sold = between((doc for _, doc in found), low, high, held.sku or WHOLE)
    if held.measure == "net_revenue":
        return sold.net.get(held.currency or "", 0), tuple(each for each in sorted(sold.net) if each != held.currency)
    return (sold.orders if held.measure == "orders" else sold.pieces), ()


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()


def _theirs(doc: KnownGoal, who: Principal) -> bool:
    partners = {getattr(event, "partner", None) for event in doc.history if isinstance(event, GoalSet)}
    return who.partners is None or all(partner is not None and who.sees(partner) for partner in partners)
