"""The read routes of the calls service: figures with their evidence, calls, deliveries."""

from __future__ import annotations

from fastapi import APIRouter

from services.calls.api import (
    calls,
    customers,
    decisions,
    evidence,
    health,
    intake,
    orders,
    panel,
    performance,
    products,
    providers,
    replays,
    subscriptions,
    trying,
)
from services.calls.api.readers import CallReads, DeliveryReader, Directory, Person, RawItem, RawReader, ViewReader

__all__ = ["CallReads", "DeliveryReader", "Directory", "Person", "RawItem", "RawReader", "ViewReader", "router"]

router = APIRouter()
for _part in (evidence, performance, calls, intake, decisions, trying, health, customers, products, panel):
    router.include_router(_part.router)
for _part in (orders, providers, subscriptions, replays):
    router.include_router(_part.router)
