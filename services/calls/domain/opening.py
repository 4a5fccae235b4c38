"""Whether there is service at a moment, by the hours of a contract."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from shared.contracts.rating.calendar import WEEKDAYS, opens_on
from shared.contracts.terms.sheet import WorkingHours


def is_open(schedule: WorkingHours, at: datetime) -> bool:
    """Open from `opens` until just before `closes`, in the contract's zone. Where there is service always there is on
    holidays too; else there is none on them."""
    if schedule.always:
        return True
    local = at.astimezone(ZoneInfo(schedule.time_zone))
    clock, weekday = f"{local:%H:%M}", WEEKDAYS[local.weekday()]
    within = any(day.name == weekday and day.opens <= clock < day.closes for day in schedule.hours)
    return within and opens_on(schedule, local.date())
