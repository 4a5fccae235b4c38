"""Paid and productive time, worked out from the states of an agent by the rules that held on each day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from services.calls.events.commissions import Pay, TimeRule, TimeRulesEvent, TimeRulesPublished
from shared.contracts.codes import AGENT_STATES
from shared.kernel import Command, Decider, Rejected, said

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
SHARES: dict[Pay, Fraction] = {"yes": Fraction(1), "half": Fraction(1, 2), "no": Fraction(0)}
_US = timedelta(microseconds=1)
HOUR_US = 3_600_000_000


class AskedRule(TimeRule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule as it is asked for."""


class PublishTimeRules(Command, frozen=True, kw_only=True):
    """Say which states are paid wholly, by half or not at all from the day `starts` on, by state and code of pause.
    A rule with a code goes before one without; what no rule names is not paid. The same once more is no new version.

    409 `unknown_state`, `rule_twice`, `starts_before_the_last`, `starts_twice`, `period_closed`.
    """

    partner: str
    starts: date
    rules: Annotated[tuple[AskedRule, ...], msgspec.Meta(min_length=1, max_length=200)]
    reason: Text
    at: datetime
    by: str


@dataclass(frozen=True)
class TimeRules:
    """The last version."""

    last: TimeRulesPublished | None = None


def decide(command: PublishTimeRules, state: TimeRules) -> list[TimeRulesEvent]:
    """What the command leads to."""
    last = state.last
    rules = tuple(msgspec.convert(msgspec.to_builtins(rule), TimeRule) for rule in command.rules)
    if last is not None:
        if (last.rules, last.starts) == (rules, command.starts):
            return []
        if command.starts < last.starts:
            raise Rejected("starts_before_the_last", f"The last version starts only on {last.starts}.")
        if command.starts == last.starts:
            raise Rejected("starts_twice", f"Another version starts on {last.starts} already.")
    seen: set[tuple[str, str | None]] = set()
    for rule in rules:
        if rule.state not in AGENT_STATES:
            raise Rejected("unknown_state", f"There is no state {rule.state}.")
        if (rule.state, rule.code) in seen:
            raise Rejected("rule_twice", f"{_name(rule)} has two rules.")
        seen.add((rule.state, rule.code))
    return [said(TimeRulesPublished, command, rules=rules, version=last.version + 1 if last is not None else 1)]


def evolve(state: TimeRules, event: TimeRulesEvent) -> TimeRules:
    """The last word holds."""
    return TimeRules(event)


time_rules: Decider[PublishTimeRules, TimeRulesEvent, TimeRules] = Decider(
    "timerules", TimeRulesEvent, TimeRules(), decide, evolve
)


class Stay(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, order=True):
    """An agent was in a state from `since` until `until`; `code` is the reason of a pause."""

    since: datetime
    until: datetime
    state: str
    code: str = ""


class PaidPiece(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of a stay that lies in one day, and what the rule makes of it. `overlap`: another stay had begun
    before and counts instead, since nobody is paid twice for a moment. `paid_half_us`: halves of a microsecond."""

    day: date
    since: datetime
    until: datetime
    state: str
    rule: str
    pay: Pay
    productive: bool
    paid_half_us: int
    code: str = ""
    overlap: bool = False


@dataclass(frozen=True)
class PaidTime:
    """A month of an agent. Times in microseconds; paid time is exact, in halves of one."""

    pieces: tuple[PaidPiece, ...]

    @property
    def paid_us(self) -> Fraction:
        """What is paid."""
        return Fraction(sum(piece.paid_half_us for piece in self.pieces), 2)

    @property
    def productive_us(self) -> int:
        """What counts as work."""
        return sum((p.until - p.since) // _US for p in self.pieces if p.productive)

    def paid_between(self, first: date, end: date) -> Fraction:
        """What is paid of the days from `first` to the day before `end`."""
        return Fraction(sum(p.paid_half_us for p in self.pieces if first <= p.day < end), 2)


def month_bounds(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of a month such as `2026-03` in a zone, and the first after it, in UTC."""
    first = date.fromisoformat(f"{month}-01")
    after = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return _midnight(first, zone), _midnight(after, zone)


def paid_time(stays: Iterable[Stay], versions: Sequence[TimeRulesPublished], month: str, zone: ZoneInfo) -> PaidTime:
    """The month's paid time: stays cut at the zone's midnights, each piece by the rules of its day.

    Stays may come in any order and more than once. Where two overlap, the one that began first counts for the moments
    that both have. Days are as long as the zone's clock makes them.
    """
    begin, end = month_bounds(month, zone)
    pieces: list[PaidPiece] = []
    counted_until = begin
    for stay in sorted(set(stays)):
        since, until = max(stay.since, begin), min(stay.until, end)
        if since >= until:
            continue
        for low, high, overlap in ((since, min(until, counted_until), True), (max(since, counted_until), until, False)):
            pieces += _pieces(stay, low, high, overlap, versions, zone)
        counted_until = max(counted_until, until)
    return PaidTime(tuple(pieces))


def _pieces(
    stay: Stay, low: datetime, high: datetime, overlap: bool, versions: Sequence[TimeRulesPublished], zone: ZoneInfo
) -> Iterable[PaidPiece]:
    while low < high:
        day = low.astimezone(zone).date()
        until = min(high, _midnight(day + timedelta(days=1), zone))
        version, rule = _rule_of(stay, day, versions)
        pay: Pay = rule.pay if rule is not None and not overlap else "no"
        name = f"{_name(rule)} (version {version})" if rule is not None else "no rule"
        yield PaidPiece(
            day=day,
            since=low,
            until=until,
            state=stay.state,
            code=stay.code,
            rule=name,
            pay=pay,
            productive=rule is not None and rule.productive and not overlap,
            paid_half_us=int(2 * SHARES[pay] * ((until - low) // _US)),
            overlap=overlap,
        )
        low = until


def _rule_of(stay: Stay, day: date, versions: Sequence[TimeRulesPublished]) -> tuple[int, TimeRule | None]:
    held = [version for version in versions if version.starts <= day]
    if not held:
        return 0, None
    by_name = {(rule.state, rule.code): rule for rule in held[-1].rules}
    return held[-1].version, by_name.get((stay.state, stay.code or None)) or by_name.get((stay.state, None))


def _name(rule: TimeRule) -> str:
    return f"{rule.state}:{rule.code}" if rule.code else rule.state


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
