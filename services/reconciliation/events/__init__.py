"""All that the reconciliation service records, by aggregate; every one of them goes to its topic."""

from services.reconciliation.events.invoices import AccountEvent, InvoiceEvent
from services.reconciliation.events.months import MonthEvent
from services.reconciliation.events.rules import RuleEvent

ReconciliationEvent = MonthEvent | InvoiceEvent | AccountEvent | RuleEvent
