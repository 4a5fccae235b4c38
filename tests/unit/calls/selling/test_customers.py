"""A customer's history: calls, orders and promises by the token, whatever comes first, and nothing of test calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.calls.events.histories import PastOrder, PastOrdersRemembered
from services.calls.events.leads import CallbackJudged, CallbackPromised
from services.calls.views.customers import KnownCustomer, customers, merge
from shared.contracts.calls import CallStarted
from shared.contracts.selling import OrderCancelled, OrderLine, OrderPlaced, OrderReturned
from shared.kernel import Money
from tests.spec import published, seen
from tests.unit.calls.selling.memory import AT

REF = "cus_1"
LINE = OrderLine(
    line=1, sku="KOL-30", kind="main", quantity=1, unit_net_minor=3192, net_minor=3192, tax_minor=798, tax_rate="25",
    price_list="KOL-30/1",
)  # fmt: skip
ORDER: dict[str, Any] = {"order": "adria:o1", "partner": "adria", "currency": "EUR", "lines": (LINE,), "by": "a1"}
PLACED = OrderPlaced(country="HR", customer_ref=REF, at=AT, call="adria-1:c1", **ORDER)
LATER = AT + timedelta(days=1)
CANCELLED = OrderCancelled(ordered_at=AT, reason="changed her mind", at=LATER, customer_ref=REF, **ORDER)
RETURNED = OrderReturned(ordered_at=AT, reason="too small", at=LATER, customer_ref=REF, **ORDER)
PROMISE: dict[str, Any] = {
    "lead": "adria:spring:1", "partner": "adria", "promise": "p1", "customer_ref": REF, "agent": "a1", "due": LATER,
}  # fmt: skip
PROMISED = CallbackPromised(list_id="adria:spring", personal=True, late_after=LATER, at=AT, **PROMISE)
JUDGED = CallbackJudged(verdict="kept", **PROMISE)
PAST = PastOrdersRemembered(
    partner="adria", import_id="i", part=0, at=AT, by="ana",
    orders=(PastOrder(customer_ref=REF, order="A1", ordered_on=AT, sku="VIT", amount=Money(3990, "EUR")),),
)  # fmt: skip


def started(**more: Any) -> CallStarted:
    said: dict[str, Any] = {
        "call": "adria-1:c1", "source": "adria-1", "partner": "adria", "direction": "outbound", "at": AT,
        "interval": AT, "day": "2026-03-04", "phase": "dialing", "offered": False, "dialed": True, "customer_ref": REF,
    }  # fmt: skip
    return CallStarted(**said | more)


ALL = [started(), started(call="adria-1:c2"), PLACED, CANCELLED, RETURNED, PROMISED, JUDGED, PAST]


def test_everything_about_a_customer_is_found_by_the_token() -> None:
    doc = seen(customers, *ALL)[REF]
    assert list(doc.calls) == ["adria-1:c1", "adria-1:c2"]
    assert {id_: (order.amount, order.past) for id_, order in doc.orders.items()} == {
        "adria:o1": (Money(3990, "EUR"), False),
        "adria:past:A1": (Money(3990, "EUR"), True),
    }
    assert doc.cancelled["adria:o1"] == (LATER, "changed her mind")
    assert doc.returned["adria:o1"] == (LATER, "too small")
    assert doc.callbacks["p1"].verdict == "kept"


@given(st.permutations(ALL), st.integers(0, len(ALL)))
def test_the_order_plays_no_part_and_shards_add_up(events: list[Any], cut: int) -> None:
    whole = seen(customers, *ALL)[REF]
    assert seen(customers, *events)[REF] == whole
    # What is said of one promise comes from one stream, and lies in one shard.
    one: list[Any] = [event for event in events if event in (PROMISED, JUDGED)]
    other: list[Any] = []
    for n, event in enumerate(event for event in events if event not in (PROMISED, JUDGED)):
        (one if n < cut else other).append(event)
    shards = [seen(customers, *part).get(REF, KnownCustomer(customer_ref=REF)) for part in (one, other)]
    assert merge(*shards) == merge(*reversed(shards)) == whole


def test_a_call_that_is_taken_back_was_none_and_test_calls_are_no_history() -> None:
    first = published(started())
    doc = seen(customers, first, published(started(), 2, reverses=first))[REF]
    assert doc.calls == {}
    assert seen(customers, started(counts="test"), started(customer_ref=None)) == {}
