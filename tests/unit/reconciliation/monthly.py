"""Commands and events of one month of one partner, for tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from services.reconciliation.domain.month import Month, decide, evolve
from services.reconciliation.domain.month_commands import (
    AgreeMonth,
    AttributeMismatch,
    AttributeMismatches,
    DeemAgreed,
    Found,
    MonthCommand,
    RecordFailure,
    RecordReconciliation,
    ReopenMonth,
    RequestAdjustment,
    SubmitReport,
    TakeMismatch,
)
from services.reconciliation.events.months import MonthEvent, StateTotal
from shared.contracts.reconciliation import Party

ID = "adria:2026-03"
AT = datetime(2026, 4, 3, 9, tzinfo=UTC)
A, B, USAGE = "a" * 64, "b" * 64, "c" * 64
THEIRS, OURS = 5000, 4200
"""What either side counts by `TOTALS`."""
TOTALS = (
    StateTotal(state="agreed", units=9, theirs_minor=4000, ours_minor=4000),
    StateTotal(state="corrected_by_partner", units=1, theirs_minor=700, ours_minor=200),
    StateTotal(state="undetermined", units=1, theirs_minor=300, ours_minor=0),
)


def submit(digest: str = A) -> SubmitReport:
    return SubmitReport(month_id=ID, digest=digest, name="march.csv", size=100, at=AT, by="ana")


def found(id_: str, party: Party, moved: int = 300) -> Found:
    return Found(
        mismatch_id=id_, kind="wrong_amount", cause="single", party=party, confidence="likely", lines=1, against=0,
        moved_minor=moved, proof="1 of 1", systematic=False,
    )  # fmt: skip


def record(*mismatches: Found, report: int = 1, kept: str = B, **more: Any) -> RecordReconciliation:
    said: dict[str, Any] = {"theirs_minor": THEIRS, "ours_minor": OURS, "totals": TOTALS} | more
    return RecordReconciliation(
        month_id=ID, report=report, kept=kept, currency="EUR", lines=11, calls=11, found=mismatches, at=AT, **said
    )


def fail(report: int = 1, code: str = "header_not_found", detail: str = "No row has titles.") -> RecordFailure:
    return RecordFailure(month_id=ID, report=report, code=code, detail=detail, at=AT)


def attribute(id_: str, party: Party, reason: str = "A recording came.") -> AttributeMismatch:
    return AttributeMismatch(month_id=ID, mismatch_id=id_, party=party, reason=reason, at=AT, by="ana")


def attribute_all(*ids: str, party: Party = "partner", reason: str = "They say so.") -> AttributeMismatches:
    return AttributeMismatches(month_id=ID, mismatches=ids, party=party, reason=reason, at=AT, by="ana")


def take(id_: str, amount: int = 0) -> TakeMismatch:
    return TakeMismatch(month_id=ID, mismatch_id=id_, amount_minor=amount, reason="No recording.", at=AT, by="ana")


def ask(*ids: str, day: int = 20, digest: str = A) -> RequestAdjustment:
    due = date(2026, 4, day)
    return RequestAdjustment(month_id=ID, mismatches=ids, lines=1, digest=digest, due=due, at=AT, by="ana")


def agree(accepted_by: str = "", usage: str = USAGE, by: str = "mira") -> AgreeMonth:
    """By somebody else than who decides on mismatches, unless it is said."""
    return AgreeMonth(month_id=ID, usage=usage, accepted_by=accepted_by, at=AT, by=by)


def deem(day: int = 21, usage: str = USAGE) -> DeemAgreed:
    return DeemAgreed(month_id=ID, usage=usage, day=date(2026, 4, day), at=AT, by="clock")


def reopen(reason: str = "A call was told late.") -> ReopenMonth:
    return ReopenMonth(month_id=ID, reason=reason, at=AT, by="ana")


def after(*commands: MonthCommand) -> list[MonthEvent]:
    """The events of commands, one after the other."""
    events: list[MonthEvent] = []
    for command in commands:
        events += decide(command, state_of(events))
    return events


def state_of(events: Iterable[MonthEvent]) -> Month:
    """The month after these events."""
    state = Month()
    for event in events:
        state = evolve(state, event)
    return state
