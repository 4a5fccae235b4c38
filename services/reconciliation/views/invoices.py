"""Which invoices came from a partner, what did the checks say, who approved them, and what is still owed?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.reconciliation.domain.invoice import Invoice, Status, evolve
from services.reconciliation.events.invoices import (
    DisputeSettled,
    HoldLifted,
    InvoiceDisputed,
    InvoiceEvent,
    PaymentRecorded,
)
from shared.contracts.reconciliation import TOPIC, InvoiceChecked, InvoiceForwarded, InvoiceReceived, InvoiceRejected
from shared.kernel import Money, View


class KnownInvoice(msgspec.Struct, kw_only=True):
    """An invoice: the file that came last, what its checks said, who did what with it, what is owed (minor units).
    `changes` counts the events behind this."""

    invoice_id: str
    partner_id: str
    month: str = ""
    status: Status = "none"
    received: InvoiceReceived | None = None
    checked: InvoiceChecked | None = None
    lifted: dict[str, HoldLifted] = {}
    approved: tuple[str, ...] = ()
    disputes: dict[str, InvoiceDisputed] = {}
    settled: dict[str, DisputeSettled] = {}
    rejected: InvoiceRejected | None = None
    forwarded: InvoiceForwarded | None = None
    credited: dict[str, Money] = {}
    paid: dict[str, PaymentRecorded] = {}
    open_minor: int = 0
    changes: int = 0


FIELDS = (
    "received", "checked", "lifted", "approved", "disputes", "settled", "rejected", "forwarded", "credited", "paid",
)  # fmt: skip


def by_invoice(event: InvoiceEvent) -> Iterable[tuple[str, InvoiceEvent]]:
    """One document an invoice."""
    return [(event.invoice_id, event)]


def fold(doc: KnownInvoice | None, event: InvoiceEvent, sign: int) -> KnownInvoice:
    """As the aggregate has it: what an approval holds for is one rule, and stands there. Events are never reversed."""
    doc = doc or KnownInvoice(invoice_id=event.invoice_id, partner_id=event.partner_id)
    state = evolve(Invoice(**{name: getattr(doc, name) for name in FIELDS}), event)
    for name in FIELDS:
        value = getattr(state, name)
        setattr(doc, name, dict(value) if isinstance(value, dict) else value)
    doc.month = state.received.month if state.received else ""
    doc.status, doc.open_minor = state.status, state.open_minor
    doc.changes += 1
    return doc


def newer(one: KnownInvoice, other: KnownInvoice) -> KnownInvoice:
    """An invoice's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownInvoice) -> dict[str, str | int | None]:
    """Found by partner, month and status."""
    return {"partner": doc.partner_id, "month": doc.month, "status": doc.status}


invoices = View(
    "invoices",
    1,
    TOPIC,
    InvoiceEvent,
    KnownInvoice,
    by_invoice,
    fold,
    newer,
    indexes=("partner", "month", "status"),
    fields=indexed,
)
