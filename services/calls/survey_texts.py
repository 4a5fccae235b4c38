"""What customers answered in words of their own: sealed under the key of the partner's month, and gone with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from shared.codec import encode
from shared.engine.moving import Keep
from shared.ports import Documents, every
from shared.vault import KeyDestroyed, Unopenable, Vault

SURVEY_TEXTS = "survey_texts"


class Sealed(msgspec.Struct, frozen=True):
    """A text as it is kept."""

    call: str
    step: int
    text: bytes


_decode = msgspec.json.Decoder(Sealed).decode


def _fields(body: bytes) -> Mapping[str, str | int | None]:
    return {"call": _decode(body).call}


KEEP = Keep(SURVEY_TEXTS, ("call",), _fields)


class SurveyTexts:
    """One document a text. A repeat writes the same place again."""

    def __init__(self, documents: Documents, vault: Vault) -> None:
        self._documents = documents
        self._vault = vault

    async def keep(self, partner: str, call: str, at: datetime, texts: Mapping[int, str]) -> None:
        """The texts of a call, by number of step. KeyDestroyed when the month is gone for good."""
        key = await self._vault.month_key(partner, at.strftime("%Y-%m"))
        puts = []
        for step, text in texts.items():
            id_ = f"{step} {call}"
            body = encode(Sealed(call, step, key.seal(text.encode(), id_.encode())))
            puts.append(KEEP.put(id_, body))
        await self._documents.put(SURVEY_TEXTS, puts)

    async def of(self, call: str) -> dict[int, str]:
        """The texts of a call that can still be read, by number of step."""
        stored = [one async for one in every(self._documents, SURVEY_TEXTS, {"call": call})]
        kept = {one.id: _decode(one.body) for one in stored}
        keyring = await self._vault.keyring([one.text for one in kept.values()])
        found: dict[int, str] = {}
        for id_, one in kept.items():
            try:
                found[one.step] = keyring.open(one.text, id_.encode()).decode()
            except (KeyDestroyed, Unopenable):
                continue
        return found
