"""The read routes of the calls service: figures with their evidence, calls, deliveries."""

from __future__ import annotations

from services.calls.api import (
    callbacks,
    calls,
    campaign_rules,
    campaigns,
    changes,
    commissions,
    customers,
    decisions,
    do_not_call,
    evidence,
    files,
    goals,
    handovers,
    health,
    imports,
    intake,
    lead_lists,
    leads,
    media,
    orders,
    paid_time,
    panel,
    performance,
    products,
    providers,
    recordings,
    replays,
    routing,
    scorecards,
    scripts,
    subscriptions,
    surveys,
    trust,
    trying,
    work,
)
from services.calls.api.readers import (
    CalledCampaign,
    CallReads,
    DeliveryReader,
    Directory,
    Person,
    RawItem,
    RawReader,
    ViewReader,
)
from shared.http.joined import joined

__all__ = [
    "CallReads",
    "CalledCampaign",
    "DeliveryReader",
    "Directory",
    "Person",
    "RawItem",
    "RawReader",
    "ViewReader",
    "router",
]

_PARTS = (
    evidence, changes, performance, scorecards, recordings, calls, intake, decisions, trying, health, customers,
    products, panel, campaigns, campaign_rules, goals, media, do_not_call, imports, lead_lists, leads, callbacks,
    orders, providers, subscriptions, commissions, paid_time, scripts, surveys, handovers, work, routing, replays,
    trust, files,
)  # fmt: skip
router = joined(*(part.router for part in _PARTS))
