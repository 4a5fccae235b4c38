"""A conversation about a step of the panel: started by either, continued by both, closed by whoever leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any

import msgspec

from services.training.events.evaluations import Party
from services.training.events.struggles import (
    ConversationClosed,
    ConversationContinued,
    ConversationStarted,
    Outcome,
    Page,
    Step,
    StruggleEvent,
)
from shared.kernel import Command, Decider, Rejected, said

ConversationId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}:[0-9a-f]{12}$(?!\n)")]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class StartConversation(Command, frozen=True, kw_only=True):
    """Speak to an agent about a step, or ask for help with it. The same once more is nothing new."""

    conversation: ConversationId
    agent: Id
    page: Page
    step: Step
    party: Party
    text: Id
    at: datetime
    by: str


class ContinueConversation(Command, frozen=True, kw_only=True):
    """Say more; the same words once more are nothing new. 409 `unknown_conversation`, `closed`."""

    conversation: ConversationId
    party: Party
    text: Id
    at: datetime
    by: str


class CloseConversation(Command, frozen=True, kw_only=True):
    """Say what came of it. 409 `unknown_conversation`, `closed` with another outcome."""

    conversation: ConversationId
    outcome: Outcome
    at: datetime
    by: str


StruggleCommand = StartConversation | ContinueConversation | CloseConversation


@dataclass(frozen=True)
class Conversation:
    """What was said, by the name of each text, and what came of it."""

    started: ConversationStarted | None = None
    said: Mapping[str, str] = field(default_factory=dict)
    outcome: Outcome | None = None


def decide(command: StruggleCommand, state: Conversation) -> list[StruggleEvent]:
    """What each command leads to."""
    if isinstance(command, StartConversation):
        return [said(ConversationStarted, command, **_of(command))] if state.started is None else []
    if state.started is None:
        raise Rejected("unknown_conversation", "There is no such conversation.")
    match command:
        case ContinueConversation():
            if state.said.get(command.text) == command.by:
                return []
            if state.outcome is not None:
                raise Rejected("closed", "The conversation is closed.")
            return [said(ConversationContinued, command, **_of(command))]
        case CloseConversation():
            if state.outcome is not None and state.outcome != command.outcome:
                raise Rejected("closed", f"It was closed: {state.outcome}.")
            return [said(ConversationClosed, command, **_of(command))] if state.outcome is None else []


def _of(command: StruggleCommand) -> dict[str, Any]:
    return {"partner_id": command.conversation.partition(":")[0]}


def evolve(state: Conversation, event: StruggleEvent) -> Conversation:
    """What was said stays."""
    match event:
        case ConversationStarted():
            return replace(state, started=event, said={**state.said, event.text: event.by})
        case ConversationContinued():
            return replace(state, said={**state.said, event.text: event.by})
        case ConversationClosed(outcome=outcome):
            return replace(state, outcome=outcome)


struggle = Decider("struggle", StruggleEvent, Conversation(), decide, evolve)
