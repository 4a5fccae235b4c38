"""When the key of a partner's month is destroyed, and which months hold it longer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, NamedTuple

from services.reconciliation.domain.month_commands import MonthId, Said
from services.reconciliation.events.retention import MonthKeyExpired, MonthReleased, RetentionEvent
from shared.contracts.rating import months_later
from shared.kernel import Command, Decider, Rejected, said

BEFORE, AFTER = 4, 1
"""A key seals what came in its month: of calls up to 92 days before, since so long something told late is counted, and
of calls of the next month, which begins earlier in zones east of UTC."""

Hold = Literal["not_agreed", "no_report", "disputed"]
"""Why a key is needed after its time: a month is not agreed, no report of it came and nobody released it, or an invoice
of it is disputed."""


class Held(NamedTuple):
    """The month that holds a key, and why."""

    month: str
    why: Hold


class ExpireMonthKey(Command, frozen=True, kw_only=True):
    """Say that the time of what was sealed of a month is over."""

    partner_id: str
    month: str
    kept_months: int
    at: datetime
    by: str


class ReleaseMonth(Command, frozen=True, kw_only=True):
    """Say that no report of the month comes any more, so that it holds no key. A report that comes all the same, while
    the key is there, holds it again until it is agreed. 409 `not_over`, `has_report`."""

    month_id: MonthId
    reason: Said
    at: datetime
    by: str


@dataclass(frozen=True)
class Retention:
    """What was said."""

    expired: bool = False
    released: bool = False


def decide(command: ExpireMonthKey | ReleaseMonth, state: Retention) -> list[RetentionEvent]:
    """Each is said once; nothing is released that is gone."""
    match command:
        case ExpireMonthKey():
            return [] if state.expired else [said(MonthKeyExpired, command)]
        case ReleaseMonth(month_id=month_id, reason=reason, at=at, by=by):
            partner_id, _, month = month_id.partition(":")
            if month >= f"{at:%Y-%m}":
                raise Rejected("not_over", f"{month} is not over.")
            if state.expired or state.released:
                return []
            return [MonthReleased(partner_id=partner_id, month=month, reason=reason, at=at, by=by)]


def evolve(state: Retention, event: RetentionEvent) -> Retention:
    """It ends for good."""
    match event:
        case MonthKeyExpired():
            return replace(state, expired=True)
        case MonthReleased():
            return replace(state, released=True)


retention = Decider("retention", RetentionEvent, Retention(), decide, evolve)


def expires(month: str, made: date, kept_months: int) -> str:
    """The first month in which a key is kept no more. One that was made after its month, for what came late or had been
    recorded before, is kept as long from then on."""
    return months_later(max(month, f"{made:%Y-%m}"), kept_months + 1)


def evidence_of(month: str) -> list[str]:
    """The months of whose calls something may be sealed under a month's key."""
    return [months_later(month, by) for by in range(-BEFORE, AFTER + 1)]


def held(month: str, holds: Mapping[str, Hold]) -> Held | None:
    """What holds the key of a month: the earliest of its months that is open."""
    return next((Held(one, holds[one]) for one in evidence_of(month) if one in holds), None)
