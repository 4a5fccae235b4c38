"""The work list: what has somebody to look at, who, and until when?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from services.calls.events.work import (
    Owner,
    WorkClosed,
    WorkCommented,
    WorkEvent,
    WorkKind,
    WorkOpened,
    WorkReopened,
    WorkSettled,
    WorkTaken,
)
from services.calls.views.measures import milliseconds
from shared.contracts.calls import TOPIC
from shared.kernel import View

WorkState = Literal["open", "settled", "closed"]


class WorkItem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An item. `settled`: facts have made it nobody's work; `closed`: a person has. `history`: every event, oldest
    first."""

    work: str
    partner: str
    kind: WorkKind = "no_result"
    subject: str = ""
    owner: Owner = "partner"
    state: WorkState = "open"
    since: datetime | None = None
    due_at: datetime | None = None
    agent: str | None = None
    campaign: str | None = None
    taken_by: str | None = None
    history: list[WorkEvent] = []
    changes: int = 0


def by_item(event: WorkEvent) -> Iterable[tuple[str, WorkEvent]]:
    """One document an item."""
    return [(event.work, event)]


def fold(doc: WorkItem | None, event: WorkEvent, sign: int) -> WorkItem:
    """A command's events are never reversed."""
    doc = doc or WorkItem(work=event.work, partner=event.partner)
    doc.changes += 1
    doc.history.append(event)
    match event:
        case WorkOpened():
            doc.kind, doc.subject, doc.owner = event.kind, event.subject, event.owner
            doc.since, doc.due_at, doc.agent, doc.campaign = event.since, event.due_at, event.agent, event.campaign
        case WorkReopened(due_at=due_at):
            doc.state, doc.due_at = "open", due_at
        case WorkSettled():
            doc.state = "settled"
        case WorkClosed():
            doc.state = "closed"
        case WorkTaken(by=by):
            doc.taken_by = by
        case WorkCommented():
            pass
    return doc


def newer(one: WorkItem, other: WorkItem) -> WorkItem:
    """An item is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: WorkItem) -> dict[str, str | int | None]:
    """Found by whose it is, what it is, how it stands, and until when somebody has to look."""
    return {
        "partner": doc.partner,
        "kind": doc.kind,
        "owner": doc.owner,
        "taken": doc.taken_by or "",
        "state": doc.state,
        "due": milliseconds(doc.due_at) if doc.due_at else None,
    }


work_items = View(
    "work_items",
    1,
    TOPIC,
    WorkEvent,
    WorkItem,
    by_item,
    fold,
    newer,
    indexes=("partner", "kind", "owner", "taken", "state", "due"),
    fields=indexed,
)
