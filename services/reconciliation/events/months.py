"""What becomes of a partner's month, besides what others may know of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from shared.contracts.reconciliation import PublicMonthEvent
from shared.kernel import Event, Money

State = Literal["agreed", "agreed_by_explanation", "own_defect", "corrected_by_partner", "undetermined"]


class StateTotal(msgspec.Struct, frozen=True, kw_only=True):
    """How many lines and calls end in a state, and what either side counts for them, minor units."""

    state: State
    units: int
    theirs_minor: int
    ours_minor: int


class OtherMonth(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of a report that are of other months than the one that it was handed in for: how many, and the month that
    most of them are of."""

    month: str
    lines: int


class MonthReconciled(Event, frozen=True, kw_only=True):
    """A report was held against our count; its mismatches follow with the same command. `kept`: SHA-256 of what was
    found, sealed; `lines` of the report, `calls` of ours in the month; `doubts`: what the report leaves open;
    `elsewhere`: that a good part of it is of another month."""

    partner_id: str
    month: str
    report: int
    kept: str
    currency: str
    lines: int
    calls: int
    totals: tuple[StateTotal, ...]
    doubts: tuple[str, ...] = ()
    elsewhere: OtherMonth | None = None
    at: datetime


class ReconciliationFailed(Event, frozen=True, kw_only=True):
    """A report could not be read or compared. `code` is for machines, `detail` for people; `elsewhere`: not one line is
    of the month."""

    partner_id: str
    month: str
    report: int
    code: str
    detail: str
    elsewhere: OtherMonth | None = None
    at: datetime


class MismatchTaken(Event, frozen=True, kw_only=True):
    """A named person takes what nothing settles, or a defect of ours. `amount`: what it adds to our count."""

    partner_id: str
    month: str
    report: int
    mismatch_id: str
    amount: Money
    reason: str
    at: datetime
    by: str


class CountAccepted(Event, frozen=True, kw_only=True):
    """Somebody at the partner accepts our count where its report still says otherwise; the agreement follows with the
    same command. `mismatches`: where; `accepted_by`: who; `by`: who says so."""

    partner_id: str
    month: str
    report: int
    mismatches: tuple[str, ...]
    accepted_by: str
    at: datetime
    by: str


MonthEvent = PublicMonthEvent | MonthReconciled | ReconciliationFailed | MismatchTaken | CountAccepted
