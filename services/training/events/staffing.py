"""How a partner is staffed: which calls are of which language, what is promised to callers, and who is not there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from services.training.events.rotas import Language
from shared.kernel import Event

Share = Annotated[int, msgspec.Meta(ge=1, le=99)]
"""Per cent."""
Seconds = Annotated[int, msgspec.Meta(ge=1, le=7200)]


class StaffingLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The calls of one language. `queues`, `campaigns`: theirs, by the names that telephony uses; where both are empty,
    all calls that are of no other line.

    `share_percent` of all calls is answered `within_seconds`; `answer_seconds`: mean wait of those answered, at most;
    `abandoned_percent`: of the calls, at most; `occupancy_percent`: of an agent's time, with a call, at most; None:
    nothing is asked. `callers`: `leave` when their patience ends (Erlang A), or `wait` for ever (Erlang C).
    `handle_seconds`, `patience_seconds`: None takes what was measured. `shrinkage_percent`: of scheduled time in which
    people are not there for calls; `against`: agents for the calls that are expected, or for as many as one half hour
    of twenty has; `least`: people also where no call is, on days that have any.
    """

    language: Language
    queues: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    share_percent: Share | None = 80
    within_seconds: Seconds = 20
    answer_seconds: Seconds | None = None
    abandoned_percent: Share | None = None
    occupancy_percent: Share | None = 85
    callers: Literal["leave", "wait"] = "leave"
    handle_seconds: Seconds | None = None
    patience_seconds: Seconds | None = None
    shrinkage_percent: Annotated[int, msgspec.Meta(ge=0, le=90)] = 30
    against: Literal["expected", "high"] = "expected"
    least: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0


class StaffingSet(Event, frozen=True, kw_only=True):
    """This is how the partner is staffed from now on; the whole of it. `holidays`: days that are not like others of
    their weekday, past and to come."""

    partner_id: str
    time_zone: str
    lines: tuple[StaffingLine, ...]
    holidays: tuple[date, ...] = ()
    at: datetime
    by: str


StaffingEvent = StaffingSet
