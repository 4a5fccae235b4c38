"""Blobs in MongoDB: a content in pieces, and a head that makes them visible once all of them are there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from hashlib import sha256

from pymongo.errors import DuplicateKeyError

from shared.adapters.mongo.database import Collection, Content, MongoDatabase
from shared.ports import StoreUnavailable

PIECE = 1_000_000
"""Bytes of a content in one document."""
AT_ONCE = 8
"""So many pieces are asked for in one search."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


class MongoBlobs:
    """Blobs of all services in one collection. A crash may leave pieces without a head; they are never read."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def put(self, content: bytes) -> str:
        """See the port."""
        digest = sha256(content).hexdigest()
        pieces = range(0, len(content), PIECE)
        # Written also when it is there already: that mends a damaged content.
        for number, start in enumerate(pieces):
            await self._write(_piece(digest, number), {"content": content[start : start + PIECE]})
        await self._write(digest, {"pieces": len(pieces), "size": len(content)})
        return digest

    async def get(self, digest: str) -> bytes | None:
        """See the port. StoreUnavailable when it cannot be read, or is not what was put."""
        if not _DIGEST.fullmatch(digest):
            return None
        with self._database.answers():
            head = await self._blobs().find_one({"_id": digest})
        if head is None:
            return None
        content = bytearray()
        for start in range(0, head["pieces"], AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, head["pieces"]))
            found = await self._read([_piece(digest, number) for number in numbers])
            for number in numbers:
                content += found.get(_piece(digest, number), b"")
        if sha256(content).hexdigest() != digest:
            raise StoreUnavailable(f"blob {digest} is damaged")
        return bytes(content)

    async def digests(self) -> AsyncIterator[str]:
        """See the port."""
        with self._database.answers():
            async for found in self._blobs().find({}, {"_id": 1}):
                if _DIGEST.fullmatch(found["_id"]):
                    yield found["_id"]

    async def _write(self, id_: str, content: Content) -> None:
        with self._database.answers():
            try:
                await self._blobs().update_one({"_id": id_}, {"$set": content}, upsert=True)
            except DuplicateKeyError:
                # Somebody else was putting the same at the same moment: now it is there to be changed.
                await self._blobs().update_one({"_id": id_}, {"$set": content})

    async def _read(self, ids: list[str]) -> dict[str, bytes]:
        with self._database.answers():
            found = await self._blobs().find({"_id": {"$in": ids}}, batch_size=len(ids) + 1).to_list()
        return {each["_id"]: each["content"] for each in found}

    def _blobs(self) -> Collection:
        return self._database.collection("blobs")


def _piece(digest: str, number: int) -> str:
    return f"{digest}/{number}"
