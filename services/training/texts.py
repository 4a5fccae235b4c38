"""What people write about calls, colleagues and ideas: sealed under the key of the partner's month, and gone with it.

Such words may name customers and agents, so no event holds them: an event says that there are some, and under which
name they lie in the vault.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from shared.notes import month_subject
from shared.vault import KeyDestroyed, Vault

NAME_DIGITS = 32


class Texts:
    """One note of the vault a text. Its name follows from what it is about and what it says, and tells neither to
    anybody without the vault: the same words once more lie in the same place, and other words never take it."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def keep(self, partner: str, about: str, at: datetime, text: str) -> str:
        """Keep a text; the name under which it lies. KeyDestroyed when the month is gone for good."""
        name = self._vault.mark(f"text about {about}", text)[:NAME_DIGITS]
        if not await self._vault.notes.put(name, month_subject(partner, at), text):
            raise KeyDestroyed(f"{partner} {at:%Y-%m}")
        return name

    async def of(self, names: Collection[str]) -> dict[str, str]:
        """Those of the texts that there are and that can still be read, by name, in the order of the names."""
        found = await self._vault.notes.read(names)
        return {name: found[name] for name in names if name in found}
