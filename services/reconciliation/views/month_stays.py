"""How long were a partner's agents in which state on a day? Contracts that pay hours are rated by it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from shared.contracts.calls import TOPIC, AgentStateChanged
from shared.kernel import View


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """A time in one state."""

    state: str
    since: datetime
    until: datetime


class AgentStays(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An agent's stays that began on one day (UTC). `owed`: those that were taken back before they came."""

    partner: str
    agent: str
    day: str
    stays: list[Stay] = []
    owed: list[Stay] = []


def by_agent_and_day(event: AgentStateChanged) -> Iterable[tuple[str, AgentStateChanged]]:
    """A document an agent and day of production."""
    if event.counts == "production":
        yield f"{event.source}:{event.agent}:{event.since:%Y-%m-%d}", event


def fold(doc: AgentStays | None, event: AgentStateChanged, sign: int) -> AgentStays:
    """A stay is there until it is taken back, in whatever order both come."""
    doc = doc or AgentStays(partner=event.partner, agent=event.agent, day=f"{event.since:%Y-%m-%d}")
    _take(doc, Stay(state=event.state, since=event.since, until=event.until), sign)
    return doc


def _take(doc: AgentStays, stay: Stay, sign: int) -> None:
    mine, others = (doc.stays, doc.owed) if sign > 0 else (doc.owed, doc.stays)
    if stay in others:
        others.remove(stay)
    else:
        mine.append(stay)


def add(one: AgentStays, other: AgentStays) -> AgentStays:
    """All stays of both."""
    merged = AgentStays(partner=one.partner, agent=one.agent, day=one.day, stays=[*one.stays, *other.stays])
    for stay in (*one.owed, *other.owed):
        _take(merged, stay, -1)
    return merged


def indexed(doc: AgentStays) -> dict[str, str | int | None]:
    """Found by partner in the order of days."""
    return {"partner": doc.partner, "day": doc.day}


month_stays = View(
    "month_stays",
    1,
    TOPIC,
    AgentStateChanged,
    AgentStays,
    by_agent_and_day,
    fold,
    add,
    indexes=("partner", "day"),
    fields=indexed,
)
