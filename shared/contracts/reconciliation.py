"""Public events of the reconciliation service: invoices that came, were checked, and went to accounting."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from shared.kernel import Money, PublicEvent

TOPIC = "tallyline.reconciliation"

InvoiceKind = Literal["invoice", "credit_note"]
InvoiceForm = Literal["ubl", "cii", "pdf", "csv", "manual"]
Verdict = Literal["passed", "warn", "hold", "reject", "block"]


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


PublicInvoiceEvent = InvoiceReceived | InvoiceChecked | InvoiceForwarded
PublicReconciliationEvent = PublicInvoiceEvent
