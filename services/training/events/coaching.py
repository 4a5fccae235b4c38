"""What is recorded of a coaching plan, beside what the public is told."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.contracts.training import CoachingMeasured, CoachingStarted
from shared.kernel import Event

ProblemKind = Literal[
    "opening", "needs", "product_knowledge", "objections", "closing", "upsell", "language", "tools", "manners", "other"
]
"""Where an agent is weak, in the order of a call."""
Approach = Literal["listening_in", "call_review", "role_play", "script_training", "product_training", "buddy", "other"]
"""What is done about it."""
WithdrawalReason = Literal["left", "other_work", "recovered", "mistake"]


class CoachingWithdrawn(Event, frozen=True, kw_only=True):
    """The agent is coached no more, before the effect was looked at. `mistake`: it never was."""

    partner_id: str
    plan: str
    reason: WithdrawalReason
    at: datetime
    by: str


CoachingEvent = CoachingStarted | CoachingMeasured | CoachingWithdrawn
