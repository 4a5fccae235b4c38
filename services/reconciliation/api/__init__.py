"""The routes of the reconciliation service."""

from services.reconciliation.api import (
    accuracy,
    audits,
    billing,
    defects,
    deliveries,
    economics,
    expected,
    invoices,
    month_keys,
    months,
    requests,
    rules,
    runs,
)
from shared.http.joined import joined

_PARTS = (
    months,
    expected,
    runs,
    requests,
    rules,
    defects,
    billing,
    invoices,
    deliveries,
    audits,
    economics,
    accuracy,
    month_keys,
)
router = joined(*(part.router for part in _PARTS), prefix="/api/v1/reconciliation")

__all__ = ["router"]
