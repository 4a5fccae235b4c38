"""How an agent or a partner learns beside those who began before; weeks are counted from the first contact."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

import msgspec

from services.training.following.counting import months_of
from services.training.measuring.counts import Agent, week_of
from services.training.measuring.curves import Aged, Curve, curve
from services.training.views.worked import WorkedMonth, WorkedSince, did, worked, worked_since
from shared.http import Reads

LONGEST_WEEKS = 26
"""A curve is looked at over half a year; after that nobody is new."""
MOST_EARLIER = 200
"""So many of those who began last before somebody are enough."""

Firsts = Mapping[Agent, date]


class Newcomers(msgspec.Struct, frozen=True, kw_only=True):
    """The new agents of a partner: how many, since when the first of them, and their curve together."""

    agents: int
    began: date
    curve: Curve


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


async def of_newcomers(reads: Reads, partner: str, until: date) -> Newcomers | None:
    """The agents of a partner who began within half a year before `until` (the last day that counts), together, beside
    agents of all partners who began before the first of them. None where there are none."""
    since = [doc for _, doc in await reads.find(worked_since, {}) if doc.first is not None]
    oldest = until - timedelta(weeks=LONGEST_WEEKS)
    own = [doc for doc in since if doc.partner == partner and f"{doc.first}" >= f"{oldest:%Y-%m}"]
    firsts = await _firsts_of(reads, own)
    new = {who: first for who, first in firsts.items() if oldest <= first <= until}
    if not new:
        return None
    began = min(new.values())
    # Those of the month in which the first began may have begun after it, so more than enough are looked at.
    others = sorted(
        (f"{doc.first}", doc.partner, doc.agent, doc) for doc in since if f"{doc.first}" <= f"{began:%Y-%m}"
    )
    same = sum(month == f"{began:%Y-%m}" for month, *_ in others)
    known = await _firsts_of(reads, [doc for *_, doc in others[-(MOST_EARLIER + same) :]])
    before = [who for _, who in sorted((first, who) for who, first in known.items() if first < began)][-MOST_EARLIER:]
    begun = new | {who: known[who] for who in before}
    wanted = [f"{month}:{who.partner}:{who.agent}" for who, first in begun.items() for month in _months(first)]
    months = list((await reads.get(worked, wanted)).values())
    found = await asyncio.to_thread(_together, months, begun, new, until)
    return Newcomers(agents=len(new), began=began, curve=found)


async def _firsts_of(reads: Reads, since: Iterable[WorkedSince]) -> dict[Agent, date]:
    return _first_days((await reads.get(worked, [f"{doc.first}:{doc.partner}:{doc.agent}" for doc in since])).values())


def _together(months: list[WorkedMonth], begun: Firsts, new: Firsts, until: date) -> Curve:
    aged = list(_aged(months, begun, False, until))
    return curve([one for one in aged if one.who in new], [one for one in aged if one.who not in new])


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


def _aged(months: Iterable[WorkedMonth], firsts: Firsts, partners: bool, until: date = date.max) -> Iterator[Aged]:
    for doc in months:
        who = Agent(doc.partner, "" if partners else doc.agent)
        for one in did(doc.days):
            day = doc.day(one.at)
            week = week_of(day) - week_of(firsts[who])
            if 0 <= week < LONGEST_WEEKS and day <= until:
                yield Aged(
                    who=who,
                    campaign=one.campaign,
                    direction=one.direction,
                    week=week,
                    contacts=one.contacts,
                    sales=one.sales,
                )
