"""What happens to the items of the work list: calls that lack a fact, or have one that should not be."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.kernel import Event

WorkKind = Literal["no_result", "sale_without_order", "order_without_call", "outside_hours", "sale_uncertified"]
Owner = Literal["partner", "company"]


class WorkFact(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Of which item, and when."""

    work: str
    partner: str
    at: datetime


class WorkOpened(WorkFact, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody has to look at it, until `due_at`. `subject` is the call, or the order that has none; `since` is when
    the fact was that stands alone."""

    kind: WorkKind
    subject: str
    owner: Owner
    since: datetime
    due_at: datetime
    agent: str | None = None
    campaign: str | None = None


class WorkSettled(WorkFact, frozen=True, kw_only=True, omit_defaults=True):
    """What was missing has come, or what was wrong was taken back: nobody has to look any more."""


class WorkReopened(WorkFact, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody has to look again, until `due_at`: what had settled it was taken back, or `by` says so."""

    due_at: datetime
    by: str = ""
    reason: str = ""


class WorkTaken(WorkFact, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody looks at it."""

    by: str


class WorkCommented(WorkFact, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody says something about it. `ref` is the comment's own id."""

    ref: str
    text: str
    by: str


class WorkClosed(WorkFact, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody says that it is as it should be, or can't be helped, and why."""

    reason: str
    by: str


WorkEvent = WorkOpened | WorkSettled | WorkReopened | WorkTaken | WorkCommented | WorkClosed
