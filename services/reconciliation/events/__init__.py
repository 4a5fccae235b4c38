"""All that the reconciliation service records, by aggregate; every one of them goes to its topic."""

from services.reconciliation.events.billing import BillingEvent
from services.reconciliation.events.defects import DefectEvent
from services.reconciliation.events.economics import EconomicsEvent
from services.reconciliation.events.invoices import AccountEvent, InvoiceEvent
from services.reconciliation.events.months import MonthEvent
from services.reconciliation.events.retention import RetentionEvent
from services.reconciliation.events.rules import RuleEvent

ReconciliationEvent = (
    MonthEvent | DefectEvent | InvoiceEvent | AccountEvent | BillingEvent | EconomicsEvent | RuleEvent | RetentionEvent
)
