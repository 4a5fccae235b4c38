"""Orders as the tests of selling use them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.calls.domain.order import PlaceOrder
from services.calls.domain.pricing import Wanted, priced
from services.calls.domain.subscription import StartSubscription, Subscription, subscription
from services.calls.events.products import Price
from shared.contracts.selling import OrderLine, OrderPlaced, Plan, SubscriptionStarted
from tests.unit.calls.selling.catalogue import AT, WHO, price_list, sold

ORDER = "adria:4711"
SUB = f"{ORDER}-1"
CUT_OFF = AT + timedelta(days=14)
PRICES = (
    Price(country="HR", currency="EUR", net_minor=3192),
    Price(country="HR", currency="EUR", net_minor=2800, option="monthly"),
)
CATALOGUE = sold(price_list(prices=PRICES), price_list("VIT-60", prices=PRICES))
MONTHLY = Plan(unit="months", every=1, option="monthly")


def lines(*wanted: Wanted) -> tuple[OrderLine, ...]:
    """Priced by the catalogue of the tests: three of one product and an upsell, where nothing is said."""
    found, _ = priced(
        wanted or (Wanted(sku="KOL-30", quantity=3), Wanted(sku="VIT-60", kind="upsell")), CATALOGUE, "HR", AT
    )
    return found


def order_of(**more: Any) -> dict[str, Any]:
    """The fields of an order, as command or as event."""
    fields: dict[str, Any] = {
        "order": ORDER,
        "currency": "EUR",
        "country": "HR",
        "lines": lines(),
        "customer_ref": "cus_1",
        "call": "adria-twilio:CA1",
        "agent": "1007",
        "campaign": "vital",
        "cut_off": CUT_OFF,
        "day": "2026-03-04",
    }
    return {**fields, **WHO, **more}


def place(**more: Any) -> PlaceOrder:
    """The command."""
    return PlaceOrder(**order_of(**more))


def placed(**more: Any) -> OrderPlaced:
    """The event."""
    fields = order_of(**more)
    return OrderPlaced(**{"partner": fields["order"].partition(":")[0], **fields})


def start(**more: Any) -> StartSubscription:
    """The command that begins a subscription on the day of `AT`."""
    fields: dict[str, Any] = {
        "subscription": SUB,
        "order": ORDER,
        "customer_ref": "cus_1",
        "sku": "KOL-30",
        "quantity": 1,
        "country": "HR",
        "plan": MONTHLY,
        "call": "adria-twilio:CA1",
        "agent": "1007",
        "campaign": "vital",
    }
    return StartSubscription(**{**fields, **WHO, **more})


def started(**more: Any) -> SubscriptionStarted:
    """What that command leads to."""
    (event,) = subscription.decide(start(**more), Subscription())
    assert isinstance(event, SubscriptionStarted)
    return event
