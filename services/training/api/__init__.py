"""The routes of the training service."""

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
from shared.http.joined import joined

_PARTS = (
    courses, sessions, learning, coverage, coaching, comparison, contests, staffing, rotas, capacity, candidates,
    forms, samples, evaluations, calibration, usage, conversations, ideas,
)  # fmt: skip
router = joined(*(part.router for part in _PARTS), prefix="/api/v1/training")

__all__ = ["router"]
