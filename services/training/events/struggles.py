"""Conversations between an agent and whoever leads it about a step of the panel that goes badly."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from services.training.events.evaluations import Party
from shared.kernel import Event

Page = Literal["panel"]
Step = Literal["call", "script", "customer", "offers", "order", "payment", "address", "survey", "result", "hot_lead"]
"""The places of the panel where work is done."""
Outcome = Literal["helped", "step_is_wrong", "no_problem"]


class ConversationStarted(Event, frozen=True, kw_only=True):
    """A supervisor speaks to an agent about a step, or an agent asks for help with it. `party`: on whose side `by` is;
    `text`: the name under which the words lie sealed. No figure is held here: what was counted of an agent has an
    end, and this has none."""

    partner_id: str
    conversation: str
    agent: str
    page: Page
    step: Step
    party: Party
    text: str
    at: datetime
    by: str


class ConversationContinued(Event, frozen=True, kw_only=True):
    """Somebody of the two has said more."""

    partner_id: str
    conversation: str
    party: Party
    text: str
    at: datetime
    by: str


class ConversationClosed(Event, frozen=True, kw_only=True):
    """What came of it: the agent was helped, the step itself is wrong, or there was no problem."""

    partner_id: str
    conversation: str
    outcome: Outcome
    at: datetime
    by: str


StruggleEvent = ConversationStarted | ConversationContinued | ConversationClosed
