"""The one reader of our own topics: decodes records and says which of them are first copies.

In every partition the first copies of an origin's events stand in the order of their positions, without a gap. So
whatever is not above the highest position seen of its origin is a repeat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from shared import metrics
from shared.codec import envelope, names_of, recorded_decoder
from shared.engine.partitions import Seen
from shared.engine.turns import in_turns, itself
from shared.kernel import Recorded
from shared.ports import Record


class First(NamedTuple):
    """The first copy of an event, and the offset at which it stands."""

    offset: int
    recorded: Recorded[Any]


class Reader:
    """Reads records whose events are of the union `events`; other classes are passed over, known or not."""

    def __init__(self, name: str, events: Any) -> None:
        self._name = name
        self._names = names_of(events)
        self._written = frozenset(name.encode() for name in self._names)
        self._decode = recorded_decoder(events).decode

    def first_copies(self, records: Sequence[Record], seen: Seen) -> Iterator[First]:
        """The first copies among `records`, in order; `seen` is moved along with all of them."""
        repeats = 0
        decode, written = self._decode, self._written
        for record in records:
            # Most readers take some classes only: finding the name costs a tenth of failing to decode.
            if (name := _NAME.search(record.value)) is not None and name[1] not in written:
                self._pass_over(record, seen)
                continue
            try:
                recorded = decode(record.value)
            except (msgspec.ValidationError, msgspec.DecodeError):
                self._pass_over(record, seen)
                continue
            origin, position = recorded.origin, recorded.position
            if origin in seen and position <= seen[origin]:
                repeats += 1
                continue
            seen[origin] = position
            yield First(record.offset, recorded)
        if repeats:
            metrics.SKIPPED.labels(self._name).inc(repeats)

    async def read(self, records: Sequence[Record], seen: Seen) -> list[First]:
        """The first copies, read in turns with whoever else has much to do."""
        return await in_turns(self.first_copies(records, seen), itself)

    def _pass_over(self, record: Record, seen: Seen) -> None:
        """A class of a newer release, or one that this reader does not take; or a record that nobody can read."""
        try:
            origin, position, name = envelope(record.value)
        except msgspec.MsgspecError:
            metrics.UNREADABLE.labels(self._name).inc()
            return
        seen[origin] = max(position, seen.get(origin, position))
        if name in self._names:
            metrics.UNREADABLE.labels(self._name).inc()


_NAME = re.compile(rb'"event":\{"type":"([A-Za-z0-9_]+)"')
"""The class as our own encoder writes it. What is found otherwise, or not at all, the decoder has to say."""
