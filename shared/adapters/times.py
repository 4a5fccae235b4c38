"""Times as stores keep them: whole microseconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Since the epoch."""
    return (at - _EPOCH) // _MICROSECOND


def at_microseconds(count: int) -> datetime:
    """The time, in UTC."""
    return _EPOCH + count * _MICROSECOND
