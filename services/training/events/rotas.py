"""What happens to a rota: shifts of a partner's people over some weeks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import msgspec

from shared.kernel import Event

Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}$(?!\n)")]
AgentId = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class RotaRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shifts have to keep, in minutes. `shift_minutes`: lengths that a shift may have; `starts_every_minutes`: a
    shift begins on this grid from midnight on; `rest_minutes`: from the end of one's shift to the begin of the next;
    `most_minutes_week`: of one's shifts that begin in a week; `days_off`: days of a week on which none of one's shifts
    begins. The defaults are 40 hours with two days off, and the daily rest of Directive 2003/88/EC."""

    shift_minutes: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=60, le=1440, multiple_of=30)], ...],
        msgspec.Meta(min_length=1, max_length=4),
    ] = (480,)
    starts_every_minutes: Annotated[int, msgspec.Meta(ge=30, le=480, multiple_of=30)] = 60
    rest_minutes: Annotated[int, msgspec.Meta(ge=0, le=2880, multiple_of=30)] = 660
    most_minutes_week: Annotated[int, msgspec.Meta(ge=60, le=10080)] = 2400
    days_off: Annotated[int, msgspec.Meta(ge=0, le=6)] = 2


class RotaPerson(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who works by a rota. `agent`: the vendor's id of the agent; `languages`: ISO 639 codes;
    `most_minutes_week`: their own limit, where it is below that of the rules; `away`: days on which they do not work,
    not for a minute."""

    agent: AgentId
    languages: Annotated[tuple[Language, ...], msgspec.Meta(min_length=1, max_length=10)]
    most_minutes_week: Annotated[int, msgspec.Meta(ge=0, le=10080)] | None = None
    away: tuple[date, ...] = ()


class RotaShift(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, order=True):
    """An agent is to be there from `starts` up to `ends`."""

    starts: datetime
    ends: datetime
    agent: AgentId


class RotaDrafted(Event, frozen=True, kw_only=True):
    """A rota of whole weeks from `first` on, as it was planned; the whole of it. `need`: by language, people needed in
    each half hour from the first midnight in `time_zone` on; `standing`: shifts of the rota before that reach into it;
    `least_minutes`: what no rota of this need could be below."""

    partner_id: str
    rota: str
    first: date
    weeks: int
    time_zone: str
    people: tuple[RotaPerson, ...]
    rules: RotaRules
    need: dict[str, tuple[int, ...]]
    standing: tuple[RotaShift, ...] = ()
    shifts: tuple[RotaShift, ...]
    least_minutes: int
    at: datetime
    by: str


class RotaPublished(Event, frozen=True, kw_only=True):
    """The rota holds: people were told of their shifts."""

    partner_id: str
    rota: str
    at: datetime
    by: str


class ShiftSwapped(Event, frozen=True, kw_only=True):
    """A shift is somebody else's now, and one of theirs in exchange where there is one (`back`)."""

    partner_id: str
    rota: str
    shift: RotaShift
    to: str
    back: RotaShift | None = None
    reason: str
    at: datetime
    by: str


RotaEvent = RotaDrafted | RotaPublished | ShiftSwapped
