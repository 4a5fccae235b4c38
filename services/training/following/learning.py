"""How an agent or a partner learns beside those who began before; weeks are counted from the first contact."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from services.training.following.counting import months_of
from services.training.measuring.counts import Agent, week_of
from services.training.measuring.curves import Aged, Curve, curve
from services.training.views.worked import WorkedMonth, did, worked, worked_since
from shared.http import Reads

LONGEST_WEEKS = 26
"""A curve is looked at over half a year; after that nobody is new."""
MOST_EARLIER = 200
"""So many of those who began last before somebody are enough."""

Firsts = Mapping[Agent, date]


async def of_agent(reads: Reads, who: Agent) -> Curve | None:
    """An agent beside agents of the same partner; None where it had no contacts."""
    since = {Agent(doc.partner, doc.agent): doc for _, doc in await reads.find(worked_since, {"partner": who.partner})}
    if who not in since or since[who].first is None:
        return None
    keys = [f"{doc.first}:{doc.partner}:{doc.agent}" for doc in since.values() if doc.first is not None]
    firsts = _first_days((await reads.get(worked, keys)).values())
    if who not in firsts:
        return None
    before = _before(firsts, who)
    wanted = [f"{month}:{agent.partner}:{agent.agent}" for agent in [who, *before] for month in _months(firsts[agent])]
    months = list((await reads.get(worked, wanted)).values())
    return await asyncio.to_thread(_curve, months, firsts, who, before, False)


async def of_partner(reads: Reads, partner: str) -> Curve | None:
    """A partner beside other partners; None where it had no contacts."""
    starts: dict[str, str] = {}
    for _, doc in await reads.find(worked_since, {}):
        if doc.first is not None:
            starts[doc.partner] = min(starts.get(doc.partner, doc.first), doc.first)
    firsts: dict[Agent, date] = {}
    for name, month in starts.items():
        first = date.fromisoformat(f"{month}-01")
        days = _first_days(await months_of(reads, {name}, first, first))
        firsts |= {Agent(name, ""): min(days.values())} if days else {}
    who = Agent(partner, "")
    if who not in firsts:
        return None
    before = _before(firsts, who)
    months: list[WorkedMonth] = []
    for one in [who, *before]:
        months += await months_of(reads, {one.partner}, firsts[one], firsts[one] + timedelta(weeks=LONGEST_WEEKS))
    return await asyncio.to_thread(_curve, months, firsts, who, before, True)


def _first_days(months: Iterable[WorkedMonth]) -> dict[Agent, date]:
    found: dict[Agent, date] = {}
    for doc in months:
        days = [one.at for one in did(doc.days) if one.contacts]
        if days:
            found[Agent(doc.partner, doc.agent)] = doc.day(min(days))
    return found


def _before(firsts: Firsts, who: Agent) -> list[Agent]:
    earlier = sorted((first, agent) for agent, first in firsts.items() if first < firsts[who])
    return [agent for _, agent in earlier[-MOST_EARLIER:]]


def _months(first: date) -> list[str]:
    days = (first + timedelta(days=7 * week) for week in range(LONGEST_WEEKS + 1))
    return sorted({f"{day:%Y-%m}" for day in days})


def _curve(months: list[WorkedMonth], firsts: Firsts, who: Agent, before: list[Agent], partners: bool) -> Curve:
    known = set(before)
    aged = [(one.who, one) for one in _aged(months, firsts, partners)]
    own = [one for name, one in aged if name == who]
    return curve(own, [one for name, one in aged if name in known])


def _aged(months: Iterable[WorkedMonth], firsts: Firsts, partners: bool) -> Iterator[Aged]:
    for doc in months:
        who = Agent(doc.partner, "" if partners else doc.agent)
        for one in did(doc.days):
            week = week_of(doc.day(one.at)) - week_of(firsts[who])
            if 0 <= week < LONGEST_WEEKS:
                yield Aged(
                    who=who,
                    campaign=one.campaign,
                    direction=one.direction,
                    week=week,
                    contacts=one.contacts,
                    sales=one.sales,
                )
