"""Accounting hears of each invoice that is forwarded: from the event, a message is made and kept to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from shared.contracts.reconciliation import TOPIC, InvoiceForwarded
from shared.engine.partitions import Checkpoints
from shared.engine.reading import First
from shared.engine.taking import Taking
from shared.ports import Record
from shared.webhooks import Webhooks, message_id

TYPE = "tallyline.reconciliation.InvoiceForwarded"
LINKS = {
    "invoice": "",
    "file": "/file",
    "protocol": "/protocol",
    "bundle": "/exports/bundle",
    "journal": "/exports/journal",
}


def told_as(invoice_id: str) -> str:
    """The id of its message: an invoice is forwarded once, so that its own id is enough."""
    return message_id(TYPE, invoice_id)


def message(event: InvoiceForwarded, base_url: str) -> bytes:
    """The event as a CloudEvent, with links to what accounting needs. It names no bank account."""
    service = f"{base_url}/api/v1/reconciliation"
    invoice = f"{service}/invoices/{quote(event.invoice_id, safe=':')}"
    said = {name: getattr(event, name) for name in InvoiceForwarded.__struct_fields__ if name not in ("at", "by")}
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": told_as(event.invoice_id),
            "source": service,
            "type": TYPE,
            "subject": event.invoice_id,
            "time": event.at,
            "datacontenttype": "application/json",
            "data": said | {"forwarded_by": event.by, "links": {name: invoice + path for name, path in LINKS.items()}},
        }
    )


class Announcing(Taking):
    """The worker. A message that is kept already stays as it is, so repeats do no harm."""

    def __init__(self, webhooks: Webhooks, checkpoints: Checkpoints, base_url: str) -> None:
        super().__init__("reconciliation.accounting", TOPIC, InvoiceForwarded, checkpoints)
        self._webhooks = webhooks
        self._base_url = base_url

    async def take(self, partition: int, records: Sequence[Record], firsts: Sequence[First]) -> None:
        """The messages are kept."""
        for first in firsts:
            event: InvoiceForwarded = first.recorded.event
            await self._webhooks.add(told_as(event.invoice_id), message(event, self._base_url))
