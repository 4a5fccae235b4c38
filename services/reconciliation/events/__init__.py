"""All that the reconciliation service records, by aggregate; every one of them goes to its topic."""

from services.reconciliation.events.invoices import AccountEvent, InvoiceEvent

ReconciliationEvent = InvoiceEvent | AccountEvent
