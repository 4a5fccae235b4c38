"""What time brings to subscriptions: a shipment that is due becomes an order, once.

Three steps, each the same when it is taken again: the subscription says that the shipment fell due, under the id of the
order that is to come; the order is placed; the subscription notes it, which follows from the order's event, so that it
is noted whatever was said in between. Whoever is killed between two of them is followed by the next look.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from services.calls.domain.order import PlaceOrder, order
from services.calls.domain.pricing import Sold, Wanted, priced
from services.calls.domain.return_window import DEFAULT, USUAL_DAYS
from services.calls.domain.subscription import HoldShipment, MarkDue, OrderShipment, subscription
from services.calls.events.subscriptions import ShipmentFellDue
from services.calls.views.orders import KnownOrder, orders
from services.calls.views.products import products
from services.calls.views.return_windows import return_windows
from services.calls.views.subscriptions import KnownSubscription, subscriptions
from shared.contracts.selling import OrderLine, SubscriptionStarted
from shared.faults import reach
from shared.http import Deps
from shared.kernel import Rejected

ACTOR = "shipments"


class Shipments:
    """Looks at what is due. Days begin at midnight UTC."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def step(self) -> None:
        """One look."""
        now = self._deps.clock()
        tomorrow = (now.date() + timedelta(days=1)).isoformat()
        for status in ("active", "paused"):
            due = await self._deps.reads.find(subscriptions, {"status": status}, "due", "", tomorrow)
            for key, doc in due:
                if doc.pending is None:
                    await self._mark(key, doc, now)
        for key, doc in await self._deps.reads.find(subscriptions, {"pending": "yes"}):
            await self._place(key, doc, now)

    async def _mark(self, key: str, doc: KnownSubscription, now: datetime) -> None:
        command = MarkDue(subscription=key, at=now, by=ACTOR)
        by = f"due:{doc.next_due}:{doc.changes}"
        await self._deps.door.handle(subscription, key, command, command_id=by, actor=ACTOR)
        reach("shipments.due")

    async def _place(self, key: str, doc: KnownSubscription, now: datetime) -> None:
        """Place the order, unless it is seen to be placed."""
        fell, started = doc.pending, doc.started
        if fell is None or started is None:
            return
        known: KnownOrder | None = (await self._deps.reads.get(orders, [fell.order])).get(fell.order)
        if known is not None and known.placed is not None:
            return
        if not await self._is_wanted(key, fell, now):
            return
        try:
            command = await self._order(key, fell, started, now)
            by = f"shipment:{fell.order}"
            await self._deps.door.handle(order, fell.order, command, command_id=by, actor=ACTOR)
            reach("shipments.placed")
        except Rejected as refused:
            hold = HoldShipment(subscription=key, due=fell.due, cause=refused.code, at=now, by=ACTOR)
            by = f"hold:{fell.due}:{refused.code}:{doc.changes}"
            await self._deps.door.handle(subscription, key, hold, command_id=by, actor=ACTOR)

    async def _is_wanted(self, key: str, fell: ShipmentFellDue, now: datetime) -> bool:
        """Whether it still is, by the subscription itself: many fall due at one midnight, and who cancels or pauses
        while the others' orders are placed gets none."""
        command = OrderShipment(subscription=key, due=fell.due, at=now, by=ACTOR)
        try:
            await self._deps.door.handle(subscription, key, command, command_id=f"order:{fell.due}", actor=ACTOR)
        except Rejected:
            return False
        return True

    async def _order(self, key: str, fell: ShipmentFellDue, started: SubscriptionStarted, now: datetime) -> PlaceOrder:
        """The order of a shipment, at the prices of now. Rejected as `priced` does, and `customer_erased`."""
        if await self._deps.vault.customer_number(started.customer_ref) is None:
            raise Rejected("customer_erased", "Nobody knows the customer any more.")
        lines, currency = await self._priced(fell, started, now)
        return PlaceOrder(
            order=fell.order,
            currency=currency,
            country=started.country,
            lines=lines,
            customer_ref=started.customer_ref,
            campaign=started.campaign,
            subscription=key,
            cut_off=now + timedelta(days=await days_of(self._deps, started.campaign)),
            at=now,
            by=ACTOR,
        )

    async def _priced(
        self, fell: ShipmentFellDue, started: SubscriptionStarted, now: datetime
    ) -> tuple[tuple[OrderLine, ...], str]:
        """The shipment's line by the prices of today: of the product, else of the first alternate that can be sold.
        Rejected with what is wrong with the product itself."""
        known = await self._deps.reads.get(products, [fell.sku, *fell.alternates])
        sold = {sku: Sold(sku=sku, lists=doc.lists, sold=doc.withdrawn is None) for sku, doc in known.items()}
        first: Rejected | None = None
        for sku in (fell.sku, *fell.alternates):
            wanted = Wanted(
                sku=sku,
                quantity=fell.quantity,
                kind="continuity",
                option=fell.option,
                discount_percent=fell.discount_percent,
                rule=fell.rule,
            )
            try:
                return priced([wanted], sold, started.country, now)
            except Rejected as refused:
                first = first or refused
        raise first or Rejected("nothing_ordered", "The shipment has no product.")


async def days_of(deps: Deps, campaign: str | None) -> int:
    """For how many days an order of the campaign may be taken back, as of now."""
    names = [campaign or DEFAULT, DEFAULT]
    found = await deps.reads.get(return_windows, list(dict.fromkeys(names)))
    return next((found[name].days for name in names if name in found), USUAL_DAYS)
