"""The read routes of the calls service: figures with their evidence, calls, deliveries."""

from __future__ import annotations

from fastapi import APIRouter

from services.calls.api import (
    calls,
    customers,
    decisions,
    do_not_call,
    evidence,
    health,
    imports,
    intake,
    lead_lists,
    leads,
    orders,
    panel,
    performance,
    products,
    providers,
    scripts,
    subscriptions,
    trying,
)
from services.calls.api.readers import CallReads, DeliveryReader, Directory, Person, RawItem, RawReader, ViewReader

__all__ = ["CallReads", "DeliveryReader", "Directory", "Person", "RawItem", "RawReader", "ViewReader", "router"]

router = APIRouter()
for _part in (
    evidence, performance, calls, intake, decisions, trying, health, customers, products, panel, do_not_call, imports,
    lead_lists, leads,
):  # fmt: skip
    router.include_router(_part.router)
for _part in (orders, providers, subscriptions, scripts):
    router.include_router(_part.router)
