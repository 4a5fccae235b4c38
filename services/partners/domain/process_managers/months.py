"""Open months and invoices stand in a partner's file, which can't be closed over them."""

from __future__ import annotations

from services.partners.domain.partner import NoteFact, partner
from shared.contracts.reconciliation import (
    TOPIC,
    InvoiceForwarded,
    InvoiceReceived,
    InvoiceRejected,
    MonthAgreed,
    MonthReopened,
    ReportSubmitted,
)
from shared.kernel import ProcessManager, Recorded, Send

Seen = ReportSubmitted | MonthAgreed | MonthReopened | InvoiceReceived | InvoiceForwarded | InvoiceRejected


def handle(recorded: Recorded[Seen]) -> list[Send]:
    """A month is open from its first report until it is agreed, an invoice until accounting has it or it goes back."""
    event = recorded.event
    match event:
        case ReportSubmitted() | MonthReopened():
            note = NoteFact(partner_id=event.partner_id, fact="open_month", ref=event.month, says="not agreed")
        case MonthAgreed():
            note = NoteFact(partner_id=event.partner_id, fact="open_month", ref=event.month, holds=False)
        case InvoiceReceived():
            note = NoteFact(partner_id=event.partner_id, fact="open_invoice", ref=event.invoice_id, says=event.number)
        case InvoiceForwarded() | InvoiceRejected():
            note = NoteFact(partner_id=event.partner_id, fact="open_invoice", ref=event.invoice_id, holds=False)
    return [Send(partner, event.partner_id, note)]


# Its checkpoint lies under its name, so another name reads from the first event: under the one before, `note_months`,
# rejected invoices were not heard of, and held their partner's ending open.
note_open = ProcessManager("note_open_months", TOPIC, Seen, handle)
