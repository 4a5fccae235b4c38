"""Writes a chain of the audit log, and finds entries."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import datetime

import msgspec

from shared.audit.entries import COLLECTION, FIRST, INDEXES, Entry, Head, Kept, fields_of, id_of, kept
from shared.clock import Clock
from shared.codec import encode
from shared.ports import Documents, Put, Refused, StoreUnavailable, every

log = logging.getLogger(__name__)
ATTEMPTS = 50
TOLD_EVERY_S = 3_600.0
"""How often a process tells its chain's head to its log: out of the reach of whoever has the documents."""


class Trail:
    """One chain: that of a service, whose processes all write it, each entry behind the last of whichever was first."""

    def __init__(self, documents: Documents, chain: str, key: bytes, now: Clock) -> None:
        self._documents = documents
        self._chain = chain
        self._key = key
        self._now = now
        self._head: Head | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Create what is missing."""
        await self._documents.declare(COLLECTION, INDEXES)

    def now(self) -> datetime:
        """By the clock of the chain."""
        return self._now()

    async def append(self, entry: Entry) -> Entry:
        """The entry as the chain's next one, durable on return. StoreUnavailable: it may be there or not."""
        async with self._turn:
            for _ in range(ATTEMPTS):
                head = self._head or await self.head()
                # Until it is known to be there: whoever is interrupted has to look again.
                self._head = None
                linked = msgspec.structs.replace(entry, chain=self._chain, n=head.n + 1, previous=head.hash)
                stored = kept(self._key, linked)
                body = encode(stored)
                put = Put(id_of(self._chain, linked.n), 0, body, fields_of(body))
                try:
                    await self._documents.put(COLLECTION, [put])
                except Refused:
                    continue
                self._head = Head(self._chain, linked.n, stored.hash)
                return linked
        raise StoreUnavailable(f"audit log {self._chain}: {ATTEMPTS} others were first")

    async def head(self) -> Head:
        """The last entry that is stored."""
        page = await self._documents.find(COLLECTION, {"chain": self._chain}, descending=True, limit=1)
        if not page.items:
            return Head(self._chain, 0, FIRST)
        last = msgspec.json.decode(page.items[0].body, type=Kept)
        return Head(self._chain, last.entry.n, last.hash)

    async def tell(self) -> None:
        """Tell the head to this process's log."""
        head = await self.head()
        if head.n:
            log.info("audit head %s", head)


async def one(documents: Documents, chain: str, n: int) -> Kept | None:
    """The entry of that number."""
    id_ = id_of(chain, n)
    found = (await documents.get(COLLECTION, [id_])).get(id_)
    return msgspec.json.decode(found.body, type=Kept) if found else None


async def newest(
    documents: Documents,
    equal: Mapping[str, str | int],
    low: int | None,
    high: int | None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[Kept], str | None]:
    """A page of entries, newest first, and where the next one begins. ValueError for a cursor that is not ours."""
    page = await documents.find(
        COLLECTION, equal, order="at", low=low, high=high, descending=True, limit=limit, cursor=cursor
    )
    return [msgspec.json.decode(stored.body, type=Kept) for stored in page.items], page.next


async def whole(documents: Documents) -> AsyncIterator[Kept]:
    """Every entry there is, chain by chain, each in its order."""
    async for stored in every(documents, COLLECTION):
        yield msgspec.json.decode(stored.body, type=Kept)
