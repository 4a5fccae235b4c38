"""How well a source delivers: what its days, its newest calls and its refusals say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from services.calls.connectors.base import Connector
from services.calls.tracker.call_document import CallDocument
from services.calls.tracker.intake import IntakeDay, RefusedDay

WEEKS = 4
"""Of the same hour in so many weeks before, the mean is what is usual."""
AHEAD_S = -2
"""A vendor's clock that is so far ahead of ours, or more, is wrong."""
LATE_S = 300
"""What is usually received so much later than it happened, or more, is no live view."""


class Rate(msgspec.Struct, frozen=True):
    """Items received in the last full hour, and in the same hour of the weeks before on average (None: none of them had
    any)."""

    hour: datetime
    items: int
    usual: float | None


class Lag(msgspec.Struct, frozen=True):
    """How much later than the vendor's time items were received, in seconds, each rounded up to the bound of its class.

    `flag`: `ahead`, if the vendor's clock must be; `late`, if what happens is usually known only minutes after. It is
    shown and changes nothing.
    """

    items: int
    median_s: int | None = None
    p95_s: int | None = None
    flag: str | None = None


class Gaps(msgspec.Struct, frozen=True):
    """Of so many of the newest calls, those whose beginning never came, those whose end never came, and how many
    numbers are missing where the platform numbers what it sends."""

    calls: int
    missing_start: int
    no_end: int
    missing_numbers: int


def rate_of(days: Iterable[IntakeDay], now: datetime) -> Rate:
    """The last full hour before `now`."""
    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    received: Counter[str] = Counter()
    for day in days:
        received[day.day] += day.hours.get(str(hour.hour), 0)
    before = [received[(hour - timedelta(weeks=n)).date().isoformat()] for n in range(1, WEEKS + 1)]
    busy = [n for n in before if n]
    return Rate(hour, received[hour.date().isoformat()], sum(busy) / len(busy) if busy else None)


def latest_of(days: Iterable[IntakeDay]) -> dict[str, datetime]:
    """The latest observation of each kind, by the vendor's clock."""
    found: dict[str, datetime] = {}
    for day in days:
        for kind, at in day.kinds.items():
            found[kind] = max(at, found.get(kind, at))
    return dict(sorted(found.items()))


def lag_of(days: Iterable[IntakeDay]) -> Lag:
    """Over all accepted items of the days."""
    counts: Counter[int] = Counter()
    for day in days:
        counts.update({int(bound): n for bound, n in day.lags.items()})
    total = counts.total()
    if not total:
        return Lag(0)
    median, p95 = _quantile(counts, total, 0.5), _quantile(counts, total, 0.95)
    flag = "ahead" if median <= AHEAD_S else "late" if median >= LATE_S else None
    return Lag(total, median, p95, flag)


def _quantile(counts: Mapping[int, int], total: int, share: float) -> int:
    below = 0
    for bound in sorted(counts):
        below += counts[bound]
        if below >= share * total:
            return bound
    raise ValueError("nothing is counted")


def gaps_of(documents: Sequence[CallDocument], connector: Connector) -> Gaps:
    """Of these calls."""
    flags = Counter(flag for document in documents for summary in document.summaries for flag in summary.flags)
    missing = sum(_missing(document, connector) for document in documents)
    return Gaps(len(documents), flags["missing_start"], flags["no_end"], missing)


def _missing(document: CallDocument, connector: Connector) -> int:
    if connector.sequence is None:
        return 0
    seen: dict[str, set[int]] = {}
    for key in document.known:
        if (place := connector.sequence(key)) is not None:
            seen.setdefault(place[0], set()).add(place[1])
    return sum(max(numbers) + 1 - len(numbers) for numbers in seen.values())


def causes_of(days: Iterable[RefusedDay]) -> dict[str, int]:
    """Deliveries that were not taken, by cause."""
    found: Counter[str] = Counter()
    for day in days:
        found.update(day.causes)
    return dict(sorted(found.items()))
