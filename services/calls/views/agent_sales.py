"""What did each agent sell in a month, and what came back of it?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC

import msgspec

from shared.contracts.calls import TOPIC
from shared.contracts.selling import OrderCancelled, OrderPlaced, OrderReturned
from shared.kernel import View

SalesEvent = OrderPlaced | OrderCancelled | OrderReturned


class Told(msgspec.Struct, kw_only=True):
    """An event, and how often it was told less how often it was taken back: it holds while that is above none."""

    event: SalesEvent
    times: int = 0


class AgentSales(msgspec.Struct, kw_only=True):
    """The orders that an agent took in a month (UTC), and all that was taken back of them, whenever it was.

    `told`: what is said of an order -> the event. Months of the partner's zone are cut by whoever reads: an order of
    the last night may lie in the month beside.
    """

    partner: str
    agent: str
    month: str
    told: dict[str, Told] = {}

    @property
    def placed(self) -> list[OrderPlaced]:
        """The orders that hold, by time."""
        found = [one.event for one in self.told.values() if one.times > 0 and isinstance(one.event, OrderPlaced)]
        return sorted(found, key=lambda event: (event.at, event.order))

    def taken(self, order: str) -> list[OrderCancelled | OrderReturned]:
        """What was taken back of an order, by time."""
        found = [
            one.event
            for one in self.told.values()
            if one.times > 0 and not isinstance(one.event, OrderPlaced) and one.event.order == order
        ]
        return sorted(found, key=lambda event: (event.at, type(event).__name__))


def by_agent_and_month(event: SalesEvent) -> Iterable[tuple[str, SalesEvent]]:
    """The document of the month in which the order was placed. An order that no agent took is nobody's."""
    if event.agent is not None:
        yield f"{event.partner}:{event.agent}:{_month(event)}", event


def _month(event: SalesEvent) -> str:
    ordered_at = event.at if isinstance(event, OrderPlaced) else event.ordered_at
    return f"{ordered_at.astimezone(UTC):%Y-%m}"


def fold(doc: AgentSales | None, event: SalesEvent, sign: int) -> AgentSales:
    """Told or taken back, in any order: only what is told more often than taken back holds."""
    doc = doc or AgentSales(partner=event.partner, agent=event.agent or "", month=_month(event))
    key = _name(event)
    told = doc.told.setdefault(key, Told(event=event))
    told.times += sign
    if not told.times:
        del doc.told[key]
    return doc


def _name(event: SalesEvent) -> str:
    if isinstance(event, OrderPlaced):
        return f"{event.order} placed"
    pieces = ",".join(f"{line.line}x{line.quantity}" for line in event.lines)
    return f"{event.order} {type(event).__name__} {event.at.astimezone(UTC).isoformat()} {pieces}"


def added(one: AgentSales, other: AgentSales) -> AgentSales:
    """Orders lie in several partitions: what is told in both adds up."""
    for key, told in other.told.items():
        mine = one.told.setdefault(key, Told(event=told.event))
        mine.times += told.times
        if not mine.times:
            del one.told[key]
    return one


agent_sales = View(
    "agent_sales",
    1,
    TOPIC,
    SalesEvent,
    AgentSales,
    by_agent_and_month,
    fold,
    added,
    indexes=("partner", "agent", "month"),
    fields=lambda doc: {"partner": doc.partner, "agent": doc.agent, "month": doc.month},
)
