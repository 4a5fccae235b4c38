"""How far a worker is behind, in records and in seconds.

A head that was seen at a time is a record that was there by then: whoever stands below it has left it waiting since.
So the age of the oldest record is known to the interval in which heads are looked at. What waited before this process
looked counts from when it did: that is too little for as long as the backlog is older than the process. The ages of
events as they are projected say the rest.
"""

from __future__ import annotations

from collections import deque

from shared import metrics
from shared.engine.partitions import Partitions, Worker
from shared.ports import Bus

REMEMBERED = 3_600
"""Heads that are remembered of a partition. Beyond them every second one is forgotten, so the age is never lost."""


class Heads:
    """The heads of one partition, each with the time at which it was first seen."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, float]] = deque()

    def waiting_s(self, applied: int, head: int, now: float) -> float:
        """For how long the record at `applied` has waited; 0 when it is not there yet. `now` in seconds."""
        while self._seen and self._seen[0][0] <= applied:
            self._seen.popleft()
        if head <= applied:
            self._seen.clear()
            return 0.0
        if not self._seen or self._seen[-1][0] < head:
            self._seen.append((head, now))
        if len(self._seen) > REMEMBERED:
            self._seen = deque([one for n, one in enumerate(self._seen) if n == 0 or n % 2])
        return now - self._seen[0][1]


class Lags:
    """The lag of one worker on the partitions that it owns."""

    def __init__(self, bus: Bus, running: Partitions, worker: Worker) -> None:
        self._bus = bus
        self._running = running
        self._worker = worker
        self._heads: dict[int, Heads] = {}

    async def measure(self, now: float) -> int:
        """Records not applied yet, also given to the metrics with all else that is known of where the worker stands.

        `now` is any clock that only goes forward, in seconds. What the metrics said of partitions that are somebody
        else's by now is taken back: the lag of nobody would stay for ever.
        """
        name, ends = self._worker.name, await self._bus.ends(self._worker.topic)
        applied = dict(self._running.applied)
        total = 0
        for partition, offset in applied.items():
            head, label = max(offset, ends.get(partition, 0)), str(partition)
            waiting = self._heads.setdefault(partition, Heads()).waiting_s(offset, head, now)
            metrics.POSITION.labels(name, label).set(offset)
            metrics.HEAD.labels(name, label).set(head)
            metrics.LAG.labels(name, label).set(head - offset)
            metrics.LAG_SECONDS.labels(name, label).set(waiting)
            total += head - offset
        for partition in self._heads.keys() - applied.keys():
            del self._heads[partition]
            for gauge in (metrics.POSITION, metrics.HEAD, metrics.LAG, metrics.LAG_SECONDS):
                gauge.remove(name, str(partition))
        return total
