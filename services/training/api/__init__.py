"""The routes of the training service."""

from fastapi import APIRouter

from services.training.api import (
    calibration,
    candidates,
    capacity,
    coaching,
    comparison,
    contests,
    conversations,
    courses,
    coverage,
    evaluations,
    forms,
    ideas,
    learning,
    rotas,
    samples,
    sessions,
    staffing,
    usage,
)

router = APIRouter(prefix="/api/v1/training")
for part in (
    courses, sessions, learning, coverage, coaching, comparison, contests, staffing, rotas, capacity, candidates,
    forms, samples, evaluations, calibration, usage, conversations, ideas,
):  # fmt: skip
    router.include_router(part.router)

__all__ = ["router"]
