"""When the key of a partner's month is destroyed, and which months hold it longer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

from services.reconciliation.events.retention import MonthKeyExpired
from shared.contracts.rating import months_later
from shared.kernel import Command, Decider, said

BEFORE, AFTER = 4, 1
"""A key seals what came in its month: of calls up to 92 days before, since so long something told late is counted, and
of calls of the next month, which begins earlier in zones east of UTC."""

Hold = Literal["not_agreed", "disputed"]
"""Why a key is needed after its time: a month is not agreed, or an invoice of it is disputed."""


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


@dataclass(frozen=True)
class Retention:
    """Whether it was said."""

    expired: bool = False


def decide(command: ExpireMonthKey, state: Retention) -> list[MonthKeyExpired]:
    """It is said once."""
    return [] if state.expired else [said(MonthKeyExpired, command)]


def evolve(state: Retention, event: MonthKeyExpired) -> Retention:
    """It ends for good."""
    return Retention(expired=True)


retention = Decider("retention", MonthKeyExpired, Retention(), decide, evolve)


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
