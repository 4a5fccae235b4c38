"""The routes of the reconciliation service."""

from fastapi import APIRouter

from services.reconciliation.api import (
    accuracy,
    audits,
    billing,
    defects,
    deliveries,
    economics,
    expected,
    invoices,
    months,
    requests,
    rules,
    runs,
)

router = APIRouter(prefix="/api/v1/reconciliation")
for part in (
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
):
    router.include_router(part.router)

__all__ = ["router"]
