"""The states of an order's goods, and which can follow which."""

from __future__ import annotations

from services.calls.domain.states import Machine
from shared.contracts.selling import FulfilmentState

FULFILMENT: Machine[FulfilmentState] = Machine(
    {
        "pending": ("accepted",),
        "accepted": ("packed",),
        "packed": ("shipped",),
        "shipped": ("delivered", "returned", "lost"),
        "delivered": ("returned",),
        "returned": (),
        "lost": ("delivered", "returned"),
    }
)
"""What was lost may turn up; what nobody took comes back from the door."""

ON_THE_WAY: frozenset[FulfilmentState] = frozenset({"shipped", "delivered", "returned", "lost"})
"""The goods have left the house."""
ARRIVED: frozenset[FulfilmentState] = frozenset({"delivered", "returned"})
"""The customer had them, or they came back: there is nothing left to cancel."""
