"""The routes of campaigns, and of the numbers that customers call."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from services.calls.api import campaign_examples as examples
from services.calls.api.callers import MOST_PER_PAGE, Anyone, Everybody, Service
from services.calls.api.live import calls_now, takers_of
from services.calls.api.readers import ReadsOf
from services.calls.domain.campaign import DescribeCampaign, EndCampaign, PauseCampaign, StartCampaign, campaign
from services.calls.domain.number import AssignNumber, ReleaseNumber, number
from services.calls.events.campaigns import CampaignState
from services.calls.views.campaigns import KnownCampaign, campaigns
from services.calls.views.media import media
from services.calls.views.numbers import KnownNumber, numbers
from services.calls.views.performance import performance_day
from services.calls.watch.uncertified import Taker, lacking_now
from shared.http import Deps, Problem, accepts, json_response, limited, not_found, page
from shared.security import Principal

router = APIRouter(prefix="/api/v1", tags=["campaigns"])


async def _known(command: AssignNumber, deps: Deps) -> None:
    """409 where the campaign or the medium is not there."""
    if not await deps.reads.get(campaigns, [command.campaign]):
        raise Problem(409, "unknown_campaign", f"There is no campaign {command.campaign}.")
    if command.media is not None and not await deps.reads.get(media, [command.media]):
        raise Problem(409, "unknown_media", f"There is no medium {command.media}.")


accepts(
    router,
    "/campaigns/{campaign}",
    campaign,
    DescribeCampaign,
    service="calls",
    right="selling.run",
    method="PUT",
    of_partner=False,
)
accepts(
    router,
    "/campaigns/{campaign}/start",
    campaign,
    StartCampaign,
    service="calls",
    right="selling.run",
    of_partner=False,
)
accepts(
    router,
    "/campaigns/{campaign}/pause",
    campaign,
    PauseCampaign,
    service="calls",
    right="selling.run",
    of_partner=False,
)
accepts(
    router, "/campaigns/{campaign}/end", campaign, EndCampaign, service="calls", right="selling.run", of_partner=False
)
accepts(
    router,
    "/numbers/{number}",
    number,
    AssignNumber,
    service="calls",
    right="selling.run",
    method="PUT",
    of_partner=False,
    check=_known,
)
accepts(
    router, "/numbers/{number}/release", number, ReleaseNumber, service="calls", right="selling.run", of_partner=False
)


@router.get("/campaigns", summary="All campaigns", responses=examples.CAMPAIGNS)
async def list_campaigns(
    deps: Service,
    who: Anyone,
    state: Annotated[CampaignState | None, Query(description="Only those in this state.")] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """Each with its state and how it came there, by id. Who sees some partners sees campaigns of theirs, and of all."""
    equal: dict[str, str | int] = {} if state is None else {"state": state}
    found = await deps.reads.find(campaigns, equal)
    seen = [(key, mine) for key, doc in found if (mine := shown(doc, who)) is not None]
    return json_response(page(seen, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/campaigns/{campaign}", summary="A campaign", responses=examples.CAMPAIGN)
async def show_campaign(campaign: str, deps: Service, who: Everybody) -> Response:
    """What it is, its state, and how it came there."""
    doc = (await deps.reads.get(campaigns, [campaign])).get(campaign)
    mine = shown(doc, who) if doc is not None else None
    if mine is None:
        raise not_found("campaign")
    return json_response(mine)


@router.get(
    "/campaigns/{campaign}/uncertified",
    summary="Who takes a campaign's calls without a certificate",
    responses=examples.UNCERTIFIED,
)
async def list_uncertified(campaign: str, deps: Service, reads: ReadsOf, who: Anyone) -> Response:
    """Agents who lack a certificate that the campaign asks for and are in a call of it now, or took one since
    yesterday: what they lack, the calls that they have now, and how many they handled since."""
    doc = (await deps.reads.get(campaigns, [campaign])).get(campaign)
    if doc is None or shown(doc, who) is None:
        raise not_found("campaign")
    now = deps.clock()
    having: dict[Taker, list[str]] = {}
    handled: Counter[Taker] = Counter()
    if doc.asked:
        for call, taker in takers_of(await calls_now(reads, now)).items():
            if taker.campaign == campaign:
                having.setdefault(taker, []).append(call)
        yesterday = (now.astimezone(UTC) - timedelta(days=1)).date().isoformat()
        days = await reads.views.find(
            performance_day, {"campaign": campaign, "counts": "production"}, "day", yesterday, None
        )
        for _, day in days:
            if day.agent is not None and day.tally.handled:
                handled[Taker(day.partner, day.agent, campaign)] += day.tally.handled
    lacks = await lacking_now(deps.reads, having.keys() | handled.keys(), now)
    items = [
        {
            "partner": taker.partner,
            "agent": taker.agent,
            "lacks": lacks[taker],
            "calls": sorted(having.get(taker, [])),
            "handled": handled[taker],
        }
        for taker in sorted(lacks)
        if who.sees(taker.partner)
    ]
    return json_response({"asked": list(doc.asked), "items": items, "next": None})


@router.get("/numbers", summary="All numbers", responses=examples.NUMBERS)
async def list_numbers(
    deps: Service,
    who: Anyone,
    campaign: Annotated[str | None, Query(description="Only those that stand for this campaign now.")] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """Each with what it stands for now, and all that was said of it before, by number."""
    equal: dict[str, str | int] = {} if campaign is None else {"campaign": campaign}
    found = [(key, doc) for key, doc in await deps.reads.find(numbers, equal) if _theirs(doc, who)]
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/numbers/{number}", summary="What a number stands for", responses=examples.NUMBER)
async def show_number(number: str, deps: Service, who: Everybody) -> Response:
    """The number (E.164, its plus escaped as %2B) with its campaign, country and medium, in one look. 404 where nobody
    ever said what it is for."""
    doc = await known_number(deps, number)
    if doc is None or not _theirs(doc, who):
        raise not_found("number")
    return json_response(doc)


async def known_number(deps: Deps, number: str) -> KnownNumber | None:
    """What is known of a number of ours, in one look; its `assigned` is what it stands for now."""
    return (await deps.reads.get(numbers, [number])).get(number)


def shown(doc: KnownCampaign, who: Principal) -> KnownCampaign | None:
    """The campaign as this principal may see it, without the shares of others; None where it is no campaign of theirs.
    One without partners is everybody's."""
    told = doc.described
    if who.partners is None or told is None or not told.partners:
        return doc
    theirs = tuple(one for one in told.partners if who.sees(one.partner))
    if not theirs:
        return None
    return msgspec.structs.replace(doc, described=msgspec.structs.replace(told, partners=theirs))


def _theirs(doc: KnownNumber, who: Principal) -> bool:
    partners = {getattr(event, "partner", None) for event in doc.history} - {None}
    return who.partners is None or not partners or all(who.sees(str(partner)) for partner in partners)
