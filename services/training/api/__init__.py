"""The routes of the training service."""

from fastapi import APIRouter

from services.training.api import coaching, comparison, contests

router = APIRouter(prefix="/api/v1/training")
for part in (coaching, comparison, contests):
    router.include_router(part.router)

__all__ = ["router"]
