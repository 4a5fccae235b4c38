"""Public events of the reconciliation service: months that are compared and agreed, and invoices up to accounting."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from shared.contracts.proofs import Ground
from shared.kernel import Money, PublicEvent

TOPIC = "tallyline.reconciliation"

InvoiceKind = Literal["invoice", "credit_note"]
InvoiceForm = Literal["ubl", "cii", "pdf", "csv", "manual"]
Verdict = Literal["passed", "warn", "hold", "reject", "block"]
Party = Literal["partner", "own", "explainable", "undetermined"]
Confidence = Literal["proven", "likely", "suspected", "undetermined"]


class ReportSubmitted(PublicEvent, frozen=True, kw_only=True):
    """A partner's report of a month came in. `number`: which of the month's, from 1; `adjusted`: it answers a request;
    `digest`: SHA-256 of the file as sent; `name`, `size`: of the file, bytes."""

    partner_id: str
    month: str
    number: int
    adjusted: bool = False
    digest: str
    name: str
    size: int
    at: datetime
    by: str


class MismatchFound(PublicEvent, frozen=True, kw_only=True):
    """A cause behind lines that differ. `report`: the number of the report; `mismatch_id`: within it; `lines`: that it
    explains, `against`: that contradict; `moved`: what the partner counts more than we do for its lines; `proof`: in
    English, and `grounds` what it is made of."""

    partner_id: str
    month: str
    report: int
    mismatch_id: str
    kind: str
    cause: str
    party: Party
    confidence: Confidence
    lines: int
    against: int
    moved: Money
    proof: str
    systematic: bool
    grounds: tuple[Ground, ...] = ()
    at: datetime


class MismatchAttributed(PublicEvent, frozen=True, kw_only=True):
    """A person says whose a mismatch is, otherwise than was worked out, and why."""

    partner_id: str
    month: str
    report: int
    mismatch_id: str
    party: Party
    reason: str
    at: datetime
    by: str


class AdjustmentRequested(PublicEvent, frozen=True, kw_only=True):
    """The partner is asked for an adjusted report. `number`: which of the month's requests, from 1; `mismatches`: what
    it is asked to correct; `lines`: how many; `digest`: SHA-256 of the request as sent; `due`: when the answer is."""

    partner_id: str
    month: str
    number: int
    report: int
    mismatches: tuple[str, ...]
    lines: int
    digest: str
    due: date
    at: datetime
    by: str


class DefectSpecified(PublicEvent, frozen=True, kw_only=True):
    """What we show differs from what our events say. `predicate`: which calls; `calls`: how many; `moved`: what it
    takes from, or adds to, the sales shown; `fixture`: SHA-256 of the pseudonymised events that show it."""

    defect_id: str
    partner_id: str
    month: str
    kind: str
    predicate: str
    calls: int
    moved: Money
    fixture: str
    at: datetime
    by: str


class MonthAgreed(PublicEvent, frozen=True, kw_only=True):
    """Both sides agree on the month: it may be invoiced. `theirs`, `ours`: the sales that either side counted;
    `agreed`: the sales agreed on; `usage`: SHA-256 of the quantities, which are what is rated; `deemed`: by the
    contract's clause, because no answer came."""

    partner_id: str
    month: str
    report: int
    theirs: Money
    ours: Money
    agreed: Money
    usage: str
    deemed: bool = False
    at: datetime
    by: str


class MonthReopened(PublicEvent, frozen=True, kw_only=True):
    """What was agreed holds no more."""

    partner_id: str
    month: str
    reason: str
    at: datetime
    by: str


class InvoiceReceived(PublicEvent, frozen=True, kw_only=True):
    """An invoice or a credit note of a partner came in.

    `invoice_id`: `<partner>:<rest>`; `month`: the agreed month, `2026-03`; `number`, `issued`: as the partner has them;
    `digest`: SHA-256 of the file; `gross`: without sign, also of a credit note; `credits`: the number of the invoice
    that a credit note credits; `entered_by`: who typed it in, where nobody sent a readable file.
    """

    invoice_id: str
    partner_id: str
    month: str
    kind: InvoiceKind
    form: InvoiceForm
    number: str
    issued: date
    due: date | None = None
    digest: str
    gross: Money
    credits: str = ""
    entered_by: str = ""
    at: datetime
    by: str


class InvoiceChecked(PublicEvent, frozen=True, kw_only=True):
    """An invoice was held against what was expected of its month.

    `digest`: of the file that was checked; `protocol`: SHA-256 of all that was found; `verdict`: the worst that a check
    said; `objections`: what each check that objects said; `small`: a difference that is paid and posted apart;
    `approvals`: how many people have to approve; `excluded`: people who must not, because they edited the bank account
    or a rate that it rests on.
    """

    invoice_id: str
    partner_id: str
    month: str
    digest: str
    protocol: str
    verdict: Verdict
    objections: dict[str, Verdict] = msgspec.field(default_factory=dict)
    small: Money | None = None
    approvals: int = 1
    excluded: tuple[str, ...] = ()
    at: datetime
    by: str


class InvoiceForwarded(PublicEvent, frozen=True, kw_only=True):
    """An approved invoice went to accounting, as it was received and with the protocol of its checks. `digest`: of the
    file; `target`: where to, in the settings' words; `approved_by`: who approved it."""

    invoice_id: str
    partner_id: str
    month: str
    digest: str
    number: str
    gross: Money
    target: str
    approved_by: tuple[str, ...]
    at: datetime
    by: str


class InvoiceRejected(PublicEvent, frozen=True, kw_only=True):
    """The invoice goes back to the partner; another one has to come."""

    invoice_id: str
    partner_id: str
    digest: str
    reason: str
    at: datetime
    by: str


PublicInvoiceEvent = InvoiceReceived | InvoiceChecked | InvoiceForwarded | InvoiceRejected
PublicMonthEvent = (
    ReportSubmitted | MismatchFound | MismatchAttributed | AdjustmentRequested | MonthAgreed | MonthReopened
)
PublicReconciliationEvent = PublicMonthEvent | DefectSpecified | PublicInvoiceEvent
