"""An invoice of a partner: received, checked, held or let pass, approved by people who may, forwarded, paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from services.reconciliation.events.billing import CommissionPaid
from services.reconciliation.events.invoices import (
    CommissionsForwarded,
    DisputeSettled,
    HoldLifted,
    InvoiceApproved,
    InvoiceCredited,
    InvoiceDisputed,
    InvoiceEvent,
    PaymentRecorded,
)
from shared.contracts.reconciliation import (
    InvoiceChecked,
    InvoiceForm,
    InvoiceForwarded,
    InvoiceKind,
    InvoiceReceived,
    InvoiceRejected,
    Verdict,
)
from shared.kernel import Command, Decider, Money, Rejected, said
from shared.names import Digest, Month, OfPartner

InvoiceId = OfPartner
Said = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Status = Literal[
    "none", "received", "checked", "held", "blocked", "rejected", "disputed", "approved", "forwarded", "paid"
]


class ReceiveInvoice(Command, frozen=True, kw_only=True):
    """Take in an invoice, or another file in its place: that has to be checked and approved anew.

    409 `forwarded_already` when accounting has it, `invoice_rejected`, `not_positive`.
    """

    invoice_id: InvoiceId
    month: Month
    kind: InvoiceKind
    form: InvoiceForm
    number: Name
    issued: date
    due: date | None = None
    digest: Digest
    gross: Money
    credits: str = ""
    at: datetime
    by: str


class RecordCheck(Command, frozen=True, kw_only=True):
    """Say what the checks of a file found. 409 `other_file` when it is not the file that came last,
    `forwarded_already`, `invoice_rejected`."""

    invoice_id: InvoiceId
    digest: Digest
    protocol: Digest
    objections: dict[str, Verdict]
    small: Money | None = None
    approvals: Annotated[int, msgspec.Meta(ge=1, le=5)] = 1
    excluded: tuple[str, ...] = ()
    at: datetime
    by: str


class LiftHold(Command, frozen=True, kw_only=True):
    """Let it pass although a check holds it. 409 `no_such_hold`: what rejects or blocks can't be lifted by anybody,
    `other_file`."""

    invoice_id: InvoiceId
    digest: Digest
    check: Name
    reason: Said
    at: datetime
    by: str


class DisputeInvoice(Command, frozen=True, kw_only=True):
    """Dispute a part of it with the partner. 409 `more_than_open`, `dispute_exists`, `not_checked`,
    `invoice_rejected`, `paid_already`."""

    invoice_id: InvoiceId
    dispute_id: Name
    amount: Money
    reason: Said
    at: datetime
    by: str


class SettleDispute(Command, frozen=True, kw_only=True):
    """Say how a dispute ended. 409 `unknown_dispute`, `settled_otherwise`."""

    invoice_id: InvoiceId
    dispute_id: Name
    outcome: Literal["withdrawn", "credited", "replaced"]
    reason: Said
    at: datetime
    by: str


class RejectInvoice(Command, frozen=True, kw_only=True):
    """Send it back. 409 `forwarded_already`, `other_file`."""

    invoice_id: InvoiceId
    digest: Digest
    reason: Said
    at: datetime
    by: str


class ApproveInvoice(Command, frozen=True, kw_only=True):
    """Approve the file with this hash.

    409 `not_checked`, `other_file`, `open_holds` with their checks, `blocked`, `must_be_rejected`, `disputed`,
    `separation_of_duties` for who edited the bank account or a rate of it, typed it in, or lifted a hold of it.
    """

    invoice_id: InvoiceId
    digest: Digest
    at: datetime
    by: str


class ForwardInvoice(Command, frozen=True, kw_only=True):
    """Hand it to accounting. 409 `not_approved`, `disputed`, `forwarded_already` when it went elsewhere,
    `separation_of_duties` for who alone approved it. `commissions`, `clawed_back`: those of an invoice's month."""

    invoice_id: InvoiceId
    target: Name
    commissions: tuple[CommissionPaid, ...] = ()
    clawed_back: tuple[str, ...] = ()
    at: datetime
    by: str


class CreditInvoice(Command, frozen=True, kw_only=True):
    """Take an accepted credit note off. 409 `more_than_open`, `not_checked`, `invoice_rejected`, `credited_otherwise`,
    `a_credit_note` when it is one itself."""

    invoice_id: InvoiceId
    credit_note_id: InvoiceId
    amount: Money
    at: datetime
    by: str


class RecordPayment(Command, frozen=True, kw_only=True):
    """Say that so much was paid. 409 `not_forwarded`, `more_than_open`, `paid_otherwise`."""

    invoice_id: InvoiceId
    payment_id: Name
    amount: Money
    paid_on: date
    at: datetime
    by: str


InvoiceCommand = (
    ReceiveInvoice
    | RecordCheck
    | LiftHold
    | DisputeInvoice
    | SettleDispute
    | RejectInvoice
    | ApproveInvoice
    | ForwardInvoice
    | CreditInvoice
    | RecordPayment
)


@dataclass(frozen=True)
class Invoice:
    """The file that came last, what its checks said, who did what with it, and what is still owed.

    `lifted`: holds that a person lifted, by check; `approved`: who approved this file; all of it is for the file's
    hash, and gone when another file comes.
    """

    received: InvoiceReceived | None = None
    checked: InvoiceChecked | None = None
    lifted: Mapping[str, HoldLifted] = field(default_factory=dict)
    approved: tuple[str, ...] = ()
    disputes: Mapping[str, InvoiceDisputed] = field(default_factory=dict)
    settled: Mapping[str, DisputeSettled] = field(default_factory=dict)
    rejected: InvoiceRejected | None = None
    forwarded: InvoiceForwarded | None = None
    credited: Mapping[str, Money] = field(default_factory=dict)
    paid: Mapping[str, PaymentRecorded] = field(default_factory=dict)

    @property
    def holds(self) -> list[str]:
        """The checks that hold it and that nobody lifted."""
        objections = self.checked.objections if self.checked else {}
        return sorted(name for name, verdict in objections.items() if verdict == "hold" and name not in self.lifted)

    @property
    def disputed(self) -> list[str]:
        """The disputes that are not settled."""
        return sorted(set(self.disputes) - set(self.settled))

    @property
    def open_minor(self) -> int:
        """What is still owed, minor units."""
        if self.received is None:
            return 0
        credited = sum(amount.minor for amount in self.credited.values())
        return self.received.gross.minor - credited - sum(one.amount.minor for one in self.paid.values())

    @property
    def is_approved(self) -> bool:
        """Have as many people approved it as have to?"""
        return self.checked is not None and len(self.approved) >= self.checked.approvals

    @property
    def status(self) -> Status:
        """Where it stands, in one word."""
        if self.received is None:
            return "none"
        if self.rejected is not None:
            return "rejected"
        if self.forwarded is not None and not self.open_minor:
            return "paid"
        if self.disputed:
            return "disputed"
        if self.forwarded is not None:
            return "forwarded"
        if self.checked is None:
            return "received"
        if "block" in self.checked.objections.values():
            return "blocked"
        if self.holds or "reject" in self.checked.objections.values():
            return "held"
        return "approved" if self.is_approved else "checked"


def decide(command: InvoiceCommand, state: Invoice) -> list[InvoiceEvent]:
    """What each command leads to."""
    if isinstance(command, ReceiveInvoice):
        return _receive(command, state)
    if state.received is None:
        raise Rejected("unknown_invoice", f"There is no invoice {command.invoice_id}.")
    match command:
        case RecordCheck():
            return _record(command, state, state.received)
        case LiftHold():
            return _lift(command, state)
        case DisputeInvoice():
            return _dispute(command, state, state.received)
        case SettleDispute():
            return _settle(command, state)
        case RejectInvoice():
            return _reject(command, state)
        case ApproveInvoice():
            return _approve(command, state, state.received)
        case ForwardInvoice():
            return _forward(command, state, state.received)
        case CreditInvoice():
            return _credit(command, state, state.received)
        case RecordPayment():
            return _pay(command, state, state.received)


def _receive(command: ReceiveInvoice, state: Invoice) -> list[InvoiceEvent]:
    if state.received is not None and state.received.digest == command.digest:
        return []
    _must_be_open(state)
    if state.received is not None and (state.credited or state.disputed):
        raise Rejected("disputed", "Settle its disputes first, and let credit notes name the new number.")
    if command.gross.minor <= 0:
        raise Rejected("not_positive", "The amount is without sign; what is owed to us is a credit note.")
    entered_by = command.by if command.form == "manual" else ""
    return [said(InvoiceReceived, command, partner_id=_partner(command), entered_by=entered_by)]


def _record(command: RecordCheck, state: Invoice, received: InvoiceReceived) -> list[InvoiceEvent]:
    _must_be_the_file(command.digest, state)
    verdicts: tuple[Verdict, ...] = ("block", "reject", "hold", "warn")
    verdict: Verdict = next((one for one in verdicts if one in command.objections.values()), "passed")
    event = said(InvoiceChecked, command, partner_id=_partner(command), month=received.month, verdict=verdict)
    last = state.checked
    if last is not None and event == msgspec.structs.replace(last, at=event.at, by=event.by):
        return []
    _must_be_open(state)
    return [event]


def _lift(command: LiftHold, state: Invoice) -> list[InvoiceEvent]:
    _must_be_the_file(command.digest, state)
    if command.check in state.lifted:
        return []
    if command.check not in state.holds:
        raise Rejected("no_such_hold", f"{command.check} does not hold it; what rejects or blocks can't be lifted.")
    _must_be_open(state)
    return [said(HoldLifted, command, partner_id=_partner(command))]


def _dispute(command: DisputeInvoice, state: Invoice, received: InvoiceReceived) -> list[InvoiceEvent]:
    known = state.disputes.get(command.dispute_id)
    if known is not None:
        if (known.amount, known.reason) == (command.amount, command.reason):
            return []
        raise Rejected("dispute_exists", f"The dispute {command.dispute_id} is about something else.")
    if state.checked is None:
        raise Rejected("not_checked", "Check it first: a dispute rests on what was found.")
    if state.rejected is not None:
        raise Rejected("invoice_rejected", "It went back: there is nothing to dispute.")
    if state.status == "paid":
        raise Rejected("paid_already", "It is paid; ask for a credit note.")
    disputed = sum(one.amount.minor for id_, one in state.disputes.items() if id_ not in state.settled)
    _must_fit(command.amount, state.open_minor - disputed, received)
    return [said(InvoiceDisputed, command, partner_id=_partner(command))]


def _settle(command: SettleDispute, state: Invoice) -> list[InvoiceEvent]:
    if command.dispute_id not in state.disputes:
        raise Rejected("unknown_dispute", f"There is no dispute {command.dispute_id}.")
    known = state.settled.get(command.dispute_id)
    if known is not None:
        if known.outcome == command.outcome:
            return []
        raise Rejected("settled_otherwise", f"The dispute ended: {known.outcome}.")
    return [said(DisputeSettled, command, partner_id=_partner(command))]


def _reject(command: RejectInvoice, state: Invoice) -> list[InvoiceEvent]:
    _must_be_the_file(command.digest, state)
    if state.rejected is not None:
        return []
    _must_be_open(state)
    return [said(InvoiceRejected, command, partner_id=_partner(command))]


def _approve(command: ApproveInvoice, state: Invoice, received: InvoiceReceived) -> list[InvoiceEvent]:
    _must_be_the_file(command.digest, state)
    if command.by in state.approved:
        return []
    _must_be_open(state)
    if state.checked is None:
        raise Rejected("not_checked", "It was not checked yet.")
    _must_pass(state, state.checked)
    editors = {
        "edited its bank account or a rate of it": state.checked.excluded,
        "typed it in": (received.entered_by,),
        "lifted a hold of it": tuple(one.by for one in state.lifted.values()),
    }
    for deed, people in editors.items():
        if command.by in people:
            raise Rejected("separation_of_duties", f"{command.by} {deed}: somebody else has to approve.")
    return [said(InvoiceApproved, command, partner_id=_partner(command))]


def _must_pass(state: Invoice, checked: InvoiceChecked) -> None:
    for verdict, code in (("block", "blocked"), ("reject", "must_be_rejected")):
        if named := sorted(name for name, one in checked.objections.items() if one == verdict):
            raise Rejected(code, f"Nobody may let this pass: {', '.join(named)}.")
    if state.holds:
        raise Rejected("open_holds", f"Still held by: {', '.join(state.holds)}.")
    if state.disputed:
        raise Rejected("disputed", f"Not settled yet: {', '.join(state.disputed)}.")


def _forward(command: ForwardInvoice, state: Invoice, received: InvoiceReceived) -> list[InvoiceEvent]:
    if state.forwarded is not None:
        if state.forwarded.target == command.target:
            return []
        raise Rejected("forwarded_already", f"It went to {state.forwarded.target}.")
    _must_be_open(state)
    if state.disputed:
        raise Rejected("disputed", f"Not settled yet: {', '.join(state.disputed)}.")
    if state.status != "approved":
        raise Rejected("not_approved", f"It is {state.status}; {len(state.approved)} approved it so far.")
    if set(state.approved) == {command.by}:
        raise Rejected("separation_of_duties", f"{command.by} alone approved it: somebody else has to forward it.")
    forwarded = InvoiceForwarded(
        invoice_id=command.invoice_id,
        partner_id=received.partner_id,
        month=received.month,
        digest=received.digest,
        number=received.number,
        gross=received.gross,
        target=command.target,
        approved_by=state.approved,
        at=command.at,
        by=command.by,
    )
    if received.kind == "credit_note":
        return [forwarded]
    return [
        forwarded,
        said(CommissionsForwarded, command, partner_id=received.partner_id, month=received.month),
    ]


def _credit(command: CreditInvoice, state: Invoice, received: InvoiceReceived) -> list[InvoiceEvent]:
    known = state.credited.get(command.credit_note_id)
    if known is not None:
        if known == command.amount:
            return []
        raise Rejected("credited_otherwise", f"{command.credit_note_id} took off another amount.")
    if received.kind == "credit_note":
        raise Rejected("a_credit_note", "A credit note is not credited.")
    if state.checked is None:
        raise Rejected("not_checked", "Check it first.")
    if state.rejected is not None:
        raise Rejected("invoice_rejected", "It went back: nothing of it is owed.")
    _must_fit(command.amount, state.open_minor, received)
    return [said(InvoiceCredited, command, partner_id=_partner(command))]


def _pay(command: RecordPayment, state: Invoice, received: InvoiceReceived) -> list[InvoiceEvent]:
    event = said(PaymentRecorded, command, partner_id=_partner(command))
    known = state.paid.get(command.payment_id)
    if known is not None:
        if (known.amount, known.paid_on) == (command.amount, command.paid_on):
            return []
        raise Rejected("paid_otherwise", f"The payment {command.payment_id} was another one.")
    if state.forwarded is None:
        raise Rejected("not_forwarded", "Accounting does not have it: what was paid is another invoice.")
    _must_fit(command.amount, state.open_minor, received)
    return [event]


def _must_fit(amount: Money, left: int, received: InvoiceReceived) -> None:
    if amount.currency != received.gross.currency:
        raise Rejected("other_currency", f"It is in {received.gross.currency}.")
    if not 0 < amount.minor <= left:
        raise Rejected("more_than_open", f"{left} minor units of {received.gross.currency} are open.")


def _must_be_open(state: Invoice) -> None:
    if state.rejected is not None:
        raise Rejected("invoice_rejected", "It went back to the partner; what comes instead is another invoice.")
    if state.forwarded is not None:
        raise Rejected("forwarded_already", "Accounting has it; what is wrong with it is disputed or credited.")


def _must_be_the_file(digest: str, state: Invoice) -> None:
    if state.received is None or state.received.digest != digest:
        raise Rejected("other_file", "This is not the file that came last: look at that one.")


def _partner(command: InvoiceCommand) -> str:
    return command.invoice_id.partition(":")[0]


def evolve(state: Invoice, event: InvoiceEvent) -> Invoice:
    """Another file, and another outcome of its check, take with them what people said to the one before."""
    match event:
        case InvoiceReceived():
            return replace(state, received=event, checked=None, lifted={}, approved=())
        case InvoiceChecked():
            return replace(state, checked=event, lifted={}, approved=())
        case HoldLifted(check=check):
            return replace(state, lifted={**state.lifted, check: event})
        case InvoiceDisputed(dispute_id=id_):
            return replace(state, disputes={**state.disputes, id_: event})
        case DisputeSettled(dispute_id=id_):
            return replace(state, settled={**state.settled, id_: event})
        case InvoiceRejected():
            return replace(state, rejected=event)
        case InvoiceApproved(by=by):
            return replace(state, approved=(*state.approved, by))
        case InvoiceForwarded():
            return replace(state, forwarded=event)
        case CommissionsForwarded():
            return state
        case InvoiceCredited(credit_note_id=id_, amount=amount):
            return replace(state, credited={**state.credited, id_: amount})
        case PaymentRecorded(payment_id=id_):
            return replace(state, paid={**state.paid, id_: event})


invoice = Decider("invoice", InvoiceEvent, Invoice(), decide, evolve)
