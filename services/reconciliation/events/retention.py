"""What was sealed of a month has its time; when that is over, its key is destroyed."""

from __future__ import annotations

from datetime import datetime

from shared.kernel import Event


class MonthKeyExpired(Event, frozen=True, kw_only=True):
    """What was sealed of a partner's month may be read no more, and its key is destroyed. `kept_months`: for how long
    it was to be kept."""

    partner_id: str
    month: str
    kept_months: int
    at: datetime
    by: str


class MonthReleased(Event, frozen=True, kw_only=True):
    """A person says that no report of the month comes any more: what was sent of it is needed for nothing."""

    partner_id: str
    month: str
    reason: str
    at: datetime
    by: str


RetentionEvent = MonthKeyExpired | MonthReleased
