"""Alerts: which figure is watched, when it left its place and came back, and who took the matter on."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from shared.contracts.gateway import AlertCalled, AlertResolved
from shared.kernel import Event

Kind = Literal["threshold", "trend", "usual", "silence"]
"""What is held against the limit: the figure; by how many per cent it differs from the window before; from what is
usual at this hour of the week; or for how many minutes nothing was heard of a partner's telephony."""
Direction = Literal["above", "below"]


class Level(msgspec.Struct, frozen=True):
    """Who is called `after_minutes` since the first call, unless somebody took the matter on."""

    after_minutes: int
    mails: tuple[str, ...] = ()


class Quiet(msgspec.Struct, frozen=True):
    """Hours at which nobody is called, `HH:MM` in a time zone; they may go over midnight."""

    starts: str
    ends: str
    zone: str


class AlertDefined(Event, frozen=True, kw_only=True, omit_defaults=True):
    """This figure is watched. `limit`: beyond it for `for_minutes` raises the alert; `clear_at`: there or better for
    `clear_minutes` resolves it. `least_n`: with fewer cases the figure says nothing. Without a partner
    all are counted together. `revision`: from 1."""

    alert: str
    revision: int
    name: str
    kind: Kind
    direction: Direction
    limit: float
    clear_at: float
    kpi: str = ""
    variant: str = ""
    window_minutes: int = 60
    least_n: int = 0
    for_minutes: int = 0
    clear_minutes: int = 0
    partner_id: str = ""
    campaign: str = ""
    quiet: Quiet | None = None
    levels: tuple[Level, ...]
    at: datetime
    by: str


class AlertRetired(Event, frozen=True, kw_only=True):
    """The figure is watched no more."""

    alert: str
    at: datetime
    by: str


class AlertBreached(Event, frozen=True, kw_only=True):
    """The figure is beyond its limit; for how long, remains to be seen."""

    alert: str
    value: float
    at: datetime


class AlertCalmed(Event, frozen=True, kw_only=True):
    """It came back before the alert was raised."""

    alert: str
    at: datetime


class AlertRaised(Event, frozen=True, kw_only=True):
    """The figure was beyond its limit for long enough: an episode begins."""

    alert: str
    episode: int
    value: float
    at: datetime


class AlertEased(Event, frozen=True, kw_only=True):
    """The figure is back; whether it stays there, remains to be seen."""

    alert: str
    episode: int
    value: float
    at: datetime


class AlertWorsened(Event, frozen=True, kw_only=True):
    """It did not stay there."""

    alert: str
    episode: int
    value: float
    at: datetime


class AlertAcknowledged(Event, frozen=True, kw_only=True):
    """Somebody took the matter on: nobody else is called."""

    alert: str
    episode: int
    at: datetime
    by: str


AlertEvent = (
    AlertDefined
    | AlertRetired
    | AlertBreached
    | AlertCalmed
    | AlertRaised
    | AlertEased
    | AlertWorsened
    | AlertAcknowledged
    | AlertCalled
    | AlertResolved
)
