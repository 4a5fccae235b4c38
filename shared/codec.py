"""Events to JSON and back by class name, and the partition that a key belongs to."""

from __future__ import annotations

import zlib
from functools import cache
from typing import Any

import msgspec

from shared.kernel import Event, Recorded

encode = msgspec.json.encode


@cache
def commit_decoder(events: Any) -> msgspec.json.Decoder[list[Any]]:
    """Decodes the events of a commit of an aggregate whose union of events is `events`."""
    return msgspec.json.Decoder(list[events])


@cache
def recorded_decoder(events: Any) -> msgspec.json.Decoder[Recorded[Any]]:
    """Decodes a published record whose event is one of the union `events`."""
    return msgspec.json.Decoder(Recorded[events])


class _Type(msgspec.Struct):
    type: str


class _Envelope(msgspec.Struct):
    origin: str
    position: tuple[int, int]
    event: _Type


_envelope_decoder = msgspec.json.Decoder(_Envelope)


def envelope(value: bytes) -> tuple[str, tuple[int, int], str]:
    """Origin, position and class name of a record whose event this release does not know or can't read."""
    seen = _envelope_decoder.decode(value)
    return seen.origin, seen.position, seen.event.type


def classes_of(events: Any) -> tuple[type[Event], ...]:
    """The classes of a union of events (or of one class)."""
    return tuple(c for c in getattr(events, "__args__", (events,)) if isinstance(c, type) and issubclass(c, Event))


def names_of(events: Any) -> frozenset[str]:
    """Their names."""
    return frozenset(c.__name__ for c in classes_of(events))


def partition_of(key: str, partitions: int) -> int:
    """Where records of a key go. Fixed for a topic's generation: never change it for a topic that has records."""
    return zlib.crc32(key.encode()) % partitions
