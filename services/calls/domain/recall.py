"""When a lead is to be called again: a pure function of its attempts, its promises and the rules of its list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from services.calls.events.leads import LeadState, RecallRule, RecallRules, Verdict
from shared.contracts.codes import disposition

ANY = "*"
DAYS_AHEAD = 15
"""Within so many days there is one of each weekday, also where a clock change shortens a window to nothing."""
OUTCOMES = {
    "no-answer": "no_answer",
    "busy": "busy",
    "machine": "answering_machine",
    "failed": "technical_failure",
    "canceled": "no_answer",
    "abandoned": "dropped_by_dialler",
    "out-of-hours": "out_of_hours",
}
"""What a dial that no agent gave a result came to, by its outcome. One that a person took has no result yet."""


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result that was given at `at` to a part of a call which `began` then."""

    at: datetime
    code: str
    began: datetime
    agent: str | None = None


class Ended(msgspec.Struct, frozen=True, omit_defaults=True):
    """A call which `began` then is over, with this outcome."""

    began: datetime
    outcome: str | None
    agent: str | None = None


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody tried to reach the customer: what the telephony says of the whole call, and results by part of the call.
    They come in any order, and may be taken back; an attempt of which nothing is left was none."""

    end: Ended | None = None
    said: dict[str, Said] = {}

    @property
    def is_none(self) -> bool:
        """Whether all that was said of it is taken back."""
        return self.end is None and not self.said

    @property
    def at(self) -> datetime:
        """When the call began."""
        ends = [self.end.began] if self.end else []
        return min(ends + [said.began for said in self.said.values()])

    @property
    def agent(self) -> str | None:
        """Who tried."""
        last = self._last
        return (last.agent if last else None) or (self.end.agent if self.end else None)

    @property
    def result(self) -> str | None:
        """The canonical disposition given last, else what the outcome says, else nothing."""
        last = self._last
        if last is not None:
            return last.code
        return OUTCOMES.get((self.end.outcome if self.end else None) or "")

    @property
    def resulted_at(self) -> datetime:
        """When that result was given."""
        last = self._last
        return last.at if last is not None else self.at

    @property
    def _last(self) -> Said | None:
        return max(self.said.items(), key=lambda part: (part[1].at, part[0]))[1] if self.said else None


class Promise(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A callback that was promised in `call` at `made_at`, for `due`, which was said by the clock of `zone`. `note`:
    the name under which the agent's words lie in the vault."""

    id: str
    agent: str
    personal: bool
    due: datetime
    made_at: datetime
    call: str | None = None
    zone: str = ""
    note: str | None = None


class Judged(NamedTuple):
    """What became of a promise, and the attempt by which it was kept, or after which it was too late."""

    verdict: Verdict
    attempted_at: datetime | None = None


class Standing(NamedTuple):
    """Where a lead stands. `due`: from when on it may be given out; `promise`: the one that waits."""

    state: LeadState
    result: str | None = None
    due: datetime | None = None
    promise: Promise | None = None


def window(day: datetime, zone: ZoneInfo, rules: RecallRules) -> tuple[datetime, datetime]:
    """From when to when (UTC) calls are allowed on the local day of `day`; equal where there is no such time.

    The wall clock counts, so on the nights of a clock change the window is as long as the clock shows.
    """
    date = day.astimezone(zone).date()
    midnight = datetime.combine(date, time(), zone)

    def at(minute: int) -> datetime:
        # Adding to a local time moves the wall clock, whatever the zone does meanwhile.
        return (midnight + timedelta(minutes=minute)).astimezone(UTC)

    low = at(rules.from_minute)
    return low, max(low, at(rules.until_minute))


def is_allowed(at: datetime, zone: ZoneInfo, rules: RecallRules) -> bool:
    """Whether a customer in the zone may be called at this time."""
    low, high = window(at, zone, rules)
    return at.astimezone(zone).isoweekday() in rules.weekdays and low <= at < high


def next_allowed(at: datetime, zone: ZoneInfo, rules: RecallRules) -> datetime:
    """The first time from `at` on at which the customer may be called; `at` itself where no time ever is allowed."""
    day = at.astimezone(zone)
    for ahead in range(DAYS_AHEAD):
        noon = datetime.combine(day.date() + timedelta(days=ahead), time(12), zone)
        if noon.isoweekday() not in rules.weekdays:
            continue
        low, high = window(noon, zone, rules)
        if max(at, low) < high:
            return max(at, low)
    return at


def rule_for(result: str | None, rules: RecallRules) -> RecallRule | None:
    """The rule of a result, else the one for any."""
    found = {rule.after: rule for rule in reversed(rules.rules)}
    return found.get(result or "") or found.get(ANY)


def judged(promise: Promise, others: Iterable[Promise], attempts: Iterable[Attempt], rules: RecallRules) -> Judged:
    """Whether a promise was kept, as far as is known.

    An attempt before the time counts for nothing but itself: the customer waits for the promised time all the same.
    The call in which it was promised is none. A later promise takes the place of one that nobody has kept or missed.
    """
    within = timedelta(minutes=rules.kept_within_minutes)
    tried = sorted(
        attempt.at for attempt in attempts if attempt.at > promise.made_at and attempt.at >= promise.due - within
    )
    newer = [other.made_at for other in others if (other.made_at, other.id) > (promise.made_at, promise.id)]
    if tried and (not newer or tried[0] <= min(newer)):
        return Judged("kept" if tried[0] <= promise.due + within else "broken", tried[0])
    return Judged("replaced") if newer else Judged("open")


def standing(attempts: Sequence[Attempt], promises: Sequence[Promise], zone: ZoneInfo, rules: RecallRules) -> Standing:
    """Where a lead with these attempts and promises stands. The order in which they became known plays no part.

    After a sale nothing is left to do but what was promised since.
    """
    by_time = sorted(attempts, key=_order)
    results = [attempt.result for attempt in by_time]
    flags = [disposition(result).flags if result else frozenset() for result in results]
    last = results[-1] if results else None
    if any("dnc" in each for each in flags):
        return Standing("barred", last)
    sold = [attempt for attempt, each in zip(by_time, flags, strict=True) if "sale" in each]
    since = max((attempt.resulted_at for attempt in sold), default=None)
    for promise in sorted(promises, key=lambda one: (one.made_at, one.id)):
        is_open = judged(promise, promises, attempts, rules).verdict == "open"
        if is_open and (since is None or promise.made_at > since):
            return Standing("callback", last, promise.due, promise)
    if sold:
        return Standing("done", sold[0].result)
    if not by_time:
        return Standing("fresh")
    if "completed" in flags[-1]:
        return Standing("done", last)
    rule = rule_for(last, rules)
    if rule is None or len(by_time) >= rules.most_attempts or results.count(last) >= rule.most:
        return Standing("exhausted", last)
    earliest = by_time[-1].at + timedelta(minutes=rule.wait_minutes)
    return Standing("recall", last, next_allowed(earliest, zone, rules))


def _order(attempt: Attempt) -> tuple[datetime, str, str]:
    return attempt.at, attempt.agent or "", attempt.result or ""
