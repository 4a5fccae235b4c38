"""The routes of the partners service."""

from fastapi import APIRouter

from services.partners.api import agents, life, partners, sources

router = APIRouter(prefix="/api/v1")
for part in (life, partners, agents, sources):
    router.include_router(part.router)

__all__ = ["router"]
