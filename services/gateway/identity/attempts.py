"""Attempts to sign in with a password: after some that failed, each has to wait for twice as long."""

from __future__ import annotations

import contextlib
import hashlib
from datetime import datetime, timedelta

import msgspec

from shared.clock import Clock
from shared.ports import Documents, Put, Refused, StoreUnavailable

ATTEMPTS = "access_attempts"
FREE_OF_NAME, FREE_OF_ADDRESS = 5, 30
"""So many may fail without a wait. Behind one address a whole floor may be signing in."""
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
"""After the last one they count no more."""
_SWEEP = 100


class TooSoon(Exception):
    """The next attempt has to wait for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class _Counted(msgspec.Struct, frozen=True):
    failed: int
    until: datetime
    expires: datetime


class Attempts:
    """Counted by name and by address, for all processes together. Names that nobody has are counted alike."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def start(self) -> None:
        """Create what is missing."""
        await self._documents.declare(ATTEMPTS, ["expires"])

    async def begin(self, name: str, address: str) -> None:
        """Count an attempt as failed before it is looked at: of many at once, no more are looked at than of some one
        after the other. TooSoon where it has to wait; then it is not counted."""
        await self._wait_over(name, address)
        await self._count(_id("name", name), FREE_OF_NAME)
        await self._count(_id("address", address), FREE_OF_ADDRESS)

    async def succeeded(self, name: str, address: str) -> None:
        """It did not fail. Those of the name are forgotten; of the address only this one, or whoever has a password
        could go on guessing those of others."""
        with contextlib.suppress(StoreUnavailable):
            await self._documents.delete(ATTEMPTS, [_id("name", name)])
            await self._count(_id("address", address), FREE_OF_ADDRESS, by=-1)

    async def _wait_over(self, name: str, address: str) -> None:
        found = await self._documents.get(ATTEMPTS, [_id("name", name), _id("address", address)])
        counted = [msgspec.json.decode(stored.body, type=_Counted) for stored in found.values()]
        wait = max(((one.until - self._clock()).total_seconds() for one in counted), default=0.0)
        if wait > 0:
            raise TooSoon(wait)

    async def _count(self, doc_id: str, free: int, by: int = 1) -> None:
        now = self._clock()
        over = await self._documents.find(ATTEMPTS, order="expires", high=int(now.timestamp()), limit=_SWEEP)
        if over.items:
            await self._documents.delete(ATTEMPTS, [stored.id for stored in over.items])
        while True:
            stored = (await self._documents.get(ATTEMPTS, [doc_id])).get(doc_id)
            before = msgspec.json.decode(stored.body, type=_Counted) if stored else None
            if before is not None and by > 0 and before.until > now:
                raise TooSoon((before.until - now).total_seconds())  # another attempt came in between
            failed = max(0, (before.failed if before is not None and before.expires > now else 0) + by)
            counted = _Counted(failed, now + wait_after(failed, free), now + FORGOTTEN_AFTER)
            fields = {"expires": int(counted.expires.timestamp())}
            put = Put(doc_id, stored.revision if stored else 0, msgspec.json.encode(counted), fields)
            try:
                await self._documents.put(ATTEMPTS, [put])
            except Refused:
                continue
            return


def wait_after(failed: int, free: int) -> timedelta:
    """How long the next one waits after so many that failed: 1 s after the last free one, then twice as long each."""
    if failed < free:
        return timedelta(0)
    return min(LONGEST_WAIT, timedelta(seconds=2 ** min(failed - free, 20)))


def _id(what: str, text: str) -> str:
    return hashlib.sha256(f"{what}\n{text}".encode()).hexdigest()
