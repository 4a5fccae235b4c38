"""The routes of routing: which agents should get a call, and which share of the calls each partner."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from services.calls.api import routing_examples as examples
from services.calls.api.callers import NAME, Anyone, Company, Service
from services.calls.api.campaigns import known_number, shown
from services.calls.api.readers import ReadsOf
from services.calls.api.routing_facts import arms_of, candidates_of, partners_of, sold_of
from services.calls.domain.ranking import left_out, percent, ranked
from services.calls.domain.routing_policy import USUAL, SetRoutingPolicy, routing_policy
from services.calls.domain.shares import Arm, bandit_parameters, bandit_shares, plain_shares
from services.calls.events.routing import Bandit
from services.calls.views.campaigns import KnownCampaign, campaigns
from services.calls.views.routing_policies import KnownPolicy, routing_policies
from services.calls.watch.uncertified import asked_by
from shared.http import (
    Deps,
    accepts,
    invalid,
    json_response,
    limited,
    must_see,
    not_found,
)
from shared.security import Principal

MOST = 200
SEED_EVERY_S = 900
"""Without a seed of the caller's, one holds for a quarter of an hour: shares do not change with every look."""

router = APIRouter(prefix="/api/v1/routing", tags=["routing"])
OfCampaign = Annotated[str | None, Query(description="For a call of this campaign.")]

accepts(
    router,
    "/policies/{campaign}",
    routing_policy,
    SetRoutingPolicy,
    service=NAME,
    right="selling.run",
    method="PUT",
    of_partner=False,
)


@router.get("/policies", summary="How calls are shared out", responses=examples.POLICIES)
async def list_policies(deps: Service, who: Company) -> Response:
    """By campaign, each with every word on it; `usual` holds where nobody has chosen."""
    found = await deps.reads.find(routing_policies, {})
    items = [{"campaign": key, "current": doc.current, "said": doc.said} for key, doc in found]
    return json_response({"items": items, "next": None, "usual": USUAL})


@router.get("/candidates", summary="The agents who should get a call", responses=examples.CANDIDATES)
async def candidates(
    deps: Service,
    reads: ReadsOf,
    who: Anyone,
    campaign: OfCampaign = None,
    number: Annotated[str | None, Query(description="Or of the campaign of this number of ours (E.164).")] = None,
    language: Annotated[str | None, Query(description="In this language (ISO 639), such as hr.")] = None,
    partner: Annotated[str | None, Query(description="Only agents of this partner.")] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 20,
) -> Response:
    """The best first, with the reasons: who speaks the language, who is free, who sells. Conversions are those of this
    month and the last, drawn toward the campaign's mean, so that a few calls decide little. `left_out`: who is at work
    and lacks a certificate of the campaign. 404 for a campaign or number that is not there; 422 without either."""
    most = limited(limit, MOST)
    if partner is not None:
        must_see(who, partner)
    known = await _campaign(deps, who, campaign, number)
    sold = await sold_of(reads, known.campaign, deps.clock())
    partners = [one for one in partners_of(known, sold) if who.sees(one)]
    asked = asked_by(known, deps.clock())
    found = await candidates_of(deps, reads, [partner] if partner else partners, sold, asked)
    mean = sold.mean(partners)
    items = ranked(found, language, mean)[:most]
    told = {
        "campaign": known.campaign,
        "mean_conversion": percent(mean),
        "items": items,
        "left_out": left_out(found),
        "next": None,
    }
    return json_response(told)


@router.get("/shares", summary="The share of calls for each partner", responses=examples.SHARES)
async def shares(
    deps: Service,
    reads: ReadsOf,
    who: Company,
    campaign: Annotated[str, Query(description="Of this campaign.")],
    seed: Annotated[int | None, Query(description="For the bandit's draws: the same gives the same shares.")] = None,
) -> Response:
    """By the policy that the manager chose, in hundredths of a per cent that add up to 100, with the reasons for each
    partner. 409 `nobody_available` while no partner has agents at work, `minimums_exceed`."""
    known, now = await _campaign(deps, who, campaign, None), deps.clock()
    sold = await sold_of(reads, campaign, now)
    partners = partners_of(known, sold)
    people = await candidates_of(deps, reads, partners, sold, asked_by(known, now))
    chosen: KnownPolicy | None = (await deps.reads.get(routing_policies, [campaign])).get(campaign)
    policy = chosen.current.policy if chosen is not None else USUAL
    asked = {one.partner: int(Decimal(one.percent) * 100) for one in chosen.current.minimums} if chosen else {}
    arms = await arms_of(deps, campaign, partners, people, sold, asked, now)
    told: dict[str, Any] = {"campaign": campaign, "policy": policy, "seed": None}
    if isinstance(policy, Bandit):
        told["seed"] = seed if seed is not None else int(now.timestamp()) // SEED_EVERY_S
        items = bandit_shares(arms, policy, drawn(arms, policy.draws, told["seed"]))
    else:
        items = plain_shares(arms, policy)
    return json_response({**told, "items": items, "next": None})


def drawn(arms: Sequence[Arm], draws: int, seed: int) -> list[dict[str, float]]:
    """So many draws of each partner's conversion, of the partners in order, so that a seed says all."""
    dice = random.Random(seed)  # noqa: S311 - shares of calls are no secret
    ordered = sorted(arms, key=lambda arm: arm.partner)
    return [{arm.partner: dice.betavariate(*bandit_parameters(arm)) for arm in ordered} for _ in range(draws)]


async def _campaign(deps: Deps, who: Principal, campaign: str | None, number: str | None) -> KnownCampaign:
    if campaign is None:
        if number is None:
            raise invalid("campaign", "a campaign or a number")
        stands = await known_number(deps, number)
        if stands is None or stands.assigned is None:
            raise not_found("number")
        campaign = stands.assigned.campaign
    found = (await deps.reads.get(campaigns, [campaign])).get(campaign)
    mine = shown(found, who) if found is not None else None
    if mine is None:
        raise not_found("campaign")
    return mine
