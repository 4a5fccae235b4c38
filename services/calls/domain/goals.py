"""Sales goals, and how far one is by now against what an even pace would have brought."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from services.calls.domain.campaign_rules import CampaignId
from services.calls.domain.product import Name, Sku, Text
from services.calls.events.goals import GoalEvent, GoalSet, GoalWithdrawn, Measure
from shared.contracts.terms.values import CURRENCIES
from shared.kernel import Command, Decider, Rejected, said
from shared.names import Currency, PartnerId, Slug

GoalId = Slug
GoalState = Literal["not_started", "on_pace", "behind", "reached", "missed"]
LONGEST_DAYS = 366
DAY = timedelta(days=1)
FORMULAS = {
    "expected": "target x work days' weight until now / their weight in the whole period; today counts by its share",
    "forecast": "done x weight of the whole period / weight until now",
    "ahead": "done - expected",
    "state": "reached: done >= target; not_started before and missed after the period; else on_pace: done >= expected, "
    "or behind",
}
"""What is told beside the figures."""


class SetGoal(Command, frozen=True, kw_only=True):
    """Say how much is to be sold in a period (days, both in it) of a product, in a campaign, by a partner, or by all.

    `target`: orders or pieces, or minor units of `currency`. `weekdays`: seven weights, Monday first, of how the sales
    of a week spread; without them every day brings as much. Said anew, the last word holds. 409 `ends_before`,
    `too_long` (above a year), `currency_wrong` (net revenue has one, the others none), `unknown_zone`,
    `weekdays_wrong` (seven from 0 to 1000, and not all days of the period 0).
    """

    goal: GoalId
    name: Name
    measure: Measure
    target: Annotated[int, msgspec.Meta(ge=1, le=10**15)]
    starts: date
    ends: date
    zone: Annotated[str, msgspec.Meta(max_length=64)]
    currency: Currency | None = None
    sku: Sku | None = None
    campaign: CampaignId | None = None
    partner: PartnerId | None = None
    weekdays: tuple[int, ...] = ()
    at: datetime
    by: str


class WithdrawGoal(Command, frozen=True, kw_only=True):
    """Make it no goal any more. 409 `unknown_goal`."""

    goal: GoalId
    reason: Text
    at: datetime
    by: str


GoalCommand = SetGoal | WithdrawGoal


def decide(command: GoalCommand, state: GoalEvent | None) -> list[GoalEvent]:
    """What each command leads to; the state is what was said last."""
    match command:
        case SetGoal():
            event = said(GoalSet, command)
            _checked(event)
            same = isinstance(state, GoalSet) and msgspec.structs.replace(state, at=event.at, by=event.by) == event
            return [] if same else [event]
        case WithdrawGoal():
            if state is None:
                raise Rejected("unknown_goal", f"There is no goal {command.goal}.")
            return [] if isinstance(state, GoalWithdrawn) else [said(GoalWithdrawn, command)]


def _checked(goal: GoalSet) -> None:
    if goal.ends < goal.starts:
        raise Rejected("ends_before", "It would be over before it begins.")
    if (goal.ends - goal.starts).days >= LONGEST_DAYS:
        raise Rejected("too_long", f"A goal is for {LONGEST_DAYS} days at most.")
    if (goal.measure == "net_revenue") != (goal.currency in CURRENCIES):
        raise Rejected("currency_wrong", "Net revenue is in a currency; orders and pieces are in none.")
    if goal.measure != "net_revenue" and goal.currency is not None:
        raise Rejected("currency_wrong", "Orders and pieces are in no currency.")
    try:
        ZoneInfo(goal.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Rejected("unknown_zone", f"{goal.zone} is no time zone of the IANA.") from None
    weights = goal.weekdays
    if weights and (len(weights) != 7 or not all(0 <= one <= 1000 for one in weights)):
        raise Rejected("weekdays_wrong", "There are seven weights, each from 0 to 1000.")
    if not any(weight for _, weight in _days(goal)):
        raise Rejected("weekdays_wrong", "No day of the period brings anything.")


def evolve(state: GoalEvent | None, event: GoalEvent) -> GoalEvent:
    """The last word holds."""
    return event


goal: Decider[GoalCommand, GoalEvent, GoalEvent | None] = Decider(
    name="goal", events=GoalEvent, initial=None, decide=decide, evolve=evolve
)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How far a goal is; amounts in the goal's own unit. `expected`: what there would be by now at the pace of the
    goal; `forecast`: what there is at the end if it goes on so, None where nothing can be said yet; `elapsed_percent`:
    how much of the period's work is behind us."""

    state: GoalState
    done: int
    expected: int
    ahead: int
    left: int
    forecast: int | None
    elapsed_percent: str


def pace(goal: GoalSet, done: int, now: datetime) -> Pace:
    """Pace to goal by the stated formulas; exact until it is rounded half up at the end.

    A day weighs what its weekday does. Until its own end it counts by the share of it that has passed, in the goal's
    zone, so a day of 23 or 25 hours is one day.
    """
    zone = ZoneInfo(goal.zone)
    whole = passed = Fraction(0)
    for day, weight in _days(goal):
        whole += weight
        passed += weight * _passed(day, zone, now)
    expected = _rounded(Fraction(goal.target) * passed / whole)
    return Pace(
        state=_state(goal, done, expected, now.astimezone(zone).date()),
        done=done,
        expected=expected,
        ahead=done - expected,
        left=max(goal.target - done, 0),
        forecast=_rounded(done * whole / passed) if passed else None,
        elapsed_percent=f"{Decimal(_rounded(passed / whole * 1000)) / 10:.1f}",
    )


def _state(goal: GoalSet, done: int, expected: int, today: date) -> GoalState:
    if done >= goal.target:
        return "reached"
    if today < goal.starts:
        return "not_started"
    if today > goal.ends:
        return "missed"
    return "on_pace" if done >= expected else "behind"


def period(goal: GoalSet) -> tuple[datetime, datetime]:
    """The instants from which and before which sales count for the goal."""
    zone = ZoneInfo(goal.zone)
    return _midnight(goal.starts, zone), _midnight(goal.ends + DAY, zone)


def _days(goal: GoalSet) -> Iterator[tuple[date, int]]:
    for number in range((goal.ends - goal.starts).days + 1):
        day = goal.starts + number * DAY
        yield day, goal.weekdays[day.weekday()] if goal.weekdays else 1


def _passed(day: date, zone: ZoneInfo, now: datetime) -> Fraction:
    begins, ends = _midnight(day, zone).timestamp(), _midnight(day + DAY, zone).timestamp()
    return min(max(Fraction(now.timestamp()) - Fraction(begins), Fraction(0)) / Fraction(ends - begins), Fraction(1))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _rounded(amount: Fraction) -> int:
    return int((Decimal(amount.numerator) / amount.denominator).quantize(Decimal(1), rounding=ROUND_HALF_UP))
