"""What becomes of invoices and of bank accounts, besides what others may know of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from services.reconciliation.events.billing import CommissionPaid
from shared.contracts.reconciliation import PublicInvoiceEvent
from shared.kernel import Event, Money


class HoldLifted(Event, frozen=True, kw_only=True):
    """A named person lets an invoice pass although a check held it, and says why. It holds for this file only."""

    invoice_id: str
    partner_id: str
    digest: str
    check: str
    reason: str
    at: datetime
    by: str


class InvoiceDisputed(Event, frozen=True, kw_only=True):
    """We told the partner that we don't owe this. `amount`: what is disputed of it."""

    invoice_id: str
    partner_id: str
    dispute_id: str
    amount: Money
    reason: str
    at: datetime
    by: str


class DisputeSettled(Event, frozen=True, kw_only=True):
    """A dispute is over. `outcome`: we withdrew it, the partner credits it, or a new invoice takes this one's place."""

    invoice_id: str
    partner_id: str
    dispute_id: str
    outcome: Literal["withdrawn", "credited", "replaced"]
    reason: str
    at: datetime
    by: str


class InvoiceApproved(Event, frozen=True, kw_only=True):
    """A person approved the file with this hash, and no other."""

    invoice_id: str
    partner_id: str
    digest: str
    at: datetime
    by: str


class InvoiceCredited(Event, frozen=True, kw_only=True):
    """A credit note was accepted: so much less is owed."""

    invoice_id: str
    partner_id: str
    credit_note_id: str
    amount: Money
    at: datetime
    by: str


class CommissionsForwarded(Event, frozen=True, kw_only=True):
    """What the month of an invoice pays for sales, and what it takes back, as it stood when accounting got it."""

    invoice_id: str
    partner_id: str
    month: str
    commissions: tuple[CommissionPaid, ...]
    clawed_back: tuple[str, ...]
    at: datetime


class PaymentRecorded(Event, frozen=True, kw_only=True):
    """Accounting told of a payment."""

    invoice_id: str
    partner_id: str
    payment_id: str
    amount: Money
    paid_on: date
    at: datetime
    by: str


InvoiceEvent = (
    PublicInvoiceEvent
    | HoldLifted
    | InvoiceDisputed
    | DisputeSettled
    | InvoiceApproved
    | InvoiceCredited
    | CommissionsForwarded
    | PaymentRecorded
)


class AccountNamed(Event, frozen=True, kw_only=True):
    """Somebody says that a partner is to be paid to this account. Nothing is paid to it yet."""

    partner_id: str
    iban: str
    source: str
    at: datetime
    by: str


class AccountCalledBack(Event, frozen=True, kw_only=True):
    """A person asked the partner over a channel that was known before, and the partner confirmed the account.

    `channel`: which one, by its name in the partner's file; `spoke_to`: the person at the partner's.
    """

    partner_id: str
    iban: str
    channel: str
    spoke_to: str
    at: datetime
    by: str


class AccountConfirmed(Event, frozen=True, kw_only=True):
    """A second person confirmed it after the waiting time: invoices may be paid to it. `editors`: who named it and who
    called back; they approve no invoice that goes to it."""

    partner_id: str
    iban: str
    editors: tuple[str, ...]
    at: datetime
    by: str


class AccountRefused(Event, frozen=True, kw_only=True):
    """The account is not the partner's, or nobody could confirm it. The confirmed one stays."""

    partner_id: str
    iban: str
    reason: str
    at: datetime
    by: str


AccountEvent = AccountNamed | AccountCalledBack | AccountConfirmed | AccountRefused
