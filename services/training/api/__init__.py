"""The routes of the training service."""

from fastapi import APIRouter

router = APIRouter(prefix="/api/v1/training")

__all__ = ["router"]
