"""Passwords: only what Argon2id (RFC 9106) makes of them is kept."""

from __future__ import annotations

import asyncio
import functools
import secrets
import unicodedata
from typing import TYPE_CHECKING

from shared.kernel import Rejected

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 200
"""Characters. Length is what makes a password good; nothing is asked of what stands in it (NIST SP 800-63B, 3.1.1)."""
AT_ONCE = 2
"""Each that is worked out takes 64 MiB and four threads for a moment."""


class Passwords:
    """Works hashes out, a few at a time and away from the event loop."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def hashed(self, password: str) -> str:
        """What is kept of a password: algorithm, parameters, salt and hash in one text."""
        async with self._turn:
            return await asyncio.to_thread(_hasher().hash, _normal(password))

    async def fits(self, password: str, kept: str | None) -> bool:
        """Whether it is the one that `kept` was made of. Without `kept` it takes as long, and is not."""
        async with self._turn:
            return await asyncio.to_thread(_fits, _normal(password), kept)


def acceptable(password: str, name: str) -> None:
    """Rejected with `weak_password` where it can't be somebody's password."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Rejected("weak_password", f"A password has {SHORTEST} to {LONGEST} characters.")
    if (len(name) > 3 and name.casefold() in password.casefold()) or len(set(password)) < 5:
        raise Rejected("weak_password", "This password is easily guessed.")


def generated() -> str:
    """A password for once, to be told and then changed: 96 random bits in groups that can be read out."""
    text = secrets.token_hex(12)
    return "-".join(text[n : n + 6] for n in range(0, len(text), 6))


def _fits(password: str, kept: str | None) -> bool:
    from argon2.exceptions import VerifyMismatchError

    try:
        _hasher().verify(kept or _nobodys(), password)
    except VerifyMismatchError:
        return False
    return kept is not None


@functools.cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()  # the second recommendation of RFC 9106: 64 MiB, three passes, four lanes


@functools.cache
def _nobodys() -> str:
    """A hash that nothing fits, with the parameters of the others."""
    return _hasher().hash(secrets.token_urlsafe(32))


def _normal(password: str) -> str:
    """The same password typed on another machine is the same text (RFC 8265: NFC)."""
    return unicodedata.normalize("NFC", password)
