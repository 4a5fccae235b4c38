"""First copies of a published topic: a repeat has done its duty in the log that it stands in, and is left there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from shared.codec import envelope
from shared.engine.partitions import Seen
from shared.ports import Record


def first_copies(records: Iterable[Record], seen: Seen) -> Iterator[Record]:
    """Of one partition; `seen` is moved along. What nobody can read is passed over, as every reader does."""
    for record in records:
        try:
            origin, position, _ = envelope(record.value)
        except msgspec.MsgspecError:
            continue
        if origin not in seen or position > seen[origin]:
            seen[origin] = position
            yield record
