"""The routes of the training service."""

from fastapi import APIRouter

from services.training.api.calibration import router as calibration
from services.training.api.conversations import router as conversations
from services.training.api.evaluations import router as evaluations
from services.training.api.forms import router as forms
from services.training.api.ideas import router as ideas
from services.training.api.samples import router as samples
from services.training.api.usage import router as usage

router = APIRouter(prefix="/api/v1/training")
for part in (forms, samples, evaluations, calibration, usage, conversations, ideas):
    router.include_router(part)

__all__ = ["router"]
