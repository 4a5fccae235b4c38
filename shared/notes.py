"""Words that people write or say: sealed under the key of the customer whom they are about, and gone when that is.

Where nobody knows who the customer is, they are sealed under the key of the partner's month, as what came in of a call.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.engine.moving import Keep
from shared.ports import Documents, every
from shared.profiles import KeysOf

NOTES = "vault_notes"
_NONCE_BYTES = 12


MONTH = "month/"


def month_subject(partner: str, at: datetime) -> str:
    """In place of a customer's token: the partner's month (UTC), whose key seals what is nobody's that we know."""
    return f"{MONTH}{partner}/{at.astimezone(UTC):%Y-%m}"


class _NoteDoc(msgspec.Struct, frozen=True):
    """Whom the note is about, a token or a month, and the sealed text."""

    customer: str
    sealed: bytes


def _fields(body: bytes) -> Mapping[str, str | int | None]:
    return {"customer": msgspec.json.decode(body, type=_NoteDoc).customer}


KEEP = Keep(NOTES, ("customer",), _fields)


class Notes:
    """The notes of one vault, each by a name that its writer gives it."""

    def __init__(self, documents: Documents, keys: KeysOf) -> None:
        self._documents = documents
        self._keys = keys

    async def put(self, name: str, ref: str, text: str) -> bool:
        """Keep a note about a customer, or of a `month_subject`, in place of one of that name. False when nobody is
        known under the token, or the month is destroyed."""
        key = (await self._keys([ref])).get(ref)
        if key is None:
            return False
        nonce = os.urandom(_NONCE_BYTES)
        doc = _NoteDoc(ref, nonce + key.encrypt(nonce, text.encode(), _place(name, ref)))
        await self._documents.put(NOTES, [KEEP.put(name, msgspec.json.encode(doc))])
        # A customer who was erased meanwhile took the key along; what was written since goes too.
        if not await self._keys([ref]):
            await self._documents.delete(NOTES, [name])
            return False
        return True

    async def get(self, name: str, ref: str) -> str | None:
        """The note; None when there is none, or its customer was erased."""
        stored = (await self._documents.get(NOTES, [name])).get(name)
        key = (await self._keys([ref])).get(ref)
        if stored is None or key is None:
            return None
        return _opened(key, _place(name, ref), msgspec.json.decode(stored.body, type=_NoteDoc).sealed)

    async def read(self, names: Collection[str]) -> dict[str, str]:
        """Those of the notes that can still be opened, whomever they are about."""
        stored = await self._documents.get(NOTES, list(names))
        docs = {name: msgspec.json.decode(one.body, type=_NoteDoc) for name, one in stored.items()}
        keys = await self._keys({doc.customer for doc in docs.values()})
        opened = {
            name: _opened(keys[doc.customer], _place(name, doc.customer), doc.sealed)
            for name, doc in docs.items()
            if doc.customer in keys
        }
        return {name: text for name, text in opened.items() if text is not None}

    async def forget(self, ref: str) -> None:
        """All notes about a customer are gone."""
        names = [stored.id async for stored in every(self._documents, NOTES, {"customer": ref})]
        if names:
            await self._documents.delete(NOTES, names)


def _opened(key: AESGCM, place: bytes, sealed: bytes) -> str | None:
    """None when it was sealed under the key of a customer who was erased."""
    try:
        return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place).decode()
    except InvalidTag:
        return None


def _place(name: str, ref: str) -> bytes:
    return f"note/{name}/{ref}".encode()
