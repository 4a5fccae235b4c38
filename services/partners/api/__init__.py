"""The routes of the partners service."""

from fastapi import APIRouter

from services.partners.api import agents, briefs, evaluations, life, partners, prospects, sites, sources

router = APIRouter(prefix="/api/v1")
for part in (prospects, life, sites, partners, briefs, evaluations, agents, sources):
    router.include_router(part.router)

__all__ = ["router"]
