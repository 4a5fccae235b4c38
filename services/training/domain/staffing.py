"""How a partner is staffed, as it was last said."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from services.training.events.staffing import StaffingEvent, StaffingLine, StaffingSet
from shared.kernel import Command, Decider, Rejected, said
from shared.names import PartnerId


class SetStaffing(Command, frozen=True, kw_only=True):
    """Say how a partner is staffed: the lines by language with what is promised, and holidays. 409 `unknown_zone`,
    `claimed_twice` where two lines are of one language or have one queue or campaign, or both take the rest,
    `nothing_asked` where a line promises nothing."""

    partner_id: PartnerId
    time_zone: Annotated[str, msgspec.Meta(max_length=64)]
    lines: Annotated[tuple[StaffingLine, ...], msgspec.Meta(min_length=1, max_length=20)]
    holidays: Annotated[tuple[date, ...], msgspec.Meta(max_length=400)] = ()
    at: datetime
    by: str


@dataclass(frozen=True)
class Staffing:
    """What was said last."""

    known: StaffingSet | None = None


def decide(command: SetStaffing, state: Staffing) -> list[StaffingEvent]:
    """The same once more is nothing new."""
    _checked(command)
    known = state.known
    if known is not None and (known.time_zone, known.lines, known.holidays) == (
        command.time_zone,
        command.lines,
        command.holidays,
    ):
        return []
    return [said(StaffingSet, command)]


def _checked(command: SetStaffing) -> None:
    try:
        ZoneInfo(command.time_zone)
    except (LookupError, ValueError, OSError):
        raise Rejected("unknown_zone", f"{command.time_zone} is no time zone.") from None
    claims = Counter(
        claim
        for line in command.lines
        for claim in (
            f"language {line.language}",
            *(f"queue {name}" for name in line.queues),
            *(f"campaign {name}" for name in line.campaigns),
            *(() if line.queues or line.campaigns else ("all other calls",)),
        )
    )
    if twice := sorted(claim for claim, lines in claims.items() if lines > 1):
        raise Rejected("claimed_twice", f"More than one line has {', '.join(twice)}.")
    for line in command.lines:
        if (line.share_percent, line.answer_seconds, line.abandoned_percent, line.occupancy_percent) == (None,) * 4:
            raise Rejected("nothing_asked", f"Nothing is promised to callers who speak {line.language}.")


def evolve(state: Staffing, event: StaffingEvent) -> Staffing:
    """The last word holds."""
    return Staffing(event)


staffing = Decider("staffing", StaffingEvent, Staffing(), decide, evolve)
