"""Sales goals: pace until now, forecast to the end, and sums of orders that add up whatever is taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.calls.domain.goals import SetGoal, WithdrawGoal, goal, pace, period
from services.calls.domain.pricing import part_of
from services.calls.events.goals import GoalSet, GoalWithdrawn
from services.calls.views.goals import goals
from services.calls.views.ordered import Sum, between, ordered
from shared.contracts.selling import OrderCancelled, OrderLine, OrderPlaced, OrderReturned
from tests.spec import given, published, seen
from tests.unit.calls.selling.catalogue import AT, WHO

ZAGREB = ZoneInfo("Europe/Zagreb")
MARCH: dict[str, Any] = {
    "goal": "march",
    "name": "March",
    "measure": "orders",
    "target": 310,
    "starts": date(2026, 3, 1),
    "ends": date(2026, 3, 31),
    "zone": "Europe/Zagreb",
    **WHO,
}
march = GoalSet(**MARCH)


def in_march(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=ZAGREB)


def test_a_goal_is_what_was_said_last() -> None:
    given(goal).when(SetGoal(**MARCH)).then(march)
    given(goal, march).when(SetGoal(**MARCH | {"at": AT + timedelta(days=1)})).then()
    more = MARCH | {"target": 400}
    given(goal, march).when(SetGoal(**more)).then(GoalSet(**more))
    withdraw = WithdrawGoal(goal="march", reason="no stock", **WHO)
    gone = GoalWithdrawn(goal="march", reason="no stock", **WHO)
    given(goal).when(withdraw).then_rejected("unknown_goal")
    given(goal, march).when(withdraw).then(gone)
    given(goal, march, gone).when(withdraw).then()
    doc = seen(goals, march, gone)["march"]
    assert (doc.goal_set, doc.history) == (None, [march, gone])
    assert goals.fields(doc) == {"campaign": "", "partner": "", "set": "no"}
    held = seen(goals, msgspec.structs.replace(march, campaign="lamps", partner="adria"))["march"]
    assert goals.fields(held) == {"campaign": "lamps", "partner": "adria", "set": "yes"}
    assert goals.merge(held, doc) is doc


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"ends": date(2026, 2, 28)}, "ends_before"),
        ({"ends": date(2027, 3, 2)}, "too_long"),
        ({"measure": "net_revenue"}, "currency_wrong"),
        ({"measure": "net_revenue", "currency": "XXQ"}, "currency_wrong"),
        ({"currency": "EUR"}, "currency_wrong"),
        ({"currency": "XXQ"}, "currency_wrong"),
        ({"zone": "Europe/Agram"}, "unknown_zone"),
        ({"zone": "../secret"}, "unknown_zone"),
        ({"weekdays": (1, 1, 1)}, "weekdays_wrong"),
        ({"weekdays": (1, 1, 1, 1, 1, 1, -1)}, "weekdays_wrong"),
        ({"weekdays": (0, 0, 0, 0, 0, 0, 9), "starts": date(2026, 3, 2), "ends": date(2026, 3, 7)}, "weekdays_wrong"),
    ],
)
def test_a_goal_that_cannot_be_followed_is_refused(more: dict[str, Any], code: str) -> None:
    given(goal).when(SetGoal(**MARCH | more)).then_rejected(code)


@pytest.mark.parametrize(
    ("now", "done", "state", "expected", "forecast"),
    [
        (in_march(1) - timedelta(seconds=1), 0, "not_started", 0, None),
        (in_march(11), 90, "behind", 100, 279),
        (in_march(11), 100, "on_pace", 100, 310),
        (in_march(11, 12), 84, "behind", 105, 248),
        (in_march(11), 310, "reached", 100, 961),
        (in_march(31) + timedelta(days=2), 309, "missed", 310, 309),
    ],
)
def test_an_even_pace(now: datetime, done: int, state: str, expected: int, forecast: int | None) -> None:
    told = pace(march, done, now)
    assert (told.state, told.expected, told.forecast) == (state, expected, forecast)
    assert (told.ahead, told.left) == (done - expected, max(310 - done, 0))


def test_days_weigh_what_their_weekdays_bring() -> None:
    # Monday the 2nd to Sunday the 8th: five days bring two each, Saturday one, Sunday nothing.
    week = msgspec.structs.replace(
        march, starts=date(2026, 3, 2), ends=date(2026, 3, 8), target=110, weekdays=(2, 2, 2, 2, 2, 1, 0)
    )
    assert [pace(week, 0, in_march(day)).expected for day in range(2, 10)] == [0, 20, 40, 60, 80, 100, 110, 110]
    assert pace(week, 50, in_march(4)).elapsed_percent == "36.4"


def test_a_short_day_is_a_day() -> None:
    """On the 29th clocks go forward: its noon is 11 of its 23 hours after its beginning."""
    one = msgspec.structs.replace(march, starts=date(2026, 3, 29), ends=date(2026, 3, 29), target=2300)
    assert pace(one, 0, in_march(29, 12)).expected == 1100
    low, high = period(one)
    assert high.astimezone(UTC) - low.astimezone(UTC) == timedelta(hours=23)


weekdays = st.just(()) | st.lists(st.integers(0, 1000), min_size=7, max_size=7).map(tuple).filter(any)
plans = st.builds(
    lambda starts, days, target, weights: msgspec.structs.replace(
        march, starts=starts, ends=starts + timedelta(days=days), target=target, weekdays=weights
    ),
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.integers(6, 60),
    st.integers(1, 10**9),
    weekdays,
)


@drawn(plans, st.lists(st.floats(-0.2, 1.2), min_size=2, max_size=6), st.integers(0, 10**9))
def test_pace_rises_from_nothing_to_the_target(plan: GoalSet, shares: list[float], done: int) -> None:
    low, high = period(plan)
    told = [pace(plan, done, low + (high - low) * share) for share in sorted(shares)]
    assert [one.expected for one in told] == sorted(one.expected for one in told)
    assert pace(plan, done, low).expected == 0
    end = pace(plan, done, high)
    assert (end.expected, end.forecast, end.elapsed_percent) == (plan.target, done, "100.0")
    for one in told:
        assert 0 <= one.expected <= plan.target
        assert (one.state == "reached") == (done >= plan.target)
        assert one.forecast is None or one.forecast >= done


@drawn(plans, st.floats(0.01, 1))
def test_who_is_on_pace_ends_at_the_target(plan: GoalSet, share: float) -> None:
    low, high = period(plan)
    now = low + (high - low) * share
    told = pace(plan, pace(plan, 0, now).expected, now)
    if told.forecast is not None and told.done:
        # What is done is rounded to a whole, which the forecast carries on.
        assert abs(told.forecast - plan.target) <= plan.target / told.done + 1


# What was ordered


def line(number: int = 1, sku: str = "LAMP", quantity: int = 2, net: int = 5000) -> OrderLine:
    return OrderLine(
        line=number,
        sku=sku,
        kind="main",
        quantity=quantity,
        unit_net_minor=net,
        net_minor=net * quantity,
        tax_minor=0,
        tax_rate="0",
        price_list=f"{sku}/1",
    )


def placed(order: str = "o1", at: datetime = AT, **more: Any) -> OrderPlaced:
    fields: dict[str, Any] = {
        "partner": "adria",
        "currency": "EUR",
        "country": "HR",
        "lines": (line(), line(2, "OIL", 1, 900)),
        "customer_ref": "c1",
        "by": "ana",
        "campaign": "lamps",
    }
    return OrderPlaced(order=order, at=at, **fields | more)


def _back(order: OrderPlaced, lines: tuple[OrderLine, ...], at: datetime) -> dict[str, Any]:
    return {
        "order": order.order,
        "partner": order.partner,
        "currency": order.currency,
        "lines": lines,
        "ordered_at": order.at,
        "reason": "changed my mind",
        "at": at,
        "by": "ana",
        "campaign": order.campaign,
        "subscription": order.subscription,
    }


def cancelled(order: OrderPlaced, at: datetime = AT + timedelta(days=3)) -> OrderCancelled:
    return OrderCancelled(**_back(order, order.lines, at))


def returned(order: OrderPlaced, *lines: OrderLine) -> OrderReturned:
    return OrderReturned(**_back(order, lines, AT + timedelta(days=9)))


DAY = (datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC))


def test_orders_count_at_their_time_by_product_and_in_all() -> None:
    docs = seen(ordered, placed(), placed("o2", at=AT + timedelta(hours=1), lines=(line(1, "OIL", 3, 900),)))
    assert list(docs) == ["adria:2026-03-04:lamps"]
    assert between(docs.values(), *DAY) == Sum(orders=2, pieces=6, net={"EUR": 13_600})
    assert between(docs.values(), *DAY, "OIL") == Sum(orders=2, pieces=4, net={"EUR": 3600})
    assert between(docs.values(), DAY[0], datetime(2026, 3, 4, 16, 30, tzinfo=UTC)) == Sum()
    assert between(docs.values(), datetime(2026, 3, 4, 16, 30, tzinfo=UTC), DAY[1]).orders == 2
    assert between(docs.values(), datetime(2026, 3, 4, 16, 45, tzinfo=UTC), DAY[1]).orders == 1
    assert between(docs.values(), *DAY, "SOAP") == Sum()


def test_repeat_shipments_are_no_sale_and_returns_take_back_amounts() -> None:
    assert seen(ordered, placed(subscription="s1", campaign=None)) == {}
    order = placed()
    docs = seen(ordered, order, returned(order, part_of(order.lines[0], 1)))
    assert between(docs.values(), *DAY) == Sum(orders=1, pieces=2, net={"EUR": 5900})
    assert list(seen(ordered, placed(campaign=None))) == ["adria:2026-03-04"]


orders = st.lists(
    st.builds(
        lambda minutes, quantity, net, partner: (minutes, quantity, net, partner),
        st.integers(0, 3000),
        st.integers(1, 5),
        st.integers(0, 10**6),
        st.sampled_from(["adria", "sava"]),
    ),
    max_size=8,
).map(
    lambda rows: [
        placed(f"o{place}", AT + timedelta(minutes=row[0]), lines=(line(1, "LAMP", row[1], row[2]),), partner=row[3])
        for place, row in enumerate(rows)
    ]
)
EVER = (AT - timedelta(days=1), AT + timedelta(days=30))


@drawn(orders, st.data())
def test_money_adds_up_in_any_order_and_what_is_cancelled_leaves_nothing(
    given_orders: list[OrderPlaced], data: st.DataObject
) -> None:
    gone = [order for order in given_orders if data.draw(st.booleans())]
    facts = data.draw(st.permutations([*given_orders, *(cancelled(order) for order in gone)]))
    docs = seen(ordered, *facts)
    left = [order for order in given_orders if order not in gone]
    net = sum(each.net_minor for order in left for each in order.lines)
    assert between(docs.values(), *EVER) == Sum(
        orders=len(left),
        pieces=sum(each.quantity for order in left for each in order.lines),
        net={"EUR": net} if net else {},
    )
    cut = AT + timedelta(minutes=data.draw(st.integers(0, 3000)))
    first, second = between(docs.values(), EVER[0], cut), between(docs.values(), cut, EVER[1])
    assert first.orders + second.orders == len(left)


@drawn(orders, st.data())
def test_sums_of_partitions_add_up_to_those_of_all_and_a_reversal_takes_back(
    given_orders: list[OrderPlaced], data: st.DataObject
) -> None:
    whole = seen(ordered, *given_orders)
    cut = data.draw(st.integers(0, len(given_orders)))
    one, other = seen(ordered, *given_orders[:cut]), seen(ordered, *given_orders[cut:])
    merged = {
        key: ordered.merge(one[key], other[key]) if key in one and key in other else one.get(key) or other[key]
        for key in one.keys() | other.keys()
    }
    assert merged == whole
    told = [published(order, number) for number, order in enumerate(given_orders)]
    back = [published(each.event, 100 + number, reverses=each) for number, each in enumerate(told)]
    assert all(not doc.quarters for doc in seen(ordered, *told, *back).values())
