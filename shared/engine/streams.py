"""Topics that are not ours: what is read from a partner's own broker, and what is done with each record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class Access:
    """How brokers are reached: in the clear or over TLS, and as whom.

    `ca` holds the certificates (PEM) that theirs must come from; empty: those that the system trusts. `certificate` and
    `key` are files with ours, where they ask for one. `mechanism` (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512) says how `user`
    shows the password; empty: nobody is named.
    """

    tls: bool = False
    ca: str = ""
    certificate: str = ""
    key: str = ""
    mechanism: str = ""
    user: str = ""
    password: str = field(default="", repr=False)


IN_THE_CLEAR = Access()


class Place(NamedTuple):
    """Where a stream is read: the brokers (`host:port`, by comma), the topic, and the group that we read it as."""

    bootstrap: str
    topic: str
    group: str
    access: Access = IN_THE_CLEAR


class ForeignRecord(NamedTuple):
    """One record as somebody else wrote it. `timestamp` is the broker's or the writer's, in ms; -1 where there is none.

    `value` is empty for a record without one.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


Take = Callable[[ForeignRecord], Awaitable[None]]
"""Keeps a record: durable on return. Whatever it raises, the record comes again; so it may come twice."""


class Stream(Protocol):
    """A topic that is being read. A record is acknowledged after it was taken, and every one before it too."""

    async def open(self) -> None:
        """Connect and read on from what was acknowledged; a new group from the first record. StoreUnavailable when no
        broker answers."""
        ...

    async def reachable(self) -> bool:
        """Does a broker answer?"""
        ...

    async def close(self) -> None:
        """End after what is being taken; what was not taken comes again, to whoever reads next. Idempotent."""
        ...


Connect = Callable[[Place, Take], Stream]
"""A stream that is not open yet."""
