"""Is the audit log what it was? The first link that is broken is named, by chain."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from shared.audit.entries import FIRST, Committed, Entry, Head, Kept, hash_of, id_of, seal_of

Events = Callable[[Committed], Awaitable[bytes | None]]
"""The events of a commit as the log has them; None where there is no such commit."""


class Broken(msgspec.Struct, frozen=True):
    """The first entry of a chain that is not what it was, and why."""

    n: int
    why: str


class Chain(msgspec.Struct, kw_only=True):
    """What was found of a chain. `unfinished`: changes that were asked for and of which no outcome is told: they are
    being worked on, or the process was killed; the service's own log says whether they happened."""

    chain: str
    entries: int = 0
    head: str | None = None
    unfinished: int = 0
    broken: Broken | None = None


class Found(NamedTuple):
    """An entry with the id that it was found under, and its bytes."""

    id: str
    body: bytes


class _Checking:
    """One chain, entry by entry."""

    def __init__(self, name: str, key: bytes | None, events: Events | None, heads: Mapping[int, str]) -> None:
        self.result = Chain(chain=name)
        self._key = key
        self._events = events
        self._heads = dict(heads)
        self._last = Head(name, 0, FIRST)
        self._asked: set[str] = set()

    async def take(self, found: Found) -> None:
        """The next entry. After the first broken link they are only counted."""
        self.result.entries += 1
        if self.result.broken is not None:
            return
        n = self._last.n + 1
        try:
            stored = msgspec.json.decode(found.body, type=Kept)
        except msgspec.DecodeError:
            self.result.broken = Broken(n, "it can't be read")
            return
        why = self._wrong(found.id, stored) or await self._otherwise(stored.entry)
        if why is not None:
            self.result.broken = Broken(n, why)
            return
        self._last = Head(self.result.chain, n, stored.hash)
        self.result.head = str(self._last)
        if stored.entry.step == "asked":
            self._asked.add(stored.entry.request)
        else:
            self._asked.discard(stored.entry.request)

    def _wrong(self, id_: str, stored: Kept) -> str | None:
        entry, n = stored.entry, self._last.n + 1
        if id_ != id_of(self.result.chain, n):
            return "it is missing"
        if (entry.chain, entry.n) != (self.result.chain, n):
            return f"another entry stands in its place: {entry.chain} {entry.n}"
        if hash_of(entry) != stored.hash:
            return "it was changed"
        if entry.previous != self._last.hash:
            return "it does not follow the entry before it"
        if self._key is not None and not hmac.compare_digest(seal_of(self._key, stored.hash), stored.seal):
            return "it was not sealed by us"
        if (told := self._heads.pop(n, None)) is not None and told != stored.hash:
            return "its hash is another one than was told"
        return None

    async def _otherwise(self, entry: Entry) -> str | None:
        """Whether what was committed is still what was committed."""
        if self._events is None:
            return None
        for commit in entry.commits:
            events = await self._events(commit)
            if events is None or hashlib.sha256(events).hexdigest() != commit.digest:
                said = "is gone" if events is None else "was changed"
                return f"{commit.stream} {commit.version}, which it tells of, {said}"
        return None

    def ended(self) -> Chain:
        """The verdict. A chain that ends before a head that was told was cut off."""
        self.result.unfinished = len(self._asked)
        if self.result.broken is None and self._heads:
            n = self._last.n + 1
            self.result.broken = Broken(n, f"it is missing: the chain was told to have {max(self._heads)} entries")
        return self.result


async def verify(
    found: AsyncIterable[Found], key: bytes | None, events: Events | None = None, heads: Iterable[Head] = ()
) -> Sequence[Chain]:
    """Check every chain. `found` gives entries sorted by id; `heads` were told before and kept elsewhere.

    Without `key` seals are not checked, without `events` what was committed is not.
    """
    told: dict[str, dict[int, str]] = {}
    for head in heads:
        told.setdefault(head.chain, {})[head.n] = head.hash
    chains: dict[str, _Checking] = {}
    async for each in found:
        name = each.id.rpartition("/")[0]
        if name not in chains:
            chains[name] = _Checking(name, key, events, told.pop(name, {}))
        await chains[name].take(each)
    for name, of_chain in told.items():
        chains[name] = _Checking(name, key, events, of_chain)
    return [chain.ended() for chain in chains.values()]
