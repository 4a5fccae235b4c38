"""When was each agent there, and in which state?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

import msgspec

from shared.contracts.calls import TOPIC, AgentStateChanged
from shared.contracts.codes import agent_state
from shared.kernel import View


class Stay(msgspec.Struct, frozen=True, order=True):
    """An agent was in a state from `since` until `until`."""

    since: datetime
    until: datetime
    state: str


class DayPresence(msgspec.Struct, kw_only=True):
    """An agent's day, in UTC. `stays` are in the order of time, without those in which nobody is there."""

    partner: str
    agent: str
    day: str
    stays: list[Stay] = []


class Piece(msgspec.Struct, frozen=True):
    """The part of a stay that lies in one day."""

    partner: str
    agent: str
    day: str
    stay: Stay


def by_day(event: AgentStateChanged) -> Iterable[tuple[str, Piece]]:
    """One document an agent and day; a stay over midnight is in both. Who is offline is not there."""
    if event.counts != "production" or not agent_state(event.state).logged_in:
        return
    since, end = event.since.astimezone(UTC), event.until.astimezone(UTC)
    while since < end:
        until = min(end, datetime.combine(since.date() + timedelta(days=1), time(), UTC))
        day = since.date().isoformat()
        piece = Piece(event.partner, event.agent, day, Stay(since, until, event.state))
        yield f"{event.partner}:{event.agent}:{day}", piece
        since = until


def fold(doc: DayPresence | None, part: Piece, sign: int) -> DayPresence:
    """A stay that is taken back is gone."""
    doc = doc or DayPresence(partner=part.partner, agent=part.agent, day=part.day)
    if sign > 0:
        doc.stays = sorted([*doc.stays, part.stay])
    elif part.stay in doc.stays:
        doc.stays.remove(part.stay)
    return doc


def together(one: DayPresence, other: DayPresence) -> DayPresence:
    """Two shards together."""
    one.stays = sorted([*one.stays, *other.stays])
    return one


def indexed(doc: DayPresence) -> dict[str, str | int | None]:
    """Found by partner and day."""
    return {"partner": doc.partner, "day": doc.day}


presence = View(
    "presence",
    1,
    TOPIC,
    AgentStateChanged,
    DayPresence,
    by_day,
    fold,
    together,
    indexes=("partner", "day"),
    fields=indexed,
)
