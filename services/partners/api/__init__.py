"""The routes of the partners service."""

from fastapi import APIRouter

from services.partners.api import (
    agents,
    announcements,
    briefs,
    contract_documents,
    contracts,
    ending,
    evaluations,
    life,
    packs,
    partner_documents,
    partners,
    prospects,
    protocols,
    ramp,
    scenario_runs,
    sites,
    sources,
    tickets,
    transitions,
)

router = APIRouter(prefix="/api/v1")
for part in (
    prospects,
    life,
    partner_documents,
    packs,
    sites,
    partners,
    briefs,
    ending,
    evaluations,
    contracts,
    contract_documents,
    agents,
    sources,
    transitions,
    scenario_runs,
    ramp,
    tickets,
    announcements,
    protocols,
):
    router.include_router(part.router)

__all__ = ["router"]
