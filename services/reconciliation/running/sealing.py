"""Reports, and what was found in them, under the key of their partner and month: with the key, all of it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib

from shared.engine.moving import Keep
from shared.kernel import Rejected
from shared.ports import Blobs, Documents, Put, Refused
from shared.vault import KeyDestroyed, Vault

FILES = "sealed_files"
KEEP = Keep(FILES)


class Sealed:
    """Bytes under seal, by the SHA-256 of what they are, not of the sealed form, which is another one each time."""

    def __init__(self, blobs: Blobs, documents: Documents, vault: Vault) -> None:
        self._blobs = blobs
        self._documents = documents
        self._vault = vault

    async def put(self, partner_id: str, month: str, content: bytes) -> str:
        """Keep it; its digest. Durable on return. Rejected: `destroyed` where the month's key is gone."""
        digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
        try:
            key = await self._vault.month_key(partner_id, month)
            sealed = await asyncio.to_thread(key.seal, content, digest.encode())
        except KeyDestroyed:
            raise _destroyed() from None
        if await self._place(partner_id, month, digest) is None:
            place = (await self._blobs.put(sealed)).encode()
            with contextlib.suppress(Refused):  # somebody kept the same at the same moment: theirs is as good
                await self._documents.put(FILES, [Put(_id(partner_id, month, digest), 0, place)])
        return digest

    async def get(self, partner_id: str, month: str, digest: str) -> bytes:
        """The content. Rejected: `not_kept`, or `destroyed` where the month's key is gone."""
        place = await self._place(partner_id, month, digest)
        sealed = await self._blobs.get(place) if place is not None else None
        if sealed is None:
            raise Rejected("not_kept", "Nothing is kept under this hash.")
        ring = await self._vault.keyring([sealed])
        try:
            return await asyncio.to_thread(ring.open, sealed, digest.encode())
        except KeyDestroyed:
            raise _destroyed() from None

    async def _place(self, partner_id: str, month: str, digest: str) -> str | None:
        id_ = _id(partner_id, month, digest)
        found = (await self._documents.get(FILES, [id_])).get(id_)
        return None if found is None else found.body.decode()


def _destroyed() -> Rejected:
    return Rejected("destroyed", "The month's key was destroyed after its time: nothing of it is kept or read again.")


def _id(partner_id: str, month: str, digest: str) -> str:
    return f"{partner_id}:{month}:{digest}"
