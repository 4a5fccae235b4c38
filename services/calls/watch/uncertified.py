"""Who takes calls, or sold, without a certificate that the campaign asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from services.calls.views.campaign_sales import CampaignSales, campaign_sales, key_of
from services.calls.views.campaigns import KnownCampaign, campaigns
from services.calls.views.certified import Certified, certified, lacking
from services.calls.views.measures import milliseconds
from shared.http import Reads

PAGE = 500


class Taker(NamedTuple):
    """An agent who takes a campaign's calls."""

    partner: str
    agent: str
    campaign: str


class UncertifiedSale(NamedTuple):
    """A call, or an order that names none, in which somebody sold without a certificate."""

    taker: Taker
    subject: str
    at: datetime


def asked_by(campaign: KnownCampaign | None, at: datetime) -> tuple[str, ...]:
    """The certificates that an agent needs for the campaign's calls at a moment: of those that it asks for now, what it
    asked for then already. Nobody is held to what nobody had asked for."""
    return tuple(name for name, since in campaign.asked.items() if since <= at) if campaign is not None else ()


async def lacking_now(reads: Reads, takers: Iterable[Taker], at: datetime) -> dict[Taker, tuple[str, ...]]:
    """Those of them who lack certificates, with these."""
    all_of_them = set(takers)
    names = sorted({one.campaign for one in all_of_them})
    known: dict[str, KnownCampaign] = await reads.get(campaigns, names) if names else {}
    asked = {one: wanted for one in all_of_them if (wanted := asked_by(known.get(one.campaign), at))}
    learned = await _learned(reads, asked)
    found = {one: lacking(learned.get(_agent(one)), wanted, at) for one, wanted in asked.items()}
    return {one: lacks for one, lacks in found.items() if lacks}


async def sales_without(
    reads: Reads, known: Mapping[str, KnownCampaign], since: datetime, until: datetime
) -> list[UncertifiedSale]:
    """Sales in an hour that touches the time from `since` to `until`, by agents who held not all that was asked when
    they sold."""
    first = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    keys: list[str] = []
    for name, one in known.items():
        if asked_by(one, until):
            parts = await reads.find(
                campaign_sales, {"campaign": name}, "hour", milliseconds(first), milliseconds(until) + 1
            )
            keys += [key for key, _ in parts]
    found: list[UncertifiedSale] = []
    for start in range(0, len(keys), PAGE):
        docs = await reads.get(campaign_sales, keys[start : start + PAGE])
        found += await _without(reads, known, list(docs.values()))
    return found


async def still_without(
    reads: Reads, known: Mapping[str, KnownCampaign], sales: Sequence[UncertifiedSale]
) -> set[UncertifiedSale]:
    """Those of the sales that hold, and were made without a certificate by all that is known now."""
    keys = sorted({key_of(*one.taker, one.at) for one in sales})
    docs = await reads.get(campaign_sales, keys) if keys else {}
    # Not by the time: an earlier word of the same sale may have come meanwhile.
    stands = {(one.taker, one.subject) for one in await _without(reads, known, list(docs.values()))}
    return {one for one in sales if (one.taker, one.subject) in stands}


async def _without(
    reads: Reads, known: Mapping[str, KnownCampaign], docs: Sequence[CampaignSales]
) -> list[UncertifiedSale]:
    learned = await _learned(reads, [Taker(doc.partner, doc.agent, doc.campaign) for doc in docs])
    return [
        UncertifiedSale(Taker(doc.partner, doc.agent, doc.campaign), subject, at)
        for doc in docs
        for subject, at in doc.calls().items()
        if lacking(learned.get(f"{doc.partner}:{doc.agent}"), asked_by(known.get(doc.campaign), at), at)
    ]


async def _learned(reads: Reads, takers: Iterable[Taker]) -> dict[str, Certified]:
    keys = sorted({_agent(one) for one in takers})
    return await reads.get(certified, keys) if keys else {}


def _agent(one: Taker) -> str:
    return f"{one.partner}:{one.agent}"
