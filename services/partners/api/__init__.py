"""The routes of the partners service."""

from fastapi import APIRouter

from services.partners.api import (
    agents,
    briefs,
    evaluations,
    life,
    partners,
    prospects,
    ramp,
    scenario_runs,
    sites,
    sources,
    transitions,
)

router = APIRouter(prefix="/api/v1")
for part in (
    prospects,
    life,
    sites,
    partners,
    briefs,
    evaluations,
    agents,
    sources,
    transitions,
    scenario_runs,
    ramp,
):
    router.include_router(part.router)

__all__ = ["router"]
