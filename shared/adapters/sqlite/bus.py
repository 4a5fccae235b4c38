"""The bus in SQLite: topics in one log table, publishers that append to it, readers that are woken at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from shared.adapters.sqlite import log
from shared.adapters.sqlite.consumers import Group, SqliteSubscription
from shared.adapters.sqlite.file import SqliteFile
from shared.adapters.sqlite.tails import Tails
from shared.ports import Outgoing, Publisher, Record, StoreUnavailable, Subscription


class Topic(NamedTuple):
    """A declared topic."""

    id: int
    partitions: int


class SqliteBus:
    """Bus. One object serves the whole process: groups are divided, and readers woken, among its own subscriptions."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._topics: dict[str, Topic] = {}
        self._groups: dict[tuple[str, str], Group] = {}
        self._kept = Tails()
        self._failures = 0

    async def declare(self, topics: Mapping[str, int]) -> None:
        """See the port."""
        for name, partitions in topics.items():
            if not 0 < partitions < log.MOST_PARTITIONS:
                raise ValueError(f"{name} cannot have {partitions} partitions")
        self._topics |= await self._file.write(lambda connection: _declare(connection, topics))

    def partitions(self, topic: str) -> int:
        """See the port. LookupError for a topic that was not declared."""
        return self._topic(topic).partitions

    def publisher(self) -> Publisher:
        """See the port."""
        return SqlitePublisher(self)

    async def subscribe(
        self,
        topic: str,
        group: str,
        on_assigned: Callable[[frozenset[int]], Awaitable[None]],
        on_revoked: Callable[[frozenset[int]], Awaitable[None]],
    ) -> Subscription:
        """See the port. The callbacks run in a task of the group, never before this has returned."""
        partitions = self.partitions(topic)

        async def read(starts: Mapping[int, int], limit: int) -> dict[int, list[Record]]:
            return await self._read(topic, starts, limit)

        members = self._groups.setdefault((topic, group), Group(partitions))
        subscription = SqliteSubscription(members, read, on_assigned, on_revoked)
        members.join(subscription)
        return subscription

    async def read(self, topic: str, partition: int, offset: int, limit: int) -> list[Record]:
        """See the port."""
        self.base(topic, partition)
        return (await self._read(topic, {partition: offset}, limit)).get(partition, [])

    async def ends(self, topic: str) -> dict[int, int]:
        """See the port."""
        bases = {partition: self.base(topic, partition) for partition in range(self.partitions(topic))}
        tails = self._tails()
        ends = {partition: tails.end(first) for partition, first in bases.items()}
        unknown = [partition for partition, end in ends.items() if end is None]
        if unknown:
            ends |= await self._file.read(lambda c: {partition: log.end(c, bases[partition]) for partition in unknown})
        return {partition: end or 0 for partition, end in ends.items()}

    async def append(self, topic: str, partition: int, records: Sequence[Outgoing]) -> int:
        """Append durably and wake the readers; the offset of the first record."""
        first = self.base(topic, partition)

        def appended(offset: int) -> None:
            self._tails().add(first, offset, records)
            self._wake(topic)

        return await self._file.write(lambda connection: log.append(connection, first, records), appended)

    def base(self, topic: str, partition: int) -> int:
        """Where the partition begins in the log table. ValueError when the topic has no such partition."""
        known = self._topic(topic)
        if not 0 <= partition < known.partitions:
            raise ValueError(f"{topic} has no partition {partition}")
        return log.base(known.id, partition)

    async def _read(self, topic: str, starts: Mapping[int, int], limit: int) -> dict[int, list[Record]]:
        found: dict[int, list[Record]] = {}
        missing: list[tuple[int, int, int]] = []
        tails = self._tails()
        for partition, offset in starts.items():
            first = self.base(topic, partition)
            records = tails.read(first, offset, limit)
            if records is None:
                missing.append((partition, first, offset))
            elif records:
                found[partition] = records
        if not missing:
            return found

        def query(connection: sqlite3.Connection) -> dict[int, list[Record]]:
            read = ((partition, log.read(connection, first, offset, limit)) for partition, first, offset in missing)
            return {partition: records for partition, records in read if records}

        return found | await self._file.read(query)

    def _tails(self) -> Tails:
        """Without what may have been overtaken: of a commit that failed nobody knows whether it reached the disk."""
        if self._file.failures != self._failures:
            self._failures = self._file.failures
            self._kept.forget()
        return self._kept

    def _topic(self, name: str) -> Topic:
        try:
            return self._topics[name]
        except KeyError:
            raise LookupError(f"topic {name} is not declared") from None

    def _wake(self, topic: str) -> None:
        for (name, _), group in self._groups.items():
            if name == topic:
                group.wake()


class SqlitePublisher:
    """A producing session."""

    def __init__(self, bus: SqliteBus) -> None:
        self._bus = bus
        self._closed = False
        self._sending: set[tuple[str, int]] = set()

    async def send(self, topic: str, partition: int, records: Sequence[Outgoing]) -> int:
        """See the port. RuntimeError for a second call for a partition while the first is under way."""
        if self._closed:
            raise StoreUnavailable("the publisher is closed")
        self._bus.base(topic, partition)
        if (topic, partition) in self._sending:
            raise RuntimeError(f"a send to {topic}/{partition} is under way")
        self._sending.add((topic, partition))
        try:
            return await self._bus.append(topic, partition, records)
        except BaseException:
            # Also when the caller goes away: whether the records are there is then not known to anybody.
            self._closed = True
            raise
        finally:
            self._sending.discard((topic, partition))

    async def close(self) -> None:
        """See the port."""
        self._closed = True


def _declare(connection: sqlite3.Connection, topics: Mapping[str, int]) -> dict[str, Topic]:
    declared = {}
    for name, partitions in topics.items():
        connection.execute(
            "INSERT INTO topics (name, partitions) VALUES (?, ?) ON CONFLICT DO NOTHING", (name, partitions)
        )
        topic = Topic(*connection.execute("SELECT id, partitions FROM topics WHERE name = ?", (name,)).fetchone())
        if topic.partitions != partitions:
            raise ValueError(f"{name} has {topic.partitions} partitions, not {partitions}")
        declared[name] = topic
    return declared
