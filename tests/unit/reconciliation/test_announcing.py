"""Accounting's message is made from the event: once for each forwarded invoice, however often the log is read."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from services.reconciliation.billing.announcing import Announcing, message, told_as
from shared.codec import encode
from shared.contracts.reconciliation import InvoiceForwarded, InvoiceReceived
from shared.engine.partitions import CHECKPOINTS, Checkpoints
from shared.kernel import Event, Money
from shared.ports import Record
from shared.webhooks import KEEP, WEBHOOKS, Target, Webhooks
from tests.spec import published
from tests.unit.shared.documents import MemoryDocuments
from tests.unit.shared.test_webhooks import SECRET

AT = datetime(2026, 4, 9, 8, tzinfo=UTC)
RECEIVED = InvoiceReceived(
    invoice_id="zvono:0042", partner_id="zvono", month="2026-03", kind="invoice", form="ubl", number="2026-0042",
    issued=date(2026, 4, 6), digest="a" * 64, gross=Money(90712, "EUR"), at=AT, by="mail",
)  # fmt: skip


def forwarded(invoice_id: str = "zvono:0042") -> InvoiceForwarded:
    return InvoiceForwarded(
        invoice_id=invoice_id, partner_id="zvono", month="2026-03", digest="a" * 64, number="2026-0042",
        gross=Money(90712, "EUR"), target="books", approved_by=("ana", "ben"), at=AT, by="cora",
    )  # fmt: skip


def record(number: int, event: Event) -> Record:
    return Record(number, "invoice-zvono:0042", encode(published(event, number)))


async def test_each_forwarded_invoice_is_announced_once_however_often_the_log_is_read() -> None:
    documents = MemoryDocuments()
    await documents.declare(KEEP.collection, KEEP.indexes)
    await documents.declare(CHECKPOINTS)
    webhooks = Webhooks(documents, Target("https://books.example", SECRET), lambda: AT)
    log = [record(0, RECEIVED), record(1, forwarded()), record(2, forwarded("zvono:0043")), record(3, forwarded())]
    worker = Announcing(webhooks, Checkpoints(documents), "https://calls.example")
    assert await worker.begin(0) == 0
    await worker.apply(0, log[:2])
    worker.end(0)
    assert await worker.begin(0) == 2, "the checkpoint stands behind what was applied"
    await worker.apply(0, log[2:])
    first = dict(documents.collections[WEBHOOKS])
    assert set(first) == {told_as("zvono:0042"), told_as("zvono:0043")}

    anew = MemoryDocuments()  # as after a move, where the messages are there and the checkpoints are not
    await anew.declare(CHECKPOINTS)
    anew.collections[WEBHOOKS] = documents.collections[WEBHOOKS]
    again = Announcing(Webhooks(anew, None, lambda: AT), Checkpoints(anew), "https://calls.example")
    assert await again.begin(0) == 0
    await again.apply(0, log)
    assert dict(anew.collections[WEBHOOKS]) == first


def test_the_message_says_where_everything_is_and_names_no_bank_account() -> None:
    made = json.loads(message(forwarded("zvono:März/2"), "https://calls.example"))
    invoice = "https://calls.example/api/v1/reconciliation/invoices/zvono:M%C3%A4rz%2F2"
    assert made == {
        "specversion": "1.0",
        "id": told_as("zvono:März/2"),
        "source": "https://calls.example/api/v1/reconciliation",
        "type": "tallyline.reconciliation.InvoiceForwarded",
        "subject": "zvono:März/2",
        "time": "2026-04-09T08:00:00Z",
        "datacontenttype": "application/json",
        "data": {
            "invoice_id": "zvono:März/2",
            "partner_id": "zvono",
            "month": "2026-03",
            "digest": "a" * 64,
            "number": "2026-0042",
            "gross": {"minor": 90712, "currency": "EUR"},
            "target": "books",
            "approved_by": ["ana", "ben"],
            "forwarded_by": "cora",
            "links": {
                "invoice": invoice,
                "file": f"{invoice}/file",
                "protocol": f"{invoice}/protocol",
                "bundle": f"{invoice}/exports/bundle",
                "journal": f"{invoice}/exports/journal",
            },
        },
    }


def test_each_invoice_has_a_message_of_its_own() -> None:
    assert told_as("zvono:a") != told_as("zvono:b")
