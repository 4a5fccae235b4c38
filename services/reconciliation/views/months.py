"""How far is a partner's month: reports, mismatches and whose they are, requests, and what was agreed?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from services.reconciliation.events.months import (
    CountAccepted,
    MismatchTaken,
    MonthEvent,
    MonthReconciled,
    ReconciliationFailed,
)
from shared.contracts.reconciliation import (
    TOPIC,
    AdjustmentRequested,
    MismatchAttributed,
    MismatchFound,
    MonthAgreed,
    MonthReopened,
    ReportSubmitted,
)
from shared.kernel import View

Stage = Literal["submitted", "unreadable", "reconciled", "asked", "agreed"]


class KnownMismatch(msgspec.Struct, kw_only=True):
    """A mismatch of the last report, who said whose it is, and who took it."""

    found: MismatchFound
    attributed: MismatchAttributed | None = None
    taken: MismatchTaken | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done, for the month's history. `says`: in English what more there is to it, and `values` what
    that tells of, if there is anything to put into words."""

    what: str
    says: str
    at: datetime
    by: str = ""
    values: dict[str, int | str] = {}


class KnownMonth(msgspec.Struct, kw_only=True):
    """A month. `changes` counts the events behind this."""

    partner_id: str
    month: str
    stage: Stage = "submitted"
    reports: list[ReportSubmitted] = []
    reconciled: MonthReconciled | None = None
    failed: ReconciliationFailed | None = None
    mismatches: dict[str, KnownMismatch] = {}
    requests: list[AdjustmentRequested] = []
    agreed: MonthAgreed | None = None
    history: list[Step] = []
    changes: int = 0


def by_month(event: MonthEvent) -> Iterable[tuple[str, MonthEvent]]:
    """One document a partner and month."""
    return [(f"{event.partner_id}:{event.month}", event)]


def fold(doc: KnownMonth | None, event: MonthEvent, sign: int) -> KnownMonth:
    """A command's events are never reversed."""
    doc = doc or KnownMonth(partner_id=event.partner_id, month=event.month)
    doc.changes += 1
    match event:
        case ReportSubmitted():
            doc.reports.append(event)
            doc.stage, doc.reconciled, doc.failed, doc.mismatches = "submitted", None, None, {}
            _noted(doc, event, "adjusted report" if event.adjusted else "report", event.name)
        case MonthReconciled():
            doc.stage, doc.reconciled, doc.failed, doc.mismatches = "reconciled", event, None, {}
            says = f"{event.lines} lines with {event.calls} calls"
            _noted(doc, event, "compared", says, lines=event.lines, calls=event.calls)
        case ReconciliationFailed():
            doc.failed = event
            if doc.reconciled is None:  # what an earlier run found still holds
                doc.stage = "unreadable"
            _noted(doc, event, "not compared", f"{event.code}: {event.detail}")
        case MismatchFound():
            doc.mismatches[event.mismatch_id] = KnownMismatch(found=event)
        case MismatchAttributed():
            known = doc.mismatches.get(event.mismatch_id)
            if known is not None:
                known.attributed, known.taken = event, None
            says = f"{event.mismatch_id} to {event.party}: {event.reason}"
            _noted(doc, event, "attributed", says, group=event.mismatch_id, party=event.party, reason=event.reason)
        case MismatchTaken():
            known = doc.mismatches.get(event.mismatch_id)
            if known is not None:
                known.taken = event
            _noted(doc, event, "taken", f"{event.mismatch_id}: {event.reason}")
        case AdjustmentRequested():
            doc.stage = "asked"
            doc.requests.append(event)
            _noted(doc, event, "asked", f"{event.lines} lines until {event.due}", lines=event.lines, due=str(event.due))
        case CountAccepted():
            groups = ", ".join(event.mismatches)
            _noted(doc, event, "accepted", f"{groups} by {event.accepted_by}", groups=groups, who=event.accepted_by)
        case MonthAgreed():
            doc.stage, doc.agreed = "agreed", event
            if event.deemed:
                _noted(doc, event, "agreed", "by the contract's clause", deemed=1)
            else:
                _noted(doc, event, "agreed", "")
        case MonthReopened():
            doc.stage, doc.agreed = "reconciled", None
            _noted(doc, event, "reopened", event.reason)
    return doc


def _noted(doc: KnownMonth, event: MonthEvent, what: str, says: str, **values: int | str) -> None:
    doc.history.append(Step(what=what, says=says, at=event.at, by=getattr(event, "by", ""), values=values))


def newer(one: KnownMonth, other: KnownMonth) -> KnownMonth:
    """A month's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownMonth) -> dict[str, str | int | None]:
    """Found by partner, month and stage."""
    return {"partner": doc.partner_id, "month": doc.month, "stage": doc.stage}


months = View(
    "months",
    3,
    TOPIC,
    MonthEvent,
    KnownMonth,
    by_month,
    fold,
    newer,
    indexes=("partner", "month", "stage"),
    fields=indexed,
)
