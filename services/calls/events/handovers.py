"""What happens to hot leads: asked for, escalated, taken, missed, and what came of them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.contracts.selling import HandoverMissed, HandoverTaken, LeadHandedOver
from shared.kernel import Event

Outcome = Literal["done", "lost"]
LostReason = Literal["not_reached", "changed_mind", "price", "not_qualified", "disconnected", "other"]


class HandoverEscalated(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Most of the time until the deadline is gone, and nobody has taken the customer over: it is urgent now."""

    handover: str
    partner: str
    call: str
    agent: str
    due_at: datetime
    at: datetime
    campaign: str | None = None


class HandoverClosed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What came of it, by whoever had taken the customer over. `reason`: why the customer was lost."""

    handover: str
    partner: str
    call: str
    agent: str
    outcome: Outcome
    at: datetime
    by: str
    reason: LostReason | None = None
    campaign: str | None = None


HandoverEvent = LeadHandedOver | HandoverEscalated | HandoverTaken | HandoverMissed | HandoverClosed
