"""The routes of the partners service."""

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
from shared.http.joined import joined

_PARTS = (
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
)
router = joined(*(part.router for part in _PARTS), prefix="/api/v1")

__all__ = ["router"]
