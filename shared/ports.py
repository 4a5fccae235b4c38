"""The doors to the outside: EventStore, Bus, Documents and Blobs. Domain, views and routes never know who is behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec


class StoreUnavailable(Exception):
    """The store or the broker did not do it, or did not say so: full, gone, too slow. Nothing may be assumed."""


class VersionConflict(Exception):
    """Somebody else appended to the stream first."""


class CommandKnown(Exception):
    """The stream already holds a commit of this command; `version` is that commit's."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


class Refused(Exception):
    """Conditional writes that did not happen, by document id. Others of the same call may have happened."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__(", ".join(ids[:5]))
        self.ids = tuple(ids)


class Commit(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one command did: its events (a JSON array), whole or not at all, at `version` of the stream (from 1).
    `trace` is the context of the command, where it is traced."""

    stream: str
    version: int
    events: bytes
    command_id: str
    actor: str
    recorded_at: datetime
    trace: str = ""


class Marked(NamedTuple):
    """A commit, and the number under which it is published (None: under none yet)."""

    commit: Commit
    number: int | None


class EventStore(Protocol):
    """The commits of one service."""

    async def append(self, commit: Commit) -> None:
        """Durable on return. VersionConflict when the version is taken (or leaves a gap), CommandKnown when the
        stream holds the command id already, StoreUnavailable when the outcome is not known."""
        ...

    async def load(self, stream: str, after: int = 0) -> list[Commit]:
        """The commits of a stream above version `after`, in order."""
        ...

    async def unnumbered(self, limit: int) -> list[Commit]:
        """Commits that no relay has marked as published; of a stream, always the lowest first."""
        ...

    async def mark(self, published: Mapping[tuple[str, int], int]) -> None:
        """(stream, version) -> number: these commits are published under these numbers. Marking again is harmless."""
        ...

    async def history(self, after: tuple[str, int], limit: int) -> list[Marked]:
        """Up to `limit` of all commits, behind (stream, version); by stream, a stream's by version. For a store at
        rest: what is appended meanwhile may be missed."""
        ...


class Record(NamedTuple):
    """One record of a partition, as read."""

    offset: int
    key: str
    value: bytes


class Outgoing(NamedTuple):
    """One record to append."""

    key: str
    value: bytes


class Publisher(Protocol):
    """A producing session. After a failed or unknown send it is closed and stays so: its owner starts a new one."""

    async def send(self, topic: str, partition: int, records: Sequence[Outgoing]) -> int:
        """Append in order, all or nothing; return the offset of the first once they are durable. One call at a time
        for a partition. StoreUnavailable when the outcome is not known."""
        ...

    async def close(self) -> None:
        """Idempotent."""
        ...


class Subscription(Protocol):
    """The records of the partitions that this member of the group owns at the moment."""

    async def poll(self, limit: int, timeout: float) -> Mapping[int, Sequence[Record]]:
        """Up to `limit` records of each owned partition from its position on; waits up to `timeout` s when none."""
        ...

    def owned(self) -> frozenset[int]:
        """The partitions owned now."""
        ...

    def seek(self, partition: int, offset: int) -> None:
        """The next poll of the partition starts at `offset`."""
        ...

    async def close(self) -> None:
        """Give the partitions back. Idempotent."""
        ...


class Bus(Protocol):
    """Topics with a fixed number of partitions, each an append-only sequence of records with offsets from 0."""

    async def declare(self, topics: Mapping[str, int]) -> None:
        """Create what is missing. ValueError when a topic exists with another number of partitions."""
        ...

    def partitions(self, topic: str) -> int:
        """The number of partitions of a declared topic."""
        ...

    def publisher(self) -> Publisher:
        """A new producing session."""
        ...

    async def subscribe(
        self,
        topic: str,
        group: str,
        on_assigned: Callable[[frozenset[int]], Awaitable[None]],
        on_revoked: Callable[[frozenset[int]], Awaitable[None]],
    ) -> Subscription:
        """Join a group. `on_assigned` seeks each new partition before the first poll that can give its records;
        partitions in `on_revoked` are given away only after it has returned."""
        ...

    async def read(self, topic: str, partition: int, offset: int, limit: int) -> list[Record]:
        """Records from `offset` on, outside any group."""
        ...

    async def ends(self, topic: str) -> dict[int, int]:
        """For each partition the offset that the next record will get."""
        ...


class Stored(NamedTuple):
    """A document as read. `revision` goes up by one with each write, from 1."""

    id: str
    revision: int
    body: bytes


class Put(NamedTuple):
    """A document to write if it is still at `revision` (0: not there yet; None: whatever it is).

    `fields` are the values of the collection's indexes; None means: not in that index.
    """

    id: str
    revision: int | None
    body: bytes
    fields: Mapping[str, str | int | None] = {}


class Page(NamedTuple):
    """Documents found, and where the next page begins (None: no more)."""

    items: list[Stored]
    next: str | None


class Documents(Protocol):
    """Collections of documents with string ids and opaque bodies, in one service's namespace."""

    async def declare(self, collection: str, indexes: Sequence[str] = ()) -> None:
        """Create the collection and its indexes where they are missing. Idempotent."""
        ...

    async def get(self, collection: str, ids: Sequence[str]) -> dict[str, Stored]:
        """Those of the ids that exist."""
        ...

    async def put(self, collection: str, puts: Sequence[Put]) -> None:
        """Write each document whose condition holds, durably. `Refused` names those that were not at their revision;
        StoreUnavailable means that nothing is known about any."""
        ...

    async def find(
        self,
        collection: str,
        equal: Mapping[str, str | int] | None = None,
        order: str | None = None,
        low: str | int | None = None,
        high: str | int | None = None,
        descending: bool = False,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> Page:
        """Documents with equal index fields and `low <= order < high`, sorted by (`order`, id), or by id alone.

        A document whose `order` field is None is not found. `cursor` is the `next` of the page before; a cursor
        that is not one of ours is a ValueError.
        """
        ...

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Gone, durably. Unknown ids are passed over."""
        ...

    async def drop(self, collection: str) -> None:
        """The whole collection, if it is there."""
        ...


async def every(
    documents: Documents,
    collection: str,
    equal: Mapping[str, str | int] | None = None,
    order: str | None = None,
    low: str | int | None = None,
    high: str | int | None = None,
    limit: int = 1000,
) -> AsyncIterator[Stored]:
    """All that a search finds, read in pages of `limit`."""
    cursor: str | None = None
    while True:
        page = await documents.find(collection, equal, order, low, high, limit=limit, cursor=cursor)
        for stored in page.items:
            yield stored
        cursor = page.next
        if cursor is None:
            return


class Blobs(Protocol):
    """Bytes by the SHA-256 of their content: attachments, reports, invoices."""

    async def put(self, content: bytes) -> str:
        """Durable on return; the hex digest."""
        ...

    async def get(self, digest: str) -> bytes | None:
        """None if there is no such content."""
        ...

    def digests(self) -> AsyncIterator[str]:
        """Of all contents."""
        ...
