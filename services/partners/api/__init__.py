"""The routes of the partners service: partners, agents, telephony sources and their credentials."""

from fastapi import APIRouter

from services.partners.api import agents, partners, sources

router = APIRouter(prefix="/api/v1")
for part in (partners, agents, sources):
    router.include_router(part.router)

__all__ = ["router"]
