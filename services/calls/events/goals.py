"""What is recorded of sales goals."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from shared.kernel import Event

Measure = Literal["orders", "pieces", "net_revenue"]


class GoalSet(Event, frozen=True, kw_only=True, omit_defaults=True):
    """So much is to be sold from `starts` to `ends` (days in `zone`, both in it); the last word holds.

    `target`: orders or pieces, or of net revenue minor units of `currency`. `sku`, `campaign`, `partner`: of that one
    alone, else of all. `weekdays`: how much of a week's work Monday to Sunday bring; none: every day as much.
    """

    goal: str
    name: str
    measure: Measure
    target: int
    starts: date
    ends: date
    zone: str
    currency: str | None = None
    sku: str | None = None
    campaign: str | None = None
    partner: str | None = None
    weekdays: tuple[int, ...] = ()
    at: datetime
    by: str


class GoalWithdrawn(Event, frozen=True, kw_only=True):
    """It is no goal any more."""

    goal: str
    reason: str
    at: datetime
    by: str


GoalEvent = GoalSet | GoalWithdrawn
