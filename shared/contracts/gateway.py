"""What the gateway tells others: that somebody is called because of an alert, and that the matter is over."""

from __future__ import annotations

from datetime import datetime

from shared.kernel import PublicEvent

TOPIC = "tallyline.gateway"


class AlertCalled(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """People are called because a figure is where it must not be. `episode` counts an alert's own, from 1; `level` the
    steps of its escalation, from 0. `value` is what was measured when it was raised, and `limit` what it is held
    against, in the unit of the KPI, in per cent of change, or in minutes of silence."""

    alert: str
    episode: int
    level: int
    name: str
    value: float
    limit: float
    raised_at: datetime
    at: datetime
    partner_id: str = ""
    campaign: str = ""


class AlertResolved(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The figure is back where it should be, for as long as was asked. `levels`: how many were called; `quiet`: it is
    an hour at which nobody is to be disturbed."""

    alert: str
    episode: int
    name: str
    levels: int
    at: datetime
    partner_id: str = ""
    campaign: str = ""
    quiet: bool = False


PublicGatewayEvent = AlertCalled | AlertResolved
