"""Times that a platform writes in its own zone: into UTC, also in the hour that happens twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.calls.connectors.base import Unreadable
from services.calls.connectors.fields import epoch_time, plausible

SAME_MOMENT = timedelta(seconds=1)
"""Times are cut to seconds apart from each other, so that two equal ones may be written one second apart."""

LAYOUT = "%Y-%m-%d %H:%M:%S"


def local_time(value: str | None, name: str, layout: str = LAYOUT) -> datetime | None:
    """A time as written, without a zone; None where there is none. Unreadable when it is not one."""
    if value is None:
        return None
    try:
        local = datetime.strptime(value, layout)  # noqa: DTZ007 - the zone is the source's
    except ValueError as error:
        raise Unreadable(f"{name} is not a local time") from error
    if not 2000 <= local.year < 2100:
        raise Unreadable(f"{name} is out of range")
    return local.replace(tzinfo=None)


def settled(local: datetime, zone: ZoneInfo, not_before: datetime | None) -> tuple[datetime, bool]:
    """The moment in UTC, and whether the time happens twice: then it is the first that is not before `not_before`."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if not happens_twice(local, zone):
        return first, False
    return (second if not_before is not None and first + SAME_MOMENT < not_before else first), True


def happens_twice(local: datetime, zone: ZoneInfo) -> bool:
    """Whether the clock shows the time in two hours of that night."""
    first, second = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    return first.astimezone(UTC) < second.astimezone(UTC)


def in_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """The moment in UTC, the first where there are two."""
    return local.replace(tzinfo=zone).astimezone(UTC)


def shifted(moment: datetime, seconds: int) -> datetime:
    """The moment so many seconds later. Unreadable outside this century."""
    try:
        return plausible(moment + timedelta(seconds=seconds))
    except OverflowError as error:
        raise Unreadable("a duration is out of range") from error


def channel_began(unique: str) -> datetime | None:
    """The epoch second inside an Asterisk `uniqueid`, `[system-]epoch.number`."""
    try:
        return epoch_time(unique.rpartition("-")[2].partition(".")[0])
    except Unreadable:
        return None
