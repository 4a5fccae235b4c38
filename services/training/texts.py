"""What people write about calls, colleagues and ideas: sealed under the key of the partner's month, and gone with it.

Such words may name customers and agents, so no event holds them: an event says that there are some, and under which
name they lie here.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec

from shared.codec import encode
from shared.engine.moving import Keep
from shared.ports import Documents
from shared.vault import KeyDestroyed, Unopenable, Vault

TEXTS = "training_texts"
KEEP = Keep(TEXTS)
NAME_DIGITS = 32


class Sealed(msgspec.Struct, frozen=True):
    """A text as it is kept."""

    text: bytes


_decode = msgspec.json.Decoder(Sealed).decode


class Texts:
    """One document a text. Its name follows from what it is about and what it says, and tells neither to anybody
    without the vault: the same words once more lie in the same place, and other words never take it."""

    def __init__(self, documents: Documents, vault: Vault) -> None:
        self._documents = documents
        self._vault = vault

    async def keep(self, partner: str, about: str, at: datetime, text: str) -> str:
        """Keep a text; the name under which it lies. KeyDestroyed when the month is gone for good."""
        name = self._vault.mark(f"text about {about}", text)[:NAME_DIGITS]
        key = await self._vault.month_key(partner, at.strftime("%Y-%m"))
        await self._documents.put(TEXTS, [KEEP.put(name, encode(Sealed(key.seal(text.encode(), name.encode()))))])
        return name

    async def of(self, names: Collection[str]) -> dict[str, str]:
        """Those of the texts that there are and that can still be read, by name, in the order of the names."""
        stored = await self._documents.get(TEXTS, list(names))
        kept = {name: _decode(stored[name].body) for name in names if name in stored}
        keyring = await self._vault.keyring([one.text for one in kept.values()])
        found: dict[str, str] = {}
        for name, one in kept.items():
            try:
                found[name] = keyring.open(one.text, name.encode()).decode()
            except (KeyDestroyed, Unopenable):
                continue
        return found
