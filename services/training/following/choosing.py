"""Who is proposed for coaching as of a day, from the weeks by which agents may be chosen."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import date

import msgspec

from services.training.following.counting import WINDOW_WEEKS, counted
from services.training.measuring.counts import Agent, Count, counts_of, kept_back, monday_of, week_of
from services.training.measuring.peers import compared, expected
from services.training.measuring.proposals import Looked, proposed
from shared.http import Reads


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Whole weeks: from `since` until before `until`, both Mondays."""

    since: date
    until: date

    @property
    def weeks(self) -> tuple[int, int]:
        """The same, as numbers of weeks."""
        return week_of(self.since), week_of(self.until)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How an agent does in the weeks of choosing: `converts` and `peers_convert` are parts of one, None without
    contacts, or without peers enough."""

    contacts: int
    sales: int
    converts: float | None
    peers_convert: float | None


def window_of(day: date, weeks: int = WINDOW_WEEKS) -> Window:
    """The whole weeks before a day."""
    last = week_of(day)
    return Window(since=monday_of(last - weeks), until=monday_of(last))


async def chosen(reads: Reads, partners: Collection[str] | None, window: Window, rate: float, fewest: int) -> Looked:
    """The proposals among the agents of these partners, or of all."""
    counts = await _choosing(reads, partners, window)
    return await asyncio.to_thread(lambda: proposed(counts_of(counts), rate, fewest))


async def standing(reads: Reads, window: Window, agent: Agent) -> Standing:
    """How an agent does beside its peers, who are all at the same partner."""
    counts = await _choosing(reads, [agent.partner], window)
    return await asyncio.to_thread(_standing, counts, agent)


async def _choosing(reads: Reads, partners: Collection[str] | None, window: Window) -> list[Count]:
    since, until = window.weeks
    return [one for one in await counted(reads, partners, since, until) if not kept_back(one.week)]


def _standing(counts: list[Count], agent: Agent) -> Standing:
    import numpy as np

    columns = counts_of(counts)
    if agent not in columns.agents:
        return Standing(contacts=0, sales=0, converts=None, peers_convert=None)
    place = columns.agents.index(agent)
    mine = columns.agent == place
    contacts, sales = int(columns.contacts[mine].sum()), int(columns.sales[mine].sum())
    found = expected(compared(columns, np.ones(len(columns.agents), dtype=bool)))
    peers = float(found.rate[place]) if found.contacts[place] else None
    return Standing(contacts=contacts, sales=sales, converts=sales / contacts, peers_convert=peers)
