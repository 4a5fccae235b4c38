"""Which actions were agreed in the review of a month, and what became of each?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

import msgspec

from services.partners.events.support import ActionAgreed, ActionCarried, ActionDone, ReviewEvent
from shared.contracts.partners import TOPIC
from shared.kernel import View


class Action(msgspec.Struct, kw_only=True):
    """An action: what, by whom, until when; `outcome` says what came of it, or why it was carried over."""

    action_id: str
    text: str
    owner: str
    due: date
    carried_from: str | None = None
    state: Literal["open", "done", "carried"] = "open"
    outcome: str | None = None


class KnownReview(msgspec.Struct, kw_only=True):
    """The actions of one month's review, in the order in which they were agreed."""

    partner_id: str
    month: str
    actions: list[Action] = []
    changes: int = 0


def by_month(event: ReviewEvent) -> Iterable[tuple[str, ReviewEvent]]:
    """One document for a month of a partner."""
    return [(f"{event.partner_id}:{event.month}", event)]


def fold(doc: KnownReview | None, event: ReviewEvent, sign: int) -> KnownReview:
    """A command's events are never reversed."""
    doc = doc or KnownReview(partner_id=event.partner_id, month=event.month)
    doc.changes += 1
    match event:
        case ActionAgreed():
            doc.actions.append(msgspec.convert(event, Action, from_attributes=True))
        case ActionDone(action_id=action_id, outcome=outcome):
            _end(doc, action_id, "done", outcome)
        case ActionCarried(action_id=action_id, reason=reason):
            _end(doc, action_id, "carried", reason)
    return doc


def _end(doc: KnownReview, action_id: str, state: Literal["done", "carried"], outcome: str) -> None:
    for action in doc.actions:
        if action.action_id == action_id:
            action.state, action.outcome = state, outcome


def newer(one: KnownReview, other: KnownReview) -> KnownReview:
    """A review's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


reviews = View(
    "reviews",
    1,
    TOPIC,
    ReviewEvent,
    KnownReview,
    by_month,
    fold,
    newer,
    indexes=("partner",),
    fields=lambda doc: {"partner": doc.partner_id},
)
