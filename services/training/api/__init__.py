"""The routes of the training service."""

from fastapi import APIRouter

from services.training.api.calibration import router as calibration
from services.training.api.evaluations import router as evaluations
from services.training.api.forms import router as forms
from services.training.api.samples import router as samples

router = APIRouter(prefix="/api/v1/training")
for part in (forms, samples, evaluations, calibration):
    router.include_router(part)

__all__ = ["router"]
