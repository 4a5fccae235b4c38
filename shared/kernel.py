"""Every word of the system: events, commands, deciders, views, process managers, observations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

Position = tuple[int, int]
"""Where an event stands within its origin: (input offset or commit number, index). Compared as tuples."""


class Money(msgspec.Struct, frozen=True):
    """An amount in integer minor units of an ISO 4217 currency."""

    minor: int
    currency: str


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="type"):
    """Something that happened. The class name is the stored name, so it never changes."""


class PublicEvent(Event, frozen=True, kw_only=True):
    """An event that other services may know of; it is stored and published as it is."""


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A wish, with the time and the identifiers that it needs. As a request body, unknown fields are refused."""


class Rejected(Exception):
    """The rules say no. `code` is stable and for machines, `detail` is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class ChangedMeanwhile(Rejected):
    """What a command was meant for is not as its sender read it: somebody else was faster."""

    def __init__(self) -> None:
        super().__init__("changed_meanwhile", "It is not as it was when you read it: read it again.")


C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)
S = TypeVar("S")
D = TypeVar("D")
P = TypeVar("P")


def said(kind: type[E], command: Command, **more: Any) -> E:
    """The event that says what the command says: its fields are the command's of the same names, and `more`."""
    return kind(**{name: getattr(command, name) for name in kind.__struct_fields__ if name not in more}, **more)


@dataclass(frozen=True)
class Decider(Generic[C, E, S]):
    """One aggregate: `decide` says which events follow from a command, `evolve` what an event changes.

    `decide` answers a repeated command with no events and raises `Rejected` when the rules say no. `evolve` never
    refuses: what happened, happened. `events` is the union of the event classes, for decoding. A stream's name is
    `<name>-<id>`.
    """

    name: str
    events: Any
    initial: S
    decide: Callable[[C, S], list[E]]
    evolve: Callable[[S, E], S]


class Recorded(msgspec.Struct, Generic[E], frozen=True, kw_only=True, omit_defaults=True):
    """An event as published: where it comes from, its place there, and whether it takes an earlier one back.

    `origin` names the topic generation and input partition (`telephony.1/3`) or the service's relay
    (`partners.relay.1`); `position` grows within it. A reversal has the content of the event that it takes back and
    names it in `reverses`. `trace` is the context of what brought it about, where that is traced (W3C `traceparent`).
    """

    origin: str
    position: Position
    recorded_at: datetime
    event: E
    actor: str = ""
    reverses: tuple[str, Position] | None = None
    trace: str = ""

    @property
    def sign(self) -> int:
        """+1, or -1 for a reversal."""
        return 1 if self.reverses is None else -1


@dataclass(frozen=True)
class View(Generic[E, D, P]):
    """One projection: which documents an event touches, and how each of them takes its part.

    `route` gives (document key, part) for each document that the event touches; `fold` takes a part into a document
    (None: not there yet) with the sign of the event: +1, or -1 for a reversal. It may change and return the document
    that it was given. A document is kept in one shard for each partition of `topic`; `merge` adds two shards.
    `fields` gives the values of `indexes`, by which documents can be found. A higher `version` is built beside the
    old one from the first event, then switched to.
    """

    name: str
    version: int
    topic: str
    events: Any
    doc: type[D]
    route: Callable[[E], Iterable[tuple[str, P]]]
    fold: Callable[[D | None, P, int], D]
    merge: Callable[[D, D], D]
    indexes: Sequence[str] = ()
    fields: Callable[[D], dict[str, str | int | None]] = field(default=lambda doc: {})


@dataclass(frozen=True)
class Send:
    """A command that a process manager sends to an aggregate of its own service."""

    decider: Decider[Any, Any, Any]
    stream_id: str
    command: Command


@dataclass(frozen=True)
class ProcessManager:
    """Public events of `topic` in, own commands out. It remembers nothing; what a reversal means, it says itself."""

    name: str
    topic: str
    events: Any
    handle: Callable[[Recorded[Any]], list[Send]]


class Observation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a telephony platform said about a call or an agent.

    `kind` is one of the nine kinds of the telephony fixtures, or a lower-case word private to a connector, which its
    `translate` turns into those nine. `call`, `leg` and `agent` are the vendor's ids. `customer` is the customer's
    number as sent, and after the vault's swap the customer's token. `data` depends on the kind. `items` are the keys
    of the items that the observation rests on.
    """

    kind: str
    at: datetime
    call: str | None = None
    leg: str | None = None
    agent: str | None = None
    customer: str | None = None
    flags: tuple[str, ...] = ()
    data: dict[str, Any] = {}
    items: tuple[str, ...] = ()
