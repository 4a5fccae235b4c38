"""The audit log as it is read: pages of entries, what an entry changed, and whether all of it is what it was."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from shared.audit.entries import COLLECTION, Committed, Head, Kept
from shared.audit.trail import newest, one, whole
from shared.audit.verifying import Chain, Found, verify
from shared.codec import encode
from shared.ports import Documents, EventStore, every

TYPE = "type"
_decoder = msgspec.json.Decoder(list[dict[str, Any]])


class Change(msgspec.Struct, frozen=True):
    """An event that a request recorded, and the one of its kind before it in the stream: the old values and the new.

    `as_it_was`: its commit still has the bytes of which the entry tells.
    """

    service: str
    stream: str
    version: int
    event: str
    new: Mapping[str, Any]
    old: Mapping[str, Any] | None
    as_it_was: bool


class AuditLog:
    """All chains. `store_of` gives the commits of a service."""

    def __init__(self, documents: Documents, key: bytes, store_of: Callable[[str], EventStore]) -> None:
        self._documents = documents
        self._key = key
        self._store_of = store_of

    async def newest(
        self, equal: Mapping[str, str | int], low: int | None, high: int | None, limit: int, cursor: str | None = None
    ) -> tuple[list[Kept], str | None]:
        """A page of entries, newest first; `low <= at < high` in ms. ValueError for a cursor that is not ours."""
        return await newest(self._documents, equal, low, high, limit, cursor)

    async def one(self, chain: str, n: int) -> Kept | None:
        """The entry of that number."""
        return await one(self._documents, chain, n)

    async def lines(self) -> AsyncIterator[bytes]:
        """The whole log, an entry a line, from which it can be verified elsewhere."""
        async for stored in whole(self._documents):
            yield encode(stored) + b"\n"

    async def verify(self, heads: Iterable[Head] = ()) -> Sequence[Chain]:
        """Check every chain, its seals, and that what was committed is still what was committed."""
        return await verify(self._found(), self._key, self._events, heads)

    async def changes(self, commits: Sequence[Committed]) -> list[Change]:
        """What these commits say, each event with the one of its kind before it."""
        found: list[Change] = []
        for commit in commits:
            before: dict[str, dict[str, Any]] = {}
            for stored in await self._store_of(commit.service).load(commit.stream):
                if stored.version > commit.version:
                    break
                as_it_was = hashlib.sha256(stored.events).hexdigest() == commit.digest
                for event in _decoder.decode(stored.events):
                    kind = event.pop(TYPE)
                    if stored.version == commit.version:
                        change = (commit.service, commit.stream, commit.version, kind, event, before.get(kind))
                        found.append(Change(*change, as_it_was))
                    before[kind] = event
        return found

    async def _found(self) -> AsyncIterator[Found]:
        async for stored in every(self._documents, COLLECTION):
            yield Found(stored.id, stored.body)

    async def _events(self, commit: Committed) -> bytes | None:
        stored = await self._store_of(commit.service).load(commit.stream, commit.version - 1)
        return stored[0].events if stored and stored[0].version == commit.version else None
