"""Documents in memory, and a clock, for the rules of what stands on the port; adapters have a suite of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from shared.ports import Page, Put, Refused, Stored


class MemoryDocuments:
    """The port's promises on dictionaries. `bodies` is everything that was ever written, for tests to search."""

    def __init__(self) -> None:
        self.collections: dict[str, dict[str, tuple[Stored, Mapping[str, str | int | None]]]] = {}
        self.bodies: list[bytes] = []

    async def declare(self, collection: str, indexes: Sequence[str] = ()) -> None:
        self.collections.setdefault(collection, {})

    async def get(self, collection: str, ids: Sequence[str]) -> dict[str, Stored]:
        rows = self.collections[collection]
        return {doc_id: rows[doc_id][0] for doc_id in ids if doc_id in rows}

    async def put(self, collection: str, puts: Sequence[Put]) -> None:
        rows = self.collections[collection]
        refused = []
        for put in puts:
            revision = rows[put.id][0].revision if put.id in rows else 0
            if put.revision is not None and put.revision != revision:
                refused.append(put.id)
                continue
            rows[put.id] = (Stored(put.id, revision + 1, put.body), dict(put.fields))
            self.bodies.append(put.id.encode() + b" " + put.body + b" " + repr(put.fields).encode())
        if refused:
            raise Refused(refused)

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
        def key(stored: Stored, fields: Mapping[str, str | int | None]) -> tuple[str, str]:
            return (_place(fields[order]) if order else "", stored.id)

        def bound(value: str | int) -> tuple[str, str]:
            return (_place(value), "") if order else ("", str(value))

        found = sorted(
            (key(stored, fields), stored)
            for stored, fields in self.collections[collection].values()
            if all(fields.get(name) == value for name, value in (equal or {}).items())
            and (order is None or fields.get(order) is not None)
            and (low is None or key(stored, fields) >= bound(low))
            and (high is None or key(stored, fields) < bound(high))
        )
        items = [stored for _, stored in (reversed(found) if descending else found)]
        start = int(cursor or 0)
        return Page(items[start : start + limit], str(start + limit) if start + limit < len(items) else None)

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        for doc_id in ids:
            self.collections[collection].pop(doc_id, None)

    async def drop(self, collection: str) -> None:
        self.collections.pop(collection, None)


def _place(value: str | int | None) -> str:
    """Numbers in their order, before all texts."""
    return f"{value:>40}" if isinstance(value, int) else str(value)


class SlowDocuments(MemoryDocuments):
    """Gives way after each read, so that requests really interleave."""

    async def get(self, collection: str, ids: Sequence[str]) -> dict[str, Stored]:
        found = await super().get(collection, ids)
        await asyncio.sleep(0)
        return found


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time
