"""What we know of a customer beside the number: sealed under the customer's own key, and gone when that is."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.engine.moving import Keep
from shared.ports import Documents, Put, Refused

PROFILES = "vault_profiles"
KEEP = Keep(PROFILES)
CHUNK = 500
_NONCE_BYTES = 12

Short = Annotated[str, msgspec.Meta(max_length=300)]
Long = Annotated[str, msgspec.Meta(max_length=5000)]
KeysOf = Callable[[Collection[str]], Awaitable[Mapping[str, AESGCM]]]
"""The own keys of those of the tokens whose customers are known."""


class CustomerProfile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A customer, as far as we know. Empty: not known. `country`: ISO 3166; `language`: ISO 639."""

    name: Short = ""
    street: Short = ""
    postal_code: Short = ""
    city: Short = ""
    region: Short = ""
    country: Short = ""
    email: Short = ""
    language: Short = ""
    notes: Long = ""


class Profiles:
    """The profiles of one vault, by the customers' tokens."""

    def __init__(self, documents: Documents, keys: KeysOf) -> None:
        self._documents = documents
        self._keys = keys

    async def get(self, refs: Collection[str]) -> dict[str, CustomerProfile]:
        """Those that there are. A profile that was left over when its customer was erased is none."""
        found: dict[str, CustomerProfile] = {}
        wanted = sorted(set(refs))
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            stored = await self._documents.get(PROFILES, chunk)
            keys = await self._keys(list(stored))
            for ref, key in keys.items():
                if (profile := _opened(key, ref, stored[ref].body)) is not None:
                    found[ref] = profile
        return found

    async def add(self, said: Mapping[str, CustomerProfile]) -> frozenset[str]:
        """Add to each profile what is said here: what is empty leaves what is known. The tokens of unknown customers,
        of whom nothing is kept."""
        unknown: set[str] = set()
        refs = sorted(said)
        for start in range(0, len(refs), CHUNK):
            unknown |= await self._write(refs[start : start + CHUNK], {ref: (said[ref], False) for ref in refs})
        return frozenset(unknown)

    async def replace(self, ref: str, profile: CustomerProfile) -> bool:
        """This is the profile now, whatever was known. False when nobody is known under the token."""
        return not await self._write([ref], {ref: (profile, True)})

    async def forget(self, ref: str) -> None:
        """Gone."""
        await self._documents.delete(PROFILES, [ref])

    async def _write(self, refs: list[str], said: Mapping[str, tuple[CustomerProfile, bool]]) -> set[str]:
        keys = await self._keys(refs)
        unknown, left = set(refs) - keys.keys(), [ref for ref in refs if ref in keys]
        written = list(left)
        while left:
            stored = await self._documents.get(PROFILES, left)
            puts = []
            for ref in left:
                profile, whole = said[ref]
                known = _opened(keys[ref], ref, stored[ref].body) if ref in stored else None
                new = profile if whole or known is None else added(known, profile)
                if new != known:
                    puts.append(Put(ref, stored[ref].revision if ref in stored else 0, _sealed(keys[ref], ref, new)))
            left = []
            try:
                if puts:
                    await self._documents.put(PROFILES, puts)
            except Refused as refused:
                left = list(refused.ids)  # somebody else wrote first: theirs is added to
        # A customer who was erased meanwhile took the key along; what was written since can't be read, and goes too.
        gone = set(written) - (await self._keys(written)).keys()
        if gone:
            await self._documents.delete(PROFILES, sorted(gone))
        return unknown | gone


def added(known: CustomerProfile, said: CustomerProfile) -> CustomerProfile:
    """What is said takes the place of what was known; what is not said stays."""
    more = {name: value for name in CustomerProfile.__struct_fields__ if (value := getattr(said, name))}
    return msgspec.structs.replace(known, **more)


def _sealed(key: AESGCM, ref: str, profile: CustomerProfile) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, msgspec.json.encode(profile), _place(ref))


def _opened(key: AESGCM, ref: str, body: bytes) -> CustomerProfile | None:
    """None when it was sealed under the key of a customer who was erased."""
    try:
        content = key.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], _place(ref))
    except InvalidTag:
        return None
    return msgspec.json.decode(content, type=CustomerProfile)


def _place(ref: str) -> bytes:
    return f"profile/{ref}".encode()
