"""Repeat shipments: each falls due once, follows what the customer changes, and ends when they say so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st

from services.calls.domain.process_managers import follow_orders, note_shipments, subscription_of
from services.calls.domain.subscription import (
    AnswerSave,
    AskedPlan,
    CancelSubscription,
    ChangePlan,
    ChangeProduct,
    HoldShipment,
    LoseShipment,
    MarkDue,
    NoteShipment,
    OfferSave,
    PauseSubscription,
    ResumeSubscription,
    SkipShipment,
    Subscription,
    SubscriptionCommand,
    evolved,
    subscription,
)
from services.calls.events.subscriptions import (
    SaveRefused,
    ShipmentFellDue,
    ShipmentPlaced,
    SubscriptionEvent,
    SubscriptionResumed,
)
from services.calls.views.subscriptions import KnownSubscription, subscriptions
from shared.contracts.selling import OrderCancelled, OrderReturned, Plan, SubscriptionCancelled
from shared.kernel import Money, Rejected, Send
from tests.spec import given, published, seen
from tests.unit.calls.selling.catalogue import AT
from tests.unit.calls.selling.shop import MONTHLY, ORDER, SUB, lines, placed, start, started


def on(day: str, **more: Any) -> dict[str, Any]:
    """On a day, at the hour of `AT`."""
    at = datetime.combine(date.fromisoformat(day), AT.time(), UTC)
    return {"subscription": SUB, "at": at, "by": "ana", **more}


def mark(day: str) -> MarkDue:
    return MarkDue(**on(day))


def after(*commands: SubscriptionCommand) -> list[SubscriptionEvent]:
    """All that these commands led to, from the beginning."""
    events: list[SubscriptionEvent] = [started()]
    for command in commands:
        events += subscription.decide(command, evolved(Subscription(), events))
    return events


def due_of(*commands: SubscriptionCommand) -> str | None:
    """The day of the shipment that is next after these commands."""
    due = seen(subscriptions, *after(*commands))[SUB].next_due
    return str(due) if due else None


def noted(due: str) -> NoteShipment:
    day = date.fromisoformat(due)
    return NoteShipment(**on(due), order=f"{SUB}.{day:%Y%m%d}", sku="KOL-30", gross=Money(3500, "EUR"))


def change(unit: str, every: int, day: str) -> ChangePlan:
    return ChangePlan(**on(day), plan=msgspec.convert({"unit": unit, "every": every}, AskedPlan), reason="too much")


def offer(ident: str = "o1", day: str = "2026-03-10", **more: Any) -> OfferSave:
    said = {"kind": "discount", "text": "20 %", "reason": "price", "discount_percent": "20", "shipments": 2, **more}
    return OfferSave(**on(day), offer=ident, **said)


def test_it_begins_with_its_order() -> None:
    outcome = given(subscription).when(start())
    (event,) = outcome.events
    assert (event.next_due, event.partner, event.plan) == (date(2026, 4, 4), "adria", MONTHLY)
    given(subscription, event).when(start()).then()


COMMANDS: tuple[SubscriptionCommand, ...] = (
    mark("2026-04-04"), noted("2026-04-04"), change("weeks", 2, "2026-03-10"), offer(),
    SkipShipment(**on("2026-03-10"), due=date(2026, 4, 4), reason="x"),
    CancelSubscription(**on("2026-03-10"), reason="x"),
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_what_was_not_started_is_not_changed(command: SubscriptionCommand) -> None:
    given(subscription).when(command).then_rejected("unknown_subscription")


def test_a_shipment_falls_due_on_its_day_and_not_before() -> None:
    given(subscription, *after()).when(mark("2026-04-03")).then()
    (fell,) = given(subscription, *after()).when(mark("2026-04-04")).events
    assert isinstance(fell, ShipmentFellDue)
    assert (fell.order, fell.sku, fell.option, str(fell.next_due)) == (
        f"{SUB}.20260404",
        "KOL-30",
        "monthly",
        "2026-05-04",
    )
    given(subscription, *after(), fell).when(mark("2026-05-04")).then()
    note = noted("2026-04-04")
    (shipped,) = given(subscription, *after(), fell).when(note).events
    assert isinstance(shipped, ShipmentPlaced)
    assert shipped.number == 2
    assert given(subscription, *after(), fell, shipped).when(mark("2026-05-04")).events


def test_what_was_missed_comes_as_one_shipment() -> None:
    (fell,) = given(subscription, *after()).when(mark("2026-07-20")).events
    assert isinstance(fell, ShipmentFellDue)
    assert (str(fell.due), str(fell.through), str(fell.next_due)) == ("2026-04-04", "2026-07-04", "2026-08-04")


def test_a_shipment_that_cannot_be_ordered_is_held_for_a_reason_said_once() -> None:
    hold = HoldShipment(**on("2026-04-04"), due=date(2026, 4, 4), cause="not_sold")
    given(subscription, *after()).when(hold).then()
    events = after(mark("2026-04-04"), hold)
    doc = seen(subscriptions, *events)[SUB]
    assert (doc.held, doc.pending is not None) == ("not_sold", True)
    assert seen(subscriptions, *events, *after(mark("2026-04-04"), noted("2026-04-04"))[2:])[SUB].held == ""


def test_a_skipped_shipment_is_left_out_and_only_the_next_can_be() -> None:
    skip = SkipShipment(**on("2026-03-10"), due=date(2026, 4, 4), reason="on holiday")
    assert given(subscription, *after()).when(skip).rejected is None
    assert due_of(skip) == "2026-05-04"
    given(subscription, *after()).when(msgspec.structs.replace(skip, due=date(2026, 5, 4))).then_rejected("not_next")


def test_another_plan_counts_from_the_last_shipment() -> None:
    assert due_of(change("weeks", 2, "2026-03-10")) == "2026-03-18"
    assert due_of(change("days", 3, "2026-03-10")) == "2026-03-10", (
        "nothing of the past: the day of the change at first"
    )
    assert due_of(mark("2026-04-04"), noted("2026-04-04"), change("weeks", 2, "2026-04-05")) == "2026-04-18"
    given(subscription, *after()).when(change("weeks", 53, "2026-03-10")).then_rejected("too_seldom")
    same = ChangePlan(**on("2026-03-10"), plan=AskedPlan(unit="months", every=1, option="monthly"), reason="x")
    given(subscription, *after()).when(same).then()


def test_another_product_goes_into_the_next_shipment() -> None:
    command = ChangeProduct(**on("2026-03-10"), sku="VIT-60", quantity=2, reason="prefers it", alternates=("KOL-30",))
    assert given(subscription, *after()).when(command).rejected is None
    (*_, fell) = after(command, mark("2026-04-04"))
    assert isinstance(fell, ShipmentFellDue)
    assert (fell.sku, fell.quantity, fell.alternates) == ("VIT-60", 2, ("KOL-30",))


def test_nothing_comes_while_it_is_paused() -> None:
    pause = PauseSubscription(**on("2026-03-10"), reason="enough for now")
    assert given(subscription, *after()).when(pause).rejected is None
    assert due_of(pause) is None
    given(subscription, *after(pause)).when(mark("2026-06-01")).then()
    assert due_of(pause, ResumeSubscription(**on("2026-06-10"))) == "2026-07-04", "in its old rhythm"
    given(subscription, *after()).when(ResumeSubscription(**on("2026-03-11"))).then()


def test_a_pause_until_a_day_ends_by_itself_with_its_first_shipment() -> None:
    pause = PauseSubscription(**on("2026-03-10"), reason="on holiday", until=date(2026, 5, 10))
    assert due_of(pause) == "2026-06-04"
    given(subscription, *after(pause)).when(mark("2026-06-03")).then()
    resumed, fell = given(subscription, *after(pause)).when(mark("2026-06-04")).events
    assert isinstance(resumed, SubscriptionResumed)
    assert isinstance(fell, ShipmentFellDue)
    assert str(fell.due) == "2026-06-04"
    assert seen(subscriptions, *after(pause), resumed, fell)[SUB].status == "active"
    past = msgspec.structs.replace(pause, until=date(2026, 3, 10))
    given(subscription, *after()).when(past).then_rejected("pause_in_the_past")
    assert due_of(pause, change("weeks", 1, "2026-03-11")) == "2026-05-13", "a new rhythm waits as long"


def test_a_pause_keeps_back_what_fell_due_and_was_not_ordered() -> None:
    doc = seen(subscriptions, *after(mark("2026-04-04"), PauseSubscription(**on("2026-04-04"), reason="x")))[SUB]
    assert (doc.pending, doc.status) == (None, "paused")


def test_an_accepted_discount_is_on_its_shipments_and_no_others() -> None:
    accept = AnswerSave(**on("2026-03-10"), offer="o1", accepted=True)
    assert given(subscription, *after()).when(offer()).rejected is None
    assert given(subscription, *after(offer())).when(accept).rejected is None
    months = ("2026-04-04", "2026-05-04", "2026-06-04")
    events = after(offer(), accept, *(step for month in months for step in (mark(month), noted(month))))
    fell = [event for event in events if isinstance(event, ShipmentFellDue)]
    assert [(one.discount_percent, one.rule) for one in fell] == [("20", "save:o1"), ("20", "save:o1"), (None, None)]


def test_one_offer_waits_at_a_time_and_each_has_one_answer() -> None:
    accept = AnswerSave(**on("2026-03-10"), offer="o1", accepted=True)
    given(subscription, *after(offer())).when(offer("o2")).then_rejected("offer_open")
    given(subscription, *after(offer())).when(offer(text="30 %")).then_rejected("offer_taken")
    given(subscription, *after()).when(offer(shipments=0)).then_rejected("no_discount")
    given(subscription, *after()).when(offer(kind="pause")).then_rejected("no_discount")
    given(subscription, *after()).when(accept).then_rejected("unknown_offer")
    refuse = msgspec.structs.replace(accept, accepted=False)
    given(subscription, *after(offer(), accept)).when(refuse).then_rejected("answered_otherwise")


def test_who_cancels_gets_nothing_more_and_refuses_what_was_offered() -> None:
    cancel = CancelSubscription(**on("2026-04-10"), reason="price")
    steps = (mark("2026-04-04"), noted("2026-04-04"), offer(day="2026-04-10"))
    refused, over = given(subscription, *after(*steps)).when(cancel).events
    assert isinstance(refused, SaveRefused)
    assert over == SubscriptionCancelled(
        subscription=SUB, partner="adria", reason="price", shipments=2, at=cancel.at, by="ana",
        call="adria-twilio:CA1", agent="1007", campaign="vital",
    )  # fmt: skip
    given(subscription, *after(*steps, cancel)).when(mark("2026-05-04")).then()
    given(subscription, *after(*steps, cancel)).when(change("weeks", 2, "2026-04-11")).then_rejected(
        "subscription_over"
    )
    doc = seen(subscriptions, *after(*steps, cancel))[SUB]
    assert (doc.status, doc.next_due, doc.offers[0].accepted, subscriptions.fields(doc)["due"]) == (
        "cancelled", None, False, "9999-12-31",
    )  # fmt: skip


def test_what_a_shipments_order_loses_is_taken_from_it_once() -> None:
    lost = LoseShipment(**on("2026-04-08"), order=f"{SUB}.20260404", amount=Money(500, "EUR"), ref="r1")
    steps = (mark("2026-04-04"), noted("2026-04-04"), lost)
    assert given(subscription, *after(*steps[:2])).when(lost).rejected is None
    assert seen(subscriptions, *after(*steps))[SUB].shipments[0].lost_minor == 500


DAYS = st.integers(0, 400).map(lambda number: (AT.date() + timedelta(days=number)).isoformat())
ACTS = st.one_of(
    DAYS.map(mark),
    DAYS.map(mark),
    st.builds(change, st.sampled_from(("days", "weeks", "months")), st.integers(1, 40), DAYS),
    st.builds(lambda day: PauseSubscription(**on(day), reason="x"), DAYS),
    st.builds(
        lambda day, more: PauseSubscription(
            **on(day), reason="x", until=date.fromisoformat(day) + timedelta(days=more)
        ),
        DAYS,
        st.integers(-3, 90),
    ),
    st.builds(lambda day: ResumeSubscription(**on(day)), DAYS),
    st.builds(lambda day, due: SkipShipment(**on(day), due=date.fromisoformat(due), reason="x"), DAYS, DAYS),
)


@whatever(st.lists(ACTS, max_size=25), st.booleans())
def test_no_shipment_falls_due_twice_and_what_is_told_of_the_next_is_true(
    commands: list[SubscriptionCommand], ordered: bool
) -> None:
    events = after()
    for command in sorted(commands, key=lambda one: one.at) if ordered else commands:
        state = evolved(Subscription(), events)
        try:
            more = subscription.decide(command, state)
        except Rejected:
            continue
        again = subscription.decide(command, evolved(state, more))
        assert again == [], "a repeat leads to nothing"
        events += more
        for event in more:
            if isinstance(event, ShipmentFellDue):
                assert event.due <= command.at.date()
                day = event.due
                events += subscription.decide(noted(day.isoformat()), evolved(Subscription(), events))
    fell = [event for event in events if isinstance(event, ShipmentFellDue)]
    assert len({event.order for event in fell}) == len(fell), "each order id once"
    assert all(one.through < other.due for one, other in pairwise(fell))
    doc = seen(subscriptions, *events)[SUB]
    assert [one.order for one in doc.shipments] == [event.order for event in fell]
    if doc.next_due is not None:
        at = datetime.combine(doc.next_due, AT.time(), UTC)
        state = evolved(Subscription(), events)
        assert subscription.decide(MarkDue(subscription=SUB, at=at - timedelta(days=1), by="ana"), state) == []
        assert subscription.decide(MarkDue(subscription=SUB, at=at, by="ana"), state)


def sent(event: Any) -> list[Send]:
    return follow_orders.handle(published(event))


def test_subscriptions_follow_orders() -> None:
    plain, planned = lines()
    planned = msgspec.structs.replace(planned, plan=Plan(unit="weeks", every=4))
    order = placed(lines=(plain, planned))
    (begun,) = sent(order)
    assert begun.stream_id == subscription_of(ORDER, planned) == f"{ORDER}-2"
    assert begun.command == start(subscription=f"{ORDER}-2", sku="VIT-60", plan=Plan(unit="weeks", every=4))
    said: dict[str, Any] = {"order": ORDER, "partner": "adria", "currency": "EUR", "ordered_at": AT, "reason": "x"}
    said |= {"at": AT, "by": "ben"}
    (ended,) = sent(OrderCancelled(**said, lines=order.lines))
    assert ended.command == CancelSubscription(subscription=f"{ORDER}-2", reason="order_cancelled", at=AT, by="ben")
    assert sent(OrderReturned(**said, lines=order.lines)) == [], "who returns goods has not cancelled what comes later"
    (lost,) = sent(OrderReturned(**said | {"order": "adria:x"}, lines=(plain,), subscription=SUB, ref="r1"))
    assert lost.command == LoseShipment(
        subscription=SUB, order="adria:x", amount=Money(plain.gross_minor, "EUR"), ref="r1", at=AT, by="ben"
    )


@pytest.mark.parametrize(
    "said",
    [
        PauseSubscription(**on("2026-04-04"), until=date(2026, 6, 1), reason="Away."),
        CancelSubscription(**on("2026-04-04"), reason="Too much of it."),
    ],
)
def test_a_shipment_is_noted_whatever_was_said_while_its_order_was_placed(said: Any) -> None:
    state, commands = subscription.initial, (start(), MarkDue(**on("2026-04-04")), said)
    for command in commands:
        for event in subscription.decide(command, state):
            # What it was ordered as says nothing of the day.
            if isinstance(event, ShipmentFellDue):
                event = msgspec.structs.replace(event, order="adria:by-hand-17")
            state = subscription.evolve(state, event)
    order = placed(order="adria:by-hand-17", subscription=SUB, call=None)
    (noting,) = note_shipments.handle(published(order))
    command = noting.command
    assert isinstance(command, NoteShipment)
    assert (noting.stream_id, command.order, command.gross) == (SUB, order.order, order.gross)
    (noted,) = subscription.decide(command, state)
    assert isinstance(noted, ShipmentPlaced)
    assert (noted.due, noted.number) == (date(2026, 4, 4), 2)
    other = msgspec.structs.replace(command, order="adria:other")
    with pytest.raises(Rejected, match="unknown_shipment"):
        subscription.decide(other, state)
    assert note_shipments.handle(published(placed())) == [], "the order that began it is no shipment"


def test_two_shards_of_a_subscription_are_the_fuller_one() -> None:
    one = KnownSubscription(subscription=SUB, partner="adria", changes=1)
    other = KnownSubscription(subscription=SUB, partner="adria", changes=2)
    assert subscriptions.merge(one, other) is other
    assert subscriptions.merge(other, one) is other
