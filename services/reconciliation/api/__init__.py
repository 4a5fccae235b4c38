"""The routes of the reconciliation service."""

from fastapi import APIRouter

from services.reconciliation.api import months, requests, rules, runs

router = APIRouter(prefix="/api/v1/reconciliation")
for part in (months, runs, requests, rules):
    router.include_router(part.router)

__all__ = ["router"]
