"""Counts the deliveries of known sources that ingest does not take, by cause: in memory, written every so often.

A count is no promise: what came within the last seconds before a process is killed is not in it. Nothing of the
deliveries themselves is kept.
"""

from __future__ import annotations

import secrets
from collections import Counter

from services.calls.tracker.intake import REFUSALS, RefusedDay
from shared.clock import Clock
from shared.codec import encode
from shared.ports import Documents, Put

INDEXES = ("source", "day")


class Refusals:
    """The counts of this process."""

    def __init__(self, documents: Documents, now: Clock) -> None:
        self._documents = documents
        self._now = now
        self._process = secrets.token_hex(6)
        self._days: dict[tuple[str, str], Counter[str]] = {}
        self._unwritten: set[tuple[str, str]] = set()

    def count(self, source_id: str, cause: str) -> None:
        """One more."""
        key = (source_id, self._now().date().isoformat())
        self._days.setdefault(key, Counter())[cause] += 1
        self._unwritten.add(key)

    async def step(self) -> int:
        """Write what has changed; how many documents. StoreUnavailable: it is written the next time."""
        keys, today = sorted(self._unwritten), self._now().date().isoformat()
        puts = []
        for source, day in keys:
            body = encode(RefusedDay(source=source, day=day, causes=dict(self._days[source, day])))
            puts.append(Put(f"{source}|{day}|{self._process}", None, body, {"source": source, "day": day}))
        if puts:
            self._unwritten.clear()
            try:
                await self._documents.put(REFUSALS, puts)
            except BaseException:
                self._unwritten.update(keys)
                raise
        for key in [key for key in self._days if key[1] < today and key not in self._unwritten]:
            del self._days[key]
        return len(puts)
