"""The conversations about steps of the panel: who speaks with whom about what, and what came of it?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.training.events.struggles import (
    ConversationClosed,
    ConversationContinued,
    ConversationStarted,
    StruggleEvent,
)
from shared.contracts.training import TOPIC
from shared.kernel import View


class KnownConversation(msgspec.Struct, kw_only=True):
    """A conversation as it stands."""

    conversation: str
    partner: str
    started: ConversationStarted | None = None
    continued: list[ConversationContinued] = []
    closed: ConversationClosed | None = None
    changes: int = 0


def by_conversation(event: StruggleEvent) -> Iterable[tuple[str, StruggleEvent]]:
    """One document a conversation."""
    return [(event.conversation, event)]


def fold(doc: KnownConversation | None, event: StruggleEvent, sign: int) -> KnownConversation:
    """A command's events are never reversed."""
    doc = doc or KnownConversation(conversation=event.conversation, partner=event.partner_id)
    doc.changes += 1
    match event:
        case ConversationStarted():
            doc.started = event
        case ConversationContinued():
            doc.continued.append(event)
        case ConversationClosed():
            doc.closed = event
    return doc


def newer(one: KnownConversation, other: KnownConversation) -> KnownConversation:
    """A conversation is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownConversation) -> dict[str, str | int | None]:
    """Found by whose it is and how it stands."""
    return {
        "partner": doc.partner,
        "agent": doc.started.agent if doc.started else "",
        "state": "open" if doc.closed is None else "closed",
    }


conversations = View(
    "conversations",
    1,
    TOPIC,
    StruggleEvent,
    KnownConversation,
    by_conversation,
    fold,
    newer,
    indexes=("partner", "agent", "state"),
    fields=indexed,
)
