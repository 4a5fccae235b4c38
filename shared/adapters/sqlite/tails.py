"""The newest records of each partition, in memory: a dozen readers that keep up need not fetch them from the file."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice

from shared.ports import Outgoing, Record

MOST_BYTES = 1 << 20
"""Of the values that are remembered of a partition; the newest record is, however large."""


class _Tail:
    """Records without a gap, up to the last that is committed."""

    def __init__(self, end: int) -> None:
        self.records: deque[Record] = deque()
        self.size = 0
        self.end = end

    def add(self, records: Iterable[Outgoing]) -> None:
        for key, value in records:
            self.records.append(Record(self.end, key, value))
            self.size += len(value)
            self.end += 1
        while self.size > MOST_BYTES and len(self.records) > 1:
            self.size -= len(self.records.popleft().value)


class Tails:
    """What of a partition is not here has to be read from the file. Belongs to the event loop."""

    def __init__(self) -> None:
        self._tails: dict[int, _Tail] = {}

    def add(self, base: int, offset: int, records: Sequence[Outgoing]) -> None:
        """These are committed now, in the partition with that base, from `offset` on."""
        tail = self._tails.get(base)
        if tail is None or tail.end != offset:
            tail = self._tails[base] = _Tail(offset)
        tail.add(records)

    def forget(self) -> None:
        """Of all partitions: something may stand in the file that we were not told of."""
        self._tails.clear()

    def end(self, base: int) -> int | None:
        """The offset that the next record will get; None where nobody knows."""
        tail = self._tails.get(base)
        return None if tail is None else tail.end

    def read(self, base: int, offset: int, limit: int) -> list[Record] | None:
        """Up to `limit` records from `offset` on; None where they have to be read from the file."""
        tail = self._tails.get(base)
        if tail is None or not tail.end - len(tail.records) <= offset <= tail.end:
            return None
        first = offset - (tail.end - len(tail.records))
        return list(islice(tail.records, first, first + limit))
