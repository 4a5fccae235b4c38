"""What agents say of a session in words of their own: sealed under the key of the partner's month, and gone with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from shared.codec import encode
from shared.engine.moving import Keep
from shared.ports import Documents, every
from shared.vault import KeyDestroyed, Unopenable, Vault

COMMENTS = "session_comments"


class Sealed(msgspec.Struct, frozen=True):
    """A comment as it is kept."""

    session: str
    partner: str
    text: bytes


_decode = msgspec.json.Decoder(Sealed).decode


def _fields(body: bytes) -> Mapping[str, str | int | None]:
    return {"session": _decode(body).session}


KEEP = Keep(COMMENTS, ("session",), _fields)


class Comments:
    """One an agent and session; the last word stands in the place of the one before."""

    def __init__(self, documents: Documents, vault: Vault) -> None:
        self._documents = documents
        self._vault = vault

    async def keep(self, session: str, partner: str, agent: str, at: datetime, text: str) -> None:
        """The agent's words. KeyDestroyed when the month is gone for good."""
        key = await self._vault.month_key(partner, at.strftime("%Y-%m"))
        id_ = f"{session} {partner}:{agent}"
        body = encode(Sealed(session, partner, key.seal(text.encode(), id_.encode())))
        await self._documents.put(COMMENTS, [KEEP.put(id_, body)])

    async def of(self, session: str) -> list[tuple[str, str]]:
        """Partner and text of those that can still be read; who said it is not told."""
        stored = [one async for one in every(self._documents, COMMENTS, {"session": session})]
        kept = {one.id: _decode(one.body) for one in stored}
        keyring = await self._vault.keyring([one.text for one in kept.values()])
        found: list[tuple[str, str]] = []
        for id_, one in kept.items():
            try:
                found.append((one.partner, keyring.open(one.text, id_.encode()).decode()))
            except (KeyDestroyed, Unopenable):
                continue
        return sorted(found)
