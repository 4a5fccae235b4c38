"""The counts from which agents are measured, read from the views: weeks of contacts and sales, in groups of peers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta

from services.training.measuring.counts import Agent, Count, Group, monday_of, tenure_of, week_of
from services.training.views.worked import WorkedMonth, WorkedSince, did, worked, worked_since
from shared.http import Reads

OLD_DAYS = 181
"""Who has been there for longer is old: the exact day does not matter."""
WINDOW_WEEKS = 13
"""Agents are looked at over a quarter of a year, where nobody says otherwise."""

Firsts = Mapping[tuple[str, str], date]


async def months_of(reads: Reads, partners: Collection[str] | None, first: date, last: date) -> list[WorkedMonth]:
    """The months of agents from the one of `first` to the one of `last`; of all partners, or of some."""
    low, high = f"{first:%Y-%m}", f"{last:%Y-%m}~"
    found: list[WorkedMonth] = []
    for equal in equals(partners):
        found += [doc for _, doc in await reads.find(worked, equal, "month", low, high)]
    return found


async def firsts_of(
    reads: Reads, partners: Collection[str] | None, months: Iterable[WorkedMonth], since: date
) -> Firsts:
    """The first day with a contact of each agent. Where that lies more than half a year before `since`, the first day
    of its month: it is old on every day that counts."""
    known = {(doc.partner, doc.agent, doc.month): doc for doc in months}
    found: dict[tuple[str, str], date] = {}
    wanted: list[tuple[str, str, str]] = []
    for equal in equals(partners):
        for _, one in await reads.find(worked_since, equal):
            first = _first_month(one)
            if first is not None and first > since - timedelta(days=OLD_DAYS + 31):
                wanted.append((one.partner, one.agent, f"{first:%Y-%m}"))
            elif first is not None:
                found[one.partner, one.agent] = first
    missing = [f"{month}:{partner}:{agent}" for partner, agent, month in wanted if (partner, agent, month) not in known]
    known |= {(doc.partner, doc.agent, doc.month): doc for doc in (await reads.get(worked, missing)).values()}
    for partner, agent, month in wanted:
        # The two views are each as far as they are: a month may be in one of them only, for a moment.
        if (doc := known.get((partner, agent, month))) is not None:
            days = [each.at for each in did(doc.days) if each.contacts]
            found[partner, agent] = doc.day(min(days, default=1))
    return found


def weeks_of(months: Iterable[WorkedMonth], firsts: Firsts, since: int, until: int) -> Iterator[Count]:
    """The counts of the weeks from `since` until before `until`."""
    for doc in months:
        agent, start = Agent(doc.partner, doc.agent), doc.day(1)
        first = firsts.get((doc.partner, doc.agent), start)
        for one in did(doc.days):
            day = start + timedelta(days=one.at - 1)
            week = week_of(day)
            if since <= week < until:
                tenure = tenure_of(first, monday_of(week))
                yield Count(
                    agent, Group(doc.partner, one.campaign, one.direction, tenure), week, one.contacts, one.sales
                )


async def counted(reads: Reads, partners: Collection[str] | None, since: int, until: int) -> list[Count]:
    """The counts of the weeks from `since` until before `until`, of all partners or of some."""
    first, last = monday_of(since), monday_of(until) - timedelta(days=1)
    months = await months_of(reads, partners, first, last)
    return list(weeks_of(months, await firsts_of(reads, partners, months, first), since, until))


def equals(partners: Collection[str] | None) -> list[dict[str, str | int]]:
    """By what to find documents of all partners, or of some."""
    return [{}] if partners is None else [{"partner": one} for one in sorted(partners)]


def _first_month(doc: WorkedSince) -> date | None:
    return date.fromisoformat(f"{doc.first}-01") if doc.first else None
