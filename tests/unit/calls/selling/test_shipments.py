"""Shipments that fell due become orders, unless the customer wants none by the time that it is their turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from services.calls.domain.subscription import (
    CancelSubscription,
    MarkDue,
    PauseSubscription,
    SubscriptionCommand,
    subscription,
)
from services.calls.orders.shipments import Shipments
from services.calls.views.products import products
from services.calls.views.subscriptions import subscriptions
from shared.contracts.selling import OrderPlaced
from shared.http import Deps
from tests.spec import seen
from tests.unit.calls.selling.shop import CATALOGUE, SUB, start
from tests.unit.calls.selling.test_subscriptions import on
from tests.unit.partners.service import MemoryBlobs, MemoryService

DUE = "2026-04-04"


class Seen(MemoryService):
    """The views as they were before the customer said anything; orders are not seen yet."""

    known: Mapping[str, Any] = {}

    async def get(self, view: Any, keys: Sequence[str]) -> dict[str, Any]:
        """Products as they are sold."""
        if view is not products:
            return {}
        return {key: SimpleNamespace(lists=CATALOGUE[key].lists, withdrawn=None) for key in keys}

    async def find(self, view: Any, equal: Mapping[str, Any], *_: Any) -> list[tuple[str, Any]]:
        """What waits to be ordered."""
        return list(self.known.items()) if "pending" in equal else []


class Numbers:
    """A vault that knows every customer."""

    async def customer_number(self, ref: str) -> str:
        """See the vault."""
        return "+385912345667"


async def orders_after(*said: SubscriptionCommand) -> list[OrderPlaced]:
    """What is ordered in two looks after a shipment fell due, when this was said since."""
    door, reads = MemoryService(), Seen()
    due = (start(), MarkDue(**on(DUE)))
    for number, command in enumerate((*due, *said)):
        if number == len(due):
            reads.known = seen(subscriptions, *door.events)
        await door.handle(subscription, SUB, command, command_id=str(number), actor="mira")
    reads.known = reads.known or seen(subscriptions, *door.events)
    numbers: Any = Numbers()
    at = on(DUE)["at"]
    shipments = Shipments(Deps(door, reads, numbers, MemoryBlobs(), lambda: at, "http://tallyline"))
    for _ in range(2):
        await shipments.step()
    return [event for event in door.events if isinstance(event, OrderPlaced)]


async def test_what_fell_due_is_ordered_once() -> None:
    (placed,) = await orders_after()
    assert (placed.subscription, placed.order) == (SUB, f"{SUB}.20260404")


@pytest.mark.parametrize(
    "said",
    [
        CancelSubscription(**on(DUE), reason="Too much of it."),
        PauseSubscription(**on(DUE), until=date(2026, 6, 1), reason="Away."),
    ],
)
async def test_who_cancels_or_pauses_while_others_are_ordered_gets_nothing(said: SubscriptionCommand) -> None:
    assert await orders_after(said) == []
