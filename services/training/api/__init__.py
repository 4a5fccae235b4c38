"""The routes of the training service."""

from fastapi import APIRouter

from services.training.api import courses, coverage, learning, sessions

router = APIRouter(prefix="/api/v1/training")
for part in (courses, sessions, learning, coverage):
    router.include_router(part.router)

__all__ = ["router"]
