"""The routes of the reconciliation service."""

from fastapi import APIRouter

from services.reconciliation.api import audits, billing, defects, invoices, months, runs

router = APIRouter(prefix="/api/v1/reconciliation")
for part in (months, runs, defects, billing, invoices, audits):
    router.include_router(part.router)

__all__ = ["router"]
