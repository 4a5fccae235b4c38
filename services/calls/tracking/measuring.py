"""What is measured of intake: that every record ends in one verdict, how old it came, and which sources are silent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from services.calls.doors.sources import Sources
from services.calls.figures.health import WEEKS, rate_of
from services.calls.tracker.intake import INTAKE, IntakeDay
from services.calls.tracker.tracker import Arrival, Taken
from shared import metrics
from shared.clock import Clock
from shared.ports import Documents, every

USUAL_EVERY_S = 300.0

_decode = msgspec.json.Decoder(IntakeDay).decode


def count(records: int, no_items: int, taken: Sequence[tuple[Arrival, Taken]]) -> None:
    """A batch that the tracker has done with: the records that it read, and what became of them, are counted apart.

    They have to agree, so neither is reckoned from the other. What a partner fills in later is late by nature, and says
    nothing of how fresh we are.
    """
    verdicts: Counter[tuple[str, str]] = Counter((arrival.item.source, result.verdict) for arrival, result in taken)
    verdicts["unknown", "no_item"] += no_items
    for (source, verdict), n in verdicts.items():
        metrics.ITEMS.labels(source, verdict).inc(n)
    metrics.RECEIVED.inc(records)
    ages: list[float] = []
    for arrival, result in taken:
        item = arrival.item
        if not item.came or item.backfill or item.retried or result.verdict != "accepted" or arrival.reading is None:
            continue
        if times := [note.at for note in arrival.reading.notes if "no_vendor_time" not in note.flags]:
            ages.append((item.received_at - max(times)).total_seconds())
    metrics.aged("received", ages)


class Silence:
    """Says of each live source that counts when it was last heard of, and what it usually sends in this hour."""

    def __init__(self, documents: Documents, sources: Sources, now: Clock) -> None:
        self._documents = documents
        self._sources = sources
        self._now = now
        self._usual_at: datetime | None = None

    async def step(self) -> None:
        """One look. A source of which nothing came for two days was last heard of at 0."""
        now = self._now()
        live = {s.id for s in self._sources.all() if (s.settings.clock, s.settings.counts) == ("live", "production")}
        days = await self._days(now, timedelta()) + await self._days(now, timedelta(days=1))
        for source in live:
            last = max((day.last_at.timestamp() for day in days if day.source == source), default=0.0)
            metrics.SOURCE_HEARD.labels(source).set(last)
        if self._usual_at is None or (now - self._usual_at).total_seconds() >= USUAL_EVERY_S:
            self._usual_at = now
            hour = now - timedelta(hours=1)  # of which `rate_of` speaks
            for weeks in range(1, WEEKS + 1):
                days += await self._days(hour, timedelta(weeks=weeks))
            for source in live:
                usual = rate_of([day for day in days if day.source == source], now).usual
                metrics.SOURCE_USUAL.labels(source).set(float("nan") if usual is None else usual)

    async def _days(self, now: datetime, back: timedelta) -> list[IntakeDay]:
        day = (now - back).date().isoformat()
        return [_decode(stored.body) async for stored in every(self._documents, INTAKE, {"day": day}, limit=5_000)]
