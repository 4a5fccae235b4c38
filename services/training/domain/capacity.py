"""What a partner committed to, from which day on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

import msgspec

from services.training.events.capacity import CapacityCommitted, CapacityEvent, Committed
from shared.kernel import Command, Decider, Rejected, said
from shared.names import PartnerId


class CommitCapacity(Command, frozen=True, kw_only=True):
    """Say how many people a partner has there from a day on, by language and time of the week; for the same day once
    more, the last word holds. 409 `closes_before` where a time ends before it begins."""

    partner_id: PartnerId
    starts: date
    committed: Annotated[tuple[Committed, ...], msgspec.Meta(max_length=100)]
    clause: Annotated[str, msgspec.Meta(max_length=200)] = ""
    at: datetime
    by: str


@dataclass(frozen=True)
class Capacity:
    """What was said, by the day from which it holds."""

    said: Mapping[date, CapacityCommitted] = field(default_factory=dict)


def decide(command: CommitCapacity, state: Capacity) -> list[CapacityEvent]:
    """The same once more is nothing new."""
    for one in command.committed:
        if one.closes <= one.opens:
            raise Rejected("closes_before", f"From {one.opens} to {one.closes} is no time; one over midnight is two.")
    known = state.said.get(command.starts)
    if known is not None and (known.committed, known.clause) == (command.committed, command.clause):
        return []
    return [said(CapacityCommitted, command)]


def evolve(state: Capacity, event: CapacityEvent) -> Capacity:
    """The last word of a day holds."""
    return Capacity({**state.said, event.starts: event})


capacity = Decider("capacity", CapacityEvent, Capacity(), decide, evolve)
