"""What may be asked of a partner's month."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import msgspec

from services.reconciliation.events.months import (
    OtherMonth,
    StateTotal,
)
from shared.contracts.proofs import Ground
from shared.contracts.reconciliation import (
    Confidence,
    Party,
)
from shared.kernel import Command
from shared.names import Digest

MonthId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}:[0-9]{4}-(0[1-9]|1[0-2])$(?!\n)")]
Said = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Number = Annotated[int, msgspec.Meta(ge=1)]


UNREQUESTED = "U1"
"""The mismatch that an adjusted report makes by moving what nobody asked for. It has no lines of a comparison."""


class SubmitReport(Command, frozen=True, kw_only=True):
    """Take in the partner's report. The same file again is the same report. 409 `agreed_already`."""

    month_id: MonthId
    digest: Digest
    name: Name
    size: Annotated[int, msgspec.Meta(ge=1)]
    at: datetime
    by: str


class Found(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mismatch as it was worked out."""

    mismatch_id: str
    kind: str
    cause: str
    party: Party
    confidence: Confidence
    lines: int
    against: int
    moved_minor: int
    proof: str
    systematic: bool
    grounds: tuple[Ground, ...] = ()


class RecordReconciliation(Command, frozen=True, kw_only=True):
    """Say what came of a report. Of an earlier report than the last, nothing is recorded. 409 `unknown_report`,
    `agreed_already`, `totals_differ` where the states don't add up."""

    month_id: MonthId
    report: Number
    kept: Digest
    currency: str
    lines: int
    calls: int
    theirs_minor: int
    ours_minor: int
    totals: tuple[StateTotal, ...]
    found: tuple[Found, ...]
    doubts: tuple[str, ...] = ()
    elsewhere: OtherMonth | None = None
    at: datetime


class RecordFailure(Command, frozen=True, kw_only=True):
    """Say why nothing came of a report. 409 `unknown_report`."""

    month_id: MonthId
    report: Number
    code: Name
    detail: str
    elsewhere: OtherMonth | None = None
    at: datetime


class AttributeMismatch(Command, frozen=True, kw_only=True):
    """Say whose a mismatch is, otherwise than was worked out; of one that was taken, it is taken no more. 409
    `unknown_mismatch`, `agreed_already`."""

    month_id: MonthId
    mismatch_id: Name
    party: Party
    reason: Said
    at: datetime
    by: str


class AttributeMismatches(Command, frozen=True, kw_only=True):
    """Say of several mismatches at once whose they are: of all of them, or of none. 409 as for one."""

    month_id: MonthId
    mismatches: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=10_000)]
    party: Party
    reason: Said
    at: datetime
    by: str


class TakeMismatch(Command, frozen=True, kw_only=True):
    """Take what nothing settles: `amount_minor` is added to our count for it, no more than the partner counts more than
    we do. 409 `unknown_mismatch`, `not_to_be_taken` where it is the partner's to correct or settled, `out_of_range`,
    `taken_otherwise`, `agreed_already`."""

    month_id: MonthId
    mismatch_id: Name
    amount_minor: int
    reason: Said
    at: datetime
    by: str


class RequestAdjustment(Command, frozen=True, kw_only=True):
    """Ask the partner to correct its report. 409 `unknown_mismatch`, `not_the_partners`, `agreed_already`."""

    month_id: MonthId
    mismatches: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)]
    lines: int
    digest: Digest
    due: date
    at: datetime
    by: str


class AgreeMonth(Command, frozen=True, kw_only=True):
    """Agree. `usage`: the hash of the quantities; `accepted_by`: who at the partner accepted our count where its report
    still says otherwise.

    409 `no_report`, `not_reconciled`, `open_undetermined`, `open_defects`, `open_corrections`, `agreed_already`.
    """

    month_id: MonthId
    usage: Digest
    accepted_by: str = ""
    at: datetime
    by: str


class DeemAgreed(Command, frozen=True, kw_only=True):
    """Agree because no answer came in time and the contract says that this is an answer: to what was asked since the
    last comparison, and to nothing else. 409 as `AgreeMonth`, and `not_asked`, `not_due`."""

    month_id: MonthId
    usage: Digest
    day: date
    at: datetime
    by: str


class ReopenMonth(Command, frozen=True, kw_only=True):
    """Take an agreement back. 409 `not_agreed`."""

    month_id: MonthId
    reason: Said
    at: datetime
    by: str


MonthCommand = (
    SubmitReport
    | RecordReconciliation
    | RecordFailure
    | AttributeMismatch
    | AttributeMismatches
    | TakeMismatch
    | RequestAdjustment
    | AgreeMonth
    | DeemAgreed
    | ReopenMonth
)
