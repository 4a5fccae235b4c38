"""An entry of the audit log, its hash and its seal, and how it is kept."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from shared.engine.moving import Keep

NAMESPACE, COLLECTION = "audit", "entries"
INDEXES = ("chain", "at", "who", "what", "outcome", "step")
FIRST = ""
"""What the first entry of a chain names as the hash before it."""

Step = Literal["asked", "done", "read"]
"""`asked`: written before a change is tried. `done`: what came of it. `read`: something was taken out."""
Outcome = Literal["accepted", "refused", "failed"]


class Committed(msgspec.Struct, frozen=True):
    """A commit that a request made: where its events stand, their names, and the SHA-256 of their bytes.

    What they say stands in the log alone: there it can be shown, and erased where that is due.
    """

    service: str
    stream: str
    version: int
    events: tuple[str, ...]
    digest: str


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of one request. `n` counts from 1 within its chain, `previous` is the hash of the entry before.

    `on`: the parameters of the route's path, such as partner or invoice, without what looks like a number that can be
    called. `partners` None: whoever asked sees all of them. `status`: of the answer.
    """

    chain: str = ""
    n: int = 0
    previous: str = FIRST
    at: datetime
    step: Step
    request: str
    who: str
    role: str
    by: str
    partners: tuple[str, ...] | None = None
    agent: str | None = None
    what: str
    route: str
    on: Mapping[str, str] = {}
    status: int | None = None
    outcome: Outcome | None = None
    commits: tuple[Committed, ...] = ()


class Kept(msgspec.Struct, frozen=True):
    """An entry with its hash, by which anybody can check a chain, and its seal, which needs our key."""

    entry: Entry
    hash: str
    seal: str


class Head(msgspec.Struct, frozen=True):
    """Where a chain ends. Kept somewhere else, it shows later that nothing before it was changed or cut off."""

    chain: str
    n: int
    hash: str

    def __str__(self) -> str:
        """`calls:1841:9c0f…`, as it is told and given back."""
        return f"{self.chain}:{self.n}:{self.hash}"


def head_of(text: str) -> Head:
    """A head as it was told. ValueError."""
    chain, n, found = text.rsplit(":", 2)
    if not chain or int(n) < 1 or len(bytes.fromhex(found)) != hashlib.sha256().digest_size:
        raise ValueError("not a head of an audit log")
    return Head(chain, int(n), found)


def hash_of(entry: Entry) -> str:
    """SHA-256 of the entry as it is stored: fields in their order, those with their defaults left out."""
    return hashlib.sha256(msgspec.json.encode(entry)).hexdigest()


def key_of(master_key: bytes) -> bytes:
    """What entries are sealed with: whoever has the documents but not the key can make none."""
    return hmac.digest(master_key, b"tallyline audit", "sha256")


def seal_of(key: bytes, found: str) -> str:
    """HMAC-SHA256 of an entry's hash."""
    return hmac.digest(key, found.encode(), "sha256").hex()


def kept(key: bytes, entry: Entry) -> Kept:
    """The entry as it is stored."""
    found = hash_of(entry)
    return Kept(entry, found, seal_of(key, found))


def id_of(chain: str, n: int) -> str:
    """The document's id: chains one after the other, each in its order."""
    return f"{chain}/{n:012d}"


def milliseconds(at: datetime) -> int:
    """Since 1970, as entries are sorted."""
    return round(at.timestamp() * 1000)


def fields_of(body: bytes) -> Mapping[str, str | int | None]:
    """By what an entry is found."""
    entry = msgspec.json.decode(body, type=Kept).entry
    return {
        "chain": entry.chain,
        "at": milliseconds(entry.at),
        "who": entry.who,
        "what": entry.what,
        "outcome": entry.outcome,
        "step": "asked" if entry.step == "asked" else "told",
    }


KEEP = Keep(COLLECTION, INDEXES, fields_of)
