"""Orders: placed once at the prices of their moment, moved by their providers, taken back in time, adding up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st

from services.calls.domain.order import Back, CancelOrder, MoveFulfilment, MovePayment, Order, ReturnLines, order
from services.calls.domain.pricing import Sold, Wanted, priced
from services.calls.domain.return_window import SetReturnWindow, return_window
from services.calls.events.orders import MessageNoted, OrderEvent, ReturnWindowSet
from services.calls.events.products import Price
from services.calls.views.orders import KnownOrder, orders
from services.calls.views.return_windows import return_windows
from shared.contracts.selling import FulfilmentMoved, OrderCancelled, OrderPlaced, OrderReturned, PaymentMoved
from tests.spec import evolved, given, seen
from tests.unit.calls.selling.catalogue import AT, WHO, price_list, sold
from tests.unit.calls.selling.shop import CUT_OFF, ORDER, lines, place, placed

LATER = AT + timedelta(days=2)
OF: dict[str, Any] = {"order": ORDER, "at": LATER, "by": "ben"}


def payment(state: str, message: str, minutes: int = 0) -> MovePayment:
    at = AT + timedelta(minutes=minutes)
    said = {"order": ORDER, "state": state, "provider": "bank", "message": message, "at": at}
    return msgspec.convert(said, MovePayment)


def goods(state: str, message: str = "m1", minutes: int = 0) -> MoveFulfilment:
    at = AT + timedelta(minutes=minutes)
    said = {"order": ORDER, "state": state, "provider": "depot", "message": message, "at": at}
    return msgspec.convert(said, MoveFulfilment)


def moved(state: str, message: str = "m0") -> FulfilmentMoved:
    said = {"order": ORDER, "partner": "adria", "state": state, "provider": "depot", "message": message}
    return msgspec.convert({**said, "at": AT, "country": "HR", "type": "FulfilmentMoved"}, FulfilmentMoved)


def back(ref: str = "r1", at: Any = LATER, **pieces: int) -> ReturnLines:
    parts = tuple(Back(line=int(line.removeprefix("line")), quantity=quantity) for line, quantity in pieces.items())
    return ReturnLines(**{**OF, "at": at}, lines=parts, reason="too big", ref=ref)


def test_an_order_is_placed_as_it_was_priced() -> None:
    given(order).when(place()).then(placed())


def test_the_same_order_is_no_second_one_and_keeps_its_first_prices() -> None:
    dearer = tuple(
        msgspec.structs.replace(line, net_minor=line.net_minor * 2, price_list="KOL-30/2") for line in lines()
    )
    given(order, placed()).when(place(lines=dearer, at=LATER)).then()


def test_an_id_is_not_given_to_two_orders() -> None:
    given(order, placed()).when(place(customer_ref="cus_2")).then_rejected("order_exists")
    given(order, placed()).when(place(lines=lines(Wanted(sku="KOL-30")))).then_rejected("order_exists")


def test_an_order_has_a_line() -> None:
    given(order).when(place(lines=())).then_rejected("nothing_ordered")


@pytest.mark.parametrize(
    "command", [CancelOrder(**OF, reason="x"), back(line1=1), payment("paid", "e1"), goods("packed")]
)
def test_what_was_not_placed_is_not_moved(command: Any) -> None:
    given(order).when(command).then_rejected("unknown_order")


def test_an_order_is_cancelled_as_a_whole() -> None:
    outcome = given(order, placed()).when(CancelOrder(**OF, reason="changed her mind", day="2026-03-06"))
    (event,) = outcome.events
    assert event == OrderCancelled(
        order=ORDER, partner="adria", currency="EUR", country="HR", lines=lines(), ordered_at=AT,
        reason="changed her mind", at=LATER, by="ben", call="adria-twilio:CA1", agent="1007", campaign="vital",
        day="2026-03-06", customer_ref="cus_1",
    )  # fmt: skip


def test_what_has_not_left_is_cancelled_at_any_time_and_what_has_only_before_the_cut_off() -> None:
    late = CancelOrder(order=ORDER, reason="x", at=CUT_OFF, by="ben")
    assert given(order, placed(), moved("packed")).when(late).rejected is None
    given(order, placed(), moved("shipped")).when(late).then_rejected("past_cut_off")
    in_time = msgspec.structs.replace(late, at=CUT_OFF - timedelta(seconds=1))
    assert given(order, placed(), moved("shipped")).when(in_time).rejected is None


def test_what_the_customer_has_comes_back_and_is_not_cancelled() -> None:
    given(order, placed(), moved("delivered")).when(CancelOrder(**OF, reason="x")).then_rejected("delivered")
    some = given(order, placed(), moved("shipped")).when(back(line1=1)).events
    given(order, placed(), moved("shipped"), *some).when(CancelOrder(**OF, reason="x")).then_rejected("partly_returned")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (back(line1=4), "too_many"),
        (back(line7=1), "unknown_line"),
        (back(at=CUT_OFF, line1=1), "past_cut_off"),
    ],
)
def test_only_what_was_sent_comes_back_in_time(command: ReturnLines, code: str) -> None:
    given(order, placed(), moved("delivered")).when(command).then_rejected(code)


def test_goods_that_have_not_left_do_not_come_back() -> None:
    given(order, placed()).when(back(line1=1)).then_rejected("not_shipped")
    cancelled = given(order, placed(), moved("shipped")).when(CancelOrder(**OF, reason="x")).events
    given(order, placed(), moved("shipped"), *cancelled).when(back(line1=1)).then_rejected("cancelled")


def test_a_return_is_known_by_its_id() -> None:
    first = given(order, placed(), moved("delivered")).when(back(line1=2)).events
    given(order, placed(), moved("delivered"), *first).when(back(line1=2)).then()
    given(order, placed(), moved("delivered"), *first).when(back(line1=1)).then_rejected("ref_taken")
    given(order, placed(), moved("delivered"), *first).when(back("r2", line1=2)).then_rejected("too_many")


def test_a_message_of_a_provider_moves_the_order_once() -> None:
    command = payment("paid", "e1")
    event = PaymentMoved(order=ORDER, partner="adria", state="paid", provider="bank", message="e1", at=AT, country="HR")
    given(order, placed()).when(command).then(event)
    late = given(order, placed(), event).when(payment("authorised", "e0")).events
    assert [(type(one), one.late) for one in late] == [(MessageNoted, True)]
    same = given(order, placed(), event).when(payment("paid", "e2")).events
    assert [(type(one), one.late) for one in same] == [(MessageNoted, False)]
    other = msgspec.structs.replace(command, provider="other", state="refunded")
    assert given(order, placed(), event).when(other).events, "the ids of two providers are two ids"


@whatever(
    st.lists(st.tuples(st.sampled_from(("pending", "authorised", "paid", "failed", "refunded", "charged_back")),
                       st.integers(0, 6), st.integers(0, 20)), max_size=12)
)  # fmt: skip
def test_messages_that_come_twice_change_nothing(said: list[tuple[str, int, int]]) -> None:
    state, events = evolved(order, Order(), [placed()]), 0
    for name, message, minutes in (*said, *said):
        more = order.decide(payment(name, str(message), minutes), state)
        state, events = evolved(order, state, more), events + len(more)
        assert order.decide(payment(name, str(message), minutes), state) == []
    assert events == len({message for _, message, _ in said})


amounts = st.integers(0, 10**7)


@whatever(
    st.lists(st.tuples(amounts, st.integers(1, 40), st.decimals(0, 27, places=1).map(str)), min_size=1, max_size=4),
    st.data(),
)
def test_what_comes_back_adds_up_to_what_was_paid_whatever_its_parts(
    wanted: list[tuple[int, int, str]], data: st.DataObject
) -> None:
    catalogue: dict[str, Sold] = {}
    for number, (minor, _, rate) in enumerate(wanted):
        price = Price(country="HR", currency="EUR", net_minor=minor)
        catalogue |= sold(price_list(f"P{number}", prices=(price,), tax_rates={"HR": rate}))
    asked = [Wanted(sku=f"P{number}", quantity=pieces) for number, (_, pieces, _) in enumerate(wanted)]
    ordered, _ = priced(asked, catalogue, "HR", AT)
    state = evolved(order, Order(), [placed(lines=ordered), moved("delivered")])
    left = {line.line: line.quantity for line in ordered}
    events: list[OrderEvent] = []
    while left:
        number = data.draw(st.sampled_from(sorted(left)))
        pieces = data.draw(st.integers(1, left[number]))
        command = back(f"r{len(events)}", **{f"line{number}": pieces})
        more = order.decide(command, state)
        state, events = evolved(order, state, more), events + more
        left[number] -= pieces
        if not left[number]:
            del left[number]
    for name in ("net_minor", "tax_minor", "gross_minor", "discount_minor", "quantity"):
        came_back = sum(
            getattr(part, name) for event in events if isinstance(event, OrderReturned) for part in event.lines
        )
        assert came_back == sum(getattr(line, name) for line in ordered), name
    doc = seen(orders, placed(lines=ordered), moved("delivered"), *events)[ORDER]
    assert (doc.state, doc.returned_minor) == ("returned", doc.gross_minor)


@whatever(
    st.integers(1, 50),
    amounts,
    st.lists(st.tuples(amounts, st.decimals(0, 50, places=1).map(str)), min_size=1, max_size=4),
)
def test_no_later_price_or_rule_alters_a_past_order(pieces: int, first: int, changes: list[tuple[int, str]]) -> None:
    wanted = [Wanted(sku="KOL-30", quantity=pieces)]
    one = price_list(prices=(Price(country="HR", currency="EUR", net_minor=first),))
    before, currency = priced(wanted, sold(one), "HR", AT)
    event = order.decide(place(lines=before, currency=currency), Order())
    kept = seen(orders, *event)[ORDER]
    lists = [one]
    for number, (minor, rate) in enumerate(changes, 2):
        price = Price(country="HR", currency="EUR", net_minor=minor)
        starts = AT + timedelta(days=number)
        lists.append(price_list(version=number, starts=starts, prices=(price,), tax_rates={"HR": rate}))
        again, _ = priced(
            [msgspec.structs.replace(wanted[0], discount_percent="10", rule=f"v{number}")], sold(*lists), "HR", starts
        )
        state = evolved(order, Order(), event)
        assert order.decide(place(lines=again, at=starts), state) == [], "it is the same order"
        assert priced(wanted, sold(*lists), "HR", AT)[0] == before, "what held then is still known"
    assert seen(orders, *event)[ORDER] == kept
    assert kept.placed is not None
    assert kept.placed.lines == before


def test_an_order_is_found_by_what_is_known_of_it() -> None:
    doc = seen(orders, placed())[ORDER]
    assert orders.fields(doc) == {
        "partner": "adria", "call": "adria-twilio:CA1", "agent": "1007", "campaign": "vital", "customer": "cus_1",
        "subscription": "", "state": "placed", "payment": "pending", "fulfilment": "pending", "day": "2026-03-04",
    }  # fmt: skip
    events = given(order, placed(), moved("delivered")).when(back(line1=1)).events
    doc = seen(orders, placed(), moved("delivered"), *events)[ORDER]
    assert (doc.state, doc.fulfilment, len(doc.history)) == ("partly_returned", "delivered", 2)
    assert doc.returned_minor == 3990


def test_a_day_that_nobody_said_is_that_of_utc() -> None:
    assert seen(orders, placed(day=""))[ORDER].day == "2026-03-04"
    noted = MessageNoted(
        order=ORDER, partner="adria", matter="payment", state="paid", provider="bank", message="m", at=AT
    )
    doc = seen(orders, placed(), noted)[ORDER]
    assert (doc.payment, doc.history) == ("pending", [noted])


def test_two_shards_of_an_order_are_the_fuller_one() -> None:
    one, other = (
        KnownOrder(order=ORDER, partner="adria", changes=1),
        KnownOrder(order=ORDER, partner="adria", changes=2),
    )
    assert orders.merge(one, other) is other
    assert orders.merge(other, one) is other


def test_a_window_holds_from_its_word_on() -> None:
    command = SetReturnWindow(campaign="vital", days=30, reason="as advertised", **WHO)
    event = ReturnWindowSet(campaign="vital", days=30, reason="as advertised", **WHO)
    given(return_window).when(command).then(event)
    given(return_window, event).when(msgspec.structs.replace(command, days=14)).then(
        msgspec.structs.replace(event, days=14)
    )
    doc = seen(return_windows, event, msgspec.structs.replace(event, days=14))["vital"]
    assert (doc.days, len(doc.said)) == (14, 2)


def test_placed_is_a_public_event_that_keeps_the_whole_order() -> None:
    event = placed()
    assert isinstance(event, OrderPlaced)
    assert event.gross.minor == 3 * 3990 + 3990
