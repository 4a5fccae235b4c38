"""The page of campaigns: which run, and how far sales are against their goals."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from msgspec.structs import replace

from services.gateway.api.gateway import Door, Gateway, Selling
from services.gateway.api.readers import CampaignRow, GoalRow
from services.gateway.pages.site import page
from services.gateway.views import words
from services.gateway.views.codes.calls import CAMPAIGN_STATES, GOAL_MEASURES, GOAL_PACES
from shared.contracts.terms.values import shown
from shared.http import invalid
from shared.security import Principal

router = APIRouter()


@router.get("/campaigns")
async def campaigns(
    request: Request,
    gateway: Door,
    viewer: Selling,
    state: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Campaigns and goals that the viewer may see; `state`: campaigns in this one alone."""
    if state and state not in CAMPAIGN_STATES:
        raise invalid("state", f"one of {', '.join(CAMPAIGN_STATES)}")
    found = [mine for one in await gateway.campaigns.campaigns() if (mine := seen(one, viewer)) is not None]
    goals = [one for one in await gateway.campaigns.goals() if viewer.partners is None or _theirs(one, viewer)]
    names = await gateway.calls.names()
    return page(
        request,
        "campaigns.html",
        found=[one for one in found if not state or one.state == state],
        goals=goals,
        state=state,
        states=CAMPAIGN_STATES,
        paces=GOAL_PACES,
        measures=GOAL_MEASURES,
        names=names,
        campaign_names={one.campaign: one.name for one in found},
        amount=amount,
    )


def seen(row: CampaignRow, viewer: Principal) -> CampaignRow | None:
    """The campaign as the viewer may see it, without the shares of others; None where it is no campaign of theirs.
    One without partners is everybody's."""
    if viewer.partners is None:
        return row
    uncertified = {partner: n for partner, n in row.uncertified.items() if viewer.sees(partner)}
    if not row.shares:
        return replace(row, uncertified=uncertified)
    shares = {partner: percent for partner, percent in row.shares.items() if viewer.sees(partner)}
    return replace(row, shares=shares, uncertified=uncertified) if shares else None


async def names_seen(gateway: Gateway, viewer: Principal) -> dict[str, str]:
    """The names of all campaigns that the viewer may see, also of those that no call was for yet."""
    found = [one for one in await gateway.campaigns.campaigns() if seen(one, viewer) is not None]
    return {one.campaign: one.name for one in sorted(found, key=lambda one: one.name.casefold())}


def amount(goal: GoalRow, value: int | None) -> str:
    """An amount of a goal, for people."""
    if value is None or goal.currency is None:
        return words.number(value)
    return shown(value, goal.currency)


def _theirs(goal: GoalRow, viewer: Principal) -> bool:
    return goal.partner is not None and viewer.sees(goal.partner)
