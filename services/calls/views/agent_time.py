"""In which states was each agent on a day?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from shared.contracts.calls import TOPIC, AgentStateChanged
from shared.contracts.codes import agent_state
from shared.kernel import View


class Interval(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of a state that lies in one day (UTC). `code`: the reason of a pause."""

    since: datetime
    until: datetime
    state: str
    source: str
    code: str = ""

    @property
    def key(self) -> str:
        """What tells it from the others of the day."""
        return f"{self.since.isoformat()} {self.until.isoformat()} {self.state} {self.source} {self.code}"


class TimesTold(msgspec.Struct, kw_only=True):
    """An interval, and how often it was told less how often it was taken back."""

    interval: Interval
    times: int = 0


class AgentTime(msgspec.Struct, kw_only=True):
    """An agent's day (UTC) of intervals in which somebody was logged in. Days of the partner's zone are cut by whoever
    reads."""

    partner: str
    agent: str
    day: str
    told: dict[str, TimesTold] = {}

    @property
    def intervals(self) -> list[Interval]:
        """Those that hold, by time."""
        found = [one.interval for one in self.told.values() if one.times > 0]
        return sorted(found, key=lambda interval: interval.key)


Part = tuple[str, str, str, Interval]


def by_agent_and_day(event: AgentStateChanged) -> Iterable[tuple[str, Part]]:
    """A document for each day that the interval touches. Time off-line is nobody's pay, and tests are nobody's work."""
    if event.counts != "production" or not event.agent or not agent_state(event.state).logged_in:
        return
    since, end = event.since.astimezone(UTC), event.until.astimezone(UTC)
    while since < end:
        midnight = since.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        until, day = min(midnight, end), since.date().isoformat()
        part = Interval(
            since=since, until=until, state=agent_state(event.state).code, source=event.source, code=event.reason or ""
        )
        yield f"{event.partner}:{event.agent}:{day}", (event.partner, event.agent, day, part)
        since = until


def fold(doc: AgentTime | None, part: Part, sign: int) -> AgentTime:
    """Told or taken back, in any order."""
    partner, agent, day, interval = part
    doc = doc or AgentTime(partner=partner, agent=agent, day=day)
    told = doc.told.setdefault(interval.key, TimesTold(interval=interval))
    told.times += sign
    if not told.times:
        del doc.told[interval.key]
    return doc


def added(one: AgentTime, other: AgentTime) -> AgentTime:
    """What is told in both adds up."""
    for key, told in other.told.items():
        mine = one.told.setdefault(key, TimesTold(interval=told.interval))
        mine.times += told.times
        if not mine.times:
            del one.told[key]
    return one


agent_time = View(
    "agent_time",
    1,
    TOPIC,
    AgentStateChanged,
    AgentTime,
    by_agent_and_day,
    fold,
    added,
    indexes=("partner", "agent", "day"),
    fields=lambda doc: {"partner": doc.partner, "agent": doc.agent, "day": doc.day},
)
