"""What a service says of its data for a move into a new generation of topics: what it keeps, and what names places.

In a new generation offsets begin anew, and keys lie in other partitions: whatever names a place of a log moves along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from shared.ports import Put


class Place(NamedTuple):
    """Where a record stands in a topic."""

    partition: int
    offset: int


class Move(Protocol):
    """A move out of one generation into the next."""

    @property
    def generation(self) -> int:
        """The number of the one that is left."""
        ...

    @property
    def partitions(self) -> int:
        """Of each topic, from now on."""
        ...

    def place(self, topic: str, old: Place) -> Place:
        """Where an input stands from now on. LookupError when there was none at the old place."""
        ...

    def named(self, topic: str, name: str) -> Place | None:
        """Where the input of that name stands from now on; None when there is none."""
        ...


def as_it_is(id_: str, body: bytes, move: Move) -> Iterable[tuple[str, bytes]]:
    """A document that names no place."""
    return ((id_, body),)


def without_fields(body: bytes) -> Mapping[str, str | int | None]:
    """A document that is found by its id only."""
    return {}


@dataclass(frozen=True)
class Keep:
    """A collection that can't be made again from the log. `fields` gives a document's index values.

    `move` gives the documents that one becomes, by id. Where several become one, `join` makes it of two; to join again
    what was joined changes nothing.
    """

    collection: str
    indexes: tuple[str, ...] = ()
    fields: Callable[[bytes], Mapping[str, str | int | None]] = without_fields
    move: Callable[[str, bytes, Move], Iterable[tuple[str, bytes]]] = as_it_is
    join: Callable[[bytes, bytes], bytes] | None = None

    def put(self, id_: str, body: bytes) -> Put:
        """The document, written whatever is there."""
        return Put(id_, None, body, self.fields(body))


@dataclass(frozen=True)
class Input:
    """A topic of inputs, and the worker whose checkpoint says how far it is taken.

    `name` is what documents call an input beside its place (None: nothing); `move` gives its value in the new
    generation, from its old partition and value.
    """

    topic: str
    worker: str
    name: Callable[[bytes], str | None]
    move: Callable[[int, bytes, Move], bytes]
