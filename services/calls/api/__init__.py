"""The read routes of the calls service: figures with their evidence, calls, deliveries."""

from __future__ import annotations

from fastapi import APIRouter

from services.calls.api import (
    calls,
    commissions,
    customers,
    decisions,
    evidence,
    health,
    intake,
    paid_time,
    panel,
    performance,
    products,
    trying,
)
from services.calls.api.readers import CallReads, DeliveryReader, Directory, Person, RawItem, RawReader, ViewReader

__all__ = ["CallReads", "DeliveryReader", "Directory", "Person", "RawItem", "RawReader", "ViewReader", "router"]

router = APIRouter()
_PARTS = (
    evidence, performance, calls, intake, decisions, trying, health, customers, products, panel, commissions, paid_time,
)  # fmt: skip
for _part in _PARTS:
    router.include_router(_part.router)
