"""The routes of the training service."""

from fastapi import APIRouter

from services.training.api import candidates, capacity, rotas, staffing

router = APIRouter(prefix="/api/v1/training")
for part in (staffing, rotas, capacity, candidates):
    router.include_router(part.router)

__all__ = ["router"]
