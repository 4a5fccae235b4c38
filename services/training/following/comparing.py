"""Agents or partners of some months, compared by what their mix of work lets one expect."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from services.training.following.counting import equals, months_of
from services.training.measuring.fair import Among, Comparison, Work, compare
from services.training.views.speakers import speakers
from services.training.views.worked import WorkedMonth, did
from shared.http import Reads

FACTORS = ("campaign", "hour", "language", "lead_age")
"""What is adjusted for: the campaign with its direction, the hour (UTC), the languages that the agent speaks, and how
old the leads were that were called."""
UNKNOWN = "unknown"
NO_LEAD = "no lead"


async def comparison(
    reads: Reads,
    among: Among,
    partners: Collection[str] | None,
    first: date,
    last: date,
    campaign: str | None,
) -> Comparison:
    """The months from that of `first` to that of `last`; of one campaign, or of all."""
    months = await months_of(reads, partners, first, last)
    languages: dict[tuple[str, str], tuple[str, ...]] = {}
    for equal in equals(partners):
        languages |= {(doc.partner, doc.agent): doc.languages for _, doc in await reads.find(speakers, equal)}
    works = list(works_of(months, languages, campaign))
    return await asyncio.to_thread(compare, works, FACTORS, among)


def works_of(
    months: Iterable[WorkedMonth], languages: Mapping[tuple[str, str], tuple[str, ...]], campaign: str | None
) -> Iterator[Work]:
    """What is compared, hour by hour."""
    for doc in months:
        language = "+".join(sorted(languages.get((doc.partner, doc.agent), ()))) or UNKNOWN
        for one in did(doc.hours):
            if campaign is None or one.campaign == campaign:
                mix = f"{one.campaign}|{one.direction}", f"{one.at:02}", language, one.lead_age or NO_LEAD
                yield Work(partner=doc.partner, agent=doc.agent, mix=mix, contacts=one.contacts, sales=one.sales)
