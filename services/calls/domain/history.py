"""Order histories: each part of a file is remembered once."""

from __future__ import annotations

from datetime import datetime

from services.calls.events.histories import HistoryEvent, PastOrder, PastOrdersRemembered
from shared.kernel import Command, Decider, said


class RememberPastOrders(Command, frozen=True, kw_only=True):
    """Remember the orders of one part of a file."""

    partner: str
    import_id: str
    part: int
    orders: tuple[PastOrder, ...]
    at: datetime
    by: str


def decide(command: RememberPastOrders, state: frozenset[int]) -> list[HistoryEvent]:
    """The state is the parts that are remembered."""
    return [] if command.part in state or not command.orders else [said(PastOrdersRemembered, command)]


def evolve(state: frozenset[int], event: HistoryEvent) -> frozenset[int]:
    """One part more."""
    return state | {event.part}


history: Decider[RememberPastOrders, HistoryEvent, frozenset[int]] = Decider(
    "history", HistoryEvent, frozenset(), decide, evolve
)
