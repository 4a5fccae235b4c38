"""How far a worker is behind, in records and in seconds.

A head that was seen at a time is a record that was there by then: whoever stands below it has left it waiting since.
So the age of the oldest record is known to the interval in which heads are looked at. What waited before this process
looked counts from when it did: that is too little for as long as the backlog is older than the process. The ages of
events as they are projected say the rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from shared import metrics
from shared.engine.partitions import Partitions, Worker
from shared.ports import Bus

REMEMBERED = 3_600
"""Heads that are remembered of a partition. Beyond them every second one is forgotten, so the age is never lost."""
GAUGES = (metrics.POSITION, metrics.HEAD, metrics.LAG, metrics.LAG_SECONDS)


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


class Place:
    """A partition that a worker owns: its heads, and its gauges, which are looked up once and set where they change."""

    def __init__(self, worker: str, partition: int) -> None:
        self._heads = Heads()
        self._gauges = [gauge.labels(worker, str(partition)) for gauge in GAUGES]
        self._told: tuple[float, ...] = ()

    def measure(self, applied: int, head: int, now: float) -> int:
        """Records not applied yet, also given to the metrics."""
        found = (applied, head, head - applied, self._heads.waiting_s(applied, head, now))
        if found != self._told:
            for gauge, value in zip(self._gauges, found, strict=True):
                gauge.set(value)
            self._told = found
        return head - applied


class Lags:
    """The lag of one worker on the partitions that it owns."""

    def __init__(self, running: Partitions, worker: Worker) -> None:
        self.topic = worker.topic
        self._running = running
        self._worker = worker.name
        self._places: dict[int, Place] = {}

    def applied(self) -> dict[int, int]:
        """How far each of its partitions is."""
        return dict(self._running.applied)

    def measure(self, applied: Mapping[int, int], ends: Mapping[int, int], now: float) -> int:
        """Records not applied yet, also given to the metrics with all else that is known of where the worker stands.

        `applied` is how far its partitions are, `ends` are those of its topic, read after that; `now` is any clock that
        only goes forward, in seconds. What the metrics said of partitions that are somebody else's by now is taken
        back: the lag of nobody would stay for ever.
        """
        total = 0
        for partition, offset in applied.items():
            if (place := self._places.get(partition)) is None:
                place = self._places[partition] = Place(self._worker, partition)
            total += place.measure(offset, max(offset, ends.get(partition, 0)), now)
        for partition in self._places.keys() - applied.keys():
            del self._places[partition]
            for gauge in GAUGES:
                gauge.remove(self._worker, str(partition))
        return total


async def measured(bus: Bus, workers: Sequence[Lags], now: float) -> int:
    """Records that a worker has not applied yet. Each topic is asked for its ends once, after it was seen how
    far all are: what one had done by then had come into another's topic before."""
    seen = [(worker, worker.applied()) for worker in workers]
    ends = {topic: await bus.ends(topic) for topic in {worker.topic for worker in workers}}
    return sum(worker.measure(applied, ends[worker.topic], now) for worker, applied in seen)
