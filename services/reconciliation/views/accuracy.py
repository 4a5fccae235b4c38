"""How many calls of a partner's month did its reports have wrong?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.reconciliation.events.months import MonthReconciled
from shared.contracts.reconciliation import (
    TOPIC,
    MismatchAttributed,
    MismatchFound,
    MonthAgreed,
    MonthReopened,
    Party,
    ReportSubmitted,
)
from shared.kernel import View

AccuracyEvent = ReportSubmitted | MonthReconciled | MismatchFound | MismatchAttributed | MonthAgreed | MonthReopened
AGREED = frozenset({"agreed", "agreed_by_explanation"})


class Blamed(msgspec.Struct, frozen=True, kw_only=True):
    """A mismatch: its lines, and whose it is."""

    lines: int
    party: Party


class ReportAccuracy(msgspec.Struct, kw_only=True):
    """A report. `calls`: its lines and our calls, each pair once, None before it was compared; `unlike`: those of them
    that were not found alike nor explained by the contract; `mismatches` by id."""

    number: int
    adjusted: bool = False
    calls: int | None = None
    unlike: int = 0
    mismatches: dict[str, Blamed] = {}

    @property
    def differing(self) -> int:
        """Calls that differ and are the partner's. A call with two faults stands in two mismatches, so they are never
        more than the calls that differ at all."""
        partners = sum(one.lines for one in self.mismatches.values() if one.party == "partner")
        return min(partners, self.unlike)


class MonthAccuracy(msgspec.Struct, kw_only=True):
    """The reports of a partner's month in their order."""

    partner_id: str
    month: str
    reports: list[ReportAccuracy] = []
    agreed: bool = False
    changes: int = 0


def by_month(event: AccuracyEvent) -> Iterable[tuple[str, AccuracyEvent]]:
    """One document a partner and month."""
    return [(f"{event.partner_id}:{event.month}", event)]


def fold(doc: MonthAccuracy | None, event: AccuracyEvent, sign: int) -> MonthAccuracy:
    """A command's events are never reversed. A report that is compared anew is judged by what came of it last."""
    doc = doc or MonthAccuracy(partner_id=event.partner_id, month=event.month)
    doc.changes += 1
    match event:
        case ReportSubmitted(number=number, adjusted=adjusted):
            doc.reports.append(ReportAccuracy(number=number, adjusted=adjusted))
        case MonthReconciled(totals=totals):
            report = _report(doc, event.report)
            report.calls = sum(one.units for one in totals)
            report.unlike = sum(one.units for one in totals if one.state not in AGREED)
            report.mismatches = {}
        case MismatchFound():
            found = Blamed(lines=event.lines, party=event.party)
            _report(doc, event.report).mismatches[event.mismatch_id] = found
        case MismatchAttributed():
            mismatches = _report(doc, event.report).mismatches
            if event.mismatch_id in mismatches:
                known = mismatches[event.mismatch_id]
                mismatches[event.mismatch_id] = msgspec.structs.replace(known, party=event.party)
        case MonthAgreed():
            doc.agreed = True
        case MonthReopened():
            doc.agreed = False
    return doc


def _report(doc: MonthAccuracy, number: int) -> ReportAccuracy:
    """A report is compared after it came in, in the same stream."""
    return next(one for one in doc.reports if one.number == number)


def newer(one: MonthAccuracy, other: MonthAccuracy) -> MonthAccuracy:
    """A month's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: MonthAccuracy) -> dict[str, str | int | None]:
    """Found by partner in the order of months."""
    return {"partner": doc.partner_id, "month": doc.month}


accuracy = View(
    "accuracy",
    1,
    TOPIC,
    AccuracyEvent,
    MonthAccuracy,
    by_month,
    fold,
    newer,
    indexes=("partner", "month"),
    fields=indexed,
)
