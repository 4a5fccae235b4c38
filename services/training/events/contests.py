"""What is recorded of a contest among agents of a partner."""

from __future__ import annotations

from datetime import date, datetime

from shared.kernel import Event


class ContestOpened(Event, frozen=True, kw_only=True):
    """Agents may take part. It runs from `starts` until before `ends`, both Mondays. `goal`: so many per cent above
    what an agent usually sells; `campaign`: calls of this one alone count."""

    partner_id: str
    contest: str
    name: str
    starts: date
    ends: date
    goal: str
    campaign: str | None = None
    at: datetime
    by: str


class ContestJoined(Event, frozen=True, kw_only=True):
    """An agent takes part, of its own will."""

    partner_id: str
    contest: str
    agent: str
    at: datetime
    by: str


class ContestLeft(Event, frozen=True, kw_only=True):
    """An agent takes part no more, and is shown no more."""

    partner_id: str
    contest: str
    agent: str
    at: datetime
    by: str


class ContestCancelled(Event, frozen=True, kw_only=True):
    """There is no such contest any more."""

    partner_id: str
    contest: str
    at: datetime
    by: str


ContestEvent = ContestOpened | ContestJoined | ContestLeft | ContestCancelled
