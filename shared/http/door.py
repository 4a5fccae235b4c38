"""What a service's routes are given: a door for commands, views to read, the vault, contents by hash, the clock."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec
from starlette.requests import Request

from shared.clock import Clock
from shared.kernel import Command, Decider, View
from shared.ports import Blobs, StoreUnavailable
from shared.vault import Vault

D = TypeVar("D")
READABLE_WITHIN_S = 5.0
Readable = Callable[[str, int, float], Awaitable[bool]]
"""Whether the service's views hold a stream of its own up to a version, within so many seconds. StoreUnavailable."""


class Accepted(msgspec.Struct, frozen=True):
    """A command was carried out, or had been before: the stream is at `version` at least. Views follow."""

    stream: str
    version: int


class Door(Protocol):
    """The way in for commands of one service."""

    async def handle(
        self, decider: Decider[Any, Any, Any], stream_id: str, command: Command, *, command_id: str, actor: str
    ) -> Accepted:
        """Durable on return. A known `command_id` is answered again. Rejected when the rules say no,
        StoreUnavailable when the outcome is not known."""
        ...


class ShowingDoor:
    """A door that answers when what was done can be read: for pages that show it at once."""

    def __init__(self, door: Door, readable: Readable) -> None:
        self._door = door
        self._readable = readable

    async def handle(
        self, decider: Decider[Any, Any, Any], stream_id: str, command: Command, *, command_id: str, actor: str
    ) -> Accepted:
        """It is done, whatever is seen of it: views that are behind, or a store that is away now, are no failure."""
        accepted = await self._door.handle(decider, stream_id, command, command_id=command_id, actor=actor)
        with contextlib.suppress(StoreUnavailable):
            await self._readable(accepted.stream, accepted.version, READABLE_WITHIN_S)
        return accepted


class Reads(Protocol):
    """The views of one service, shards added up."""

    async def get(self, view: View[Any, D, Any], keys: Sequence[str]) -> dict[str, D]:
        """The documents of those keys that there are."""
        ...

    async def find(
        self,
        view: View[Any, D, Any],
        equal: Mapping[str, str | int],
        order: str | None = None,
        low: str | int | None = None,
        high: str | int | None = None,
    ) -> list[tuple[str, D]]:
        """All documents with these values of the view's indexes and `low <= order < high`, sorted by key."""
        ...


@dataclass(frozen=True)
class Deps:
    """What the routes of one service work with.

    `base_url`: where the outside reaches us, no slash at the end. `demo`: whether the data folder is marked as one.
    """

    door: Door
    reads: Reads
    vault: Vault
    blobs: Blobs
    clock: Clock
    base_url: str
    demo: bool = False


def deps_of(service: str) -> Callable[[Request], Awaitable[Deps]]:
    """A dependency that gives the Deps of a service, which stand in `app.state.deps` by the service's name."""

    async def deps(request: Request) -> Deps:
        found: Deps = request.app.state.deps[service]
        return found

    return deps
