"""Confirmed sales: counted from orders at their own time, beside what the telephony reports, whatever the order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.calls.domain.pricing import part_of
from services.calls.figures import kpis
from services.calls.views.evidence import evidence
from services.calls.views.performance import performance, performance_day
from services.calls.views.performance_month import days_of, performance_month
from services.calls.views.tally import Tally, tally_of, total
from shared.contracts.calls import SaleRecorded
from shared.contracts.selling import OrderCancelled, OrderReturned
from shared.kernel import Event, Money, View
from tests.spec import seen
from tests.unit.calls.selling.catalogue import AT
from tests.unit.calls.selling.shop import lines, order_of, placed

GROSS = 4 * 3990


def taken_back(kind: type[OrderCancelled] | type[OrderReturned], at: datetime, day: str, **more: Any) -> Event:
    names = ("order", "currency", "call", "agent", "campaign", "lines")
    said = {name: value for name, value in order_of(**more).items() if name in names}
    return kind(**said, partner="adria", ordered_at=AT, reason="x", at=at, by="ben", day=day)


def tally(view: View[Any, Any, Any], *events: Event) -> Tally:
    return total(doc.tally for doc in seen(view, *events).values())


def test_an_order_counts_where_it_names_its_partner_campaign_and_agent() -> None:
    (doc,) = seen(performance, placed()).values()
    assert (doc.partner, doc.campaign, doc.agent, doc.direction) == ("adria", "vital", "1007", None)
    assert doc.interval == int(datetime.fromisoformat("2026-03-04T16:30:00+00:00").timestamp() * 1000)
    assert (doc.tally.sales_confirmed, doc.tally.sales_reported, doc.tally.revenue) == (1, 0, {})
    assert doc.tally.revenue_confirmed == {"EUR": GROSS}
    assert doc.tally.upsell_confirmed == {"EUR": 3990}
    (day,) = seen(performance_day, placed(day="2026-03-05")).values()
    assert day.day == "2026-03-05", "in the partner's zone"


def test_telephony_and_orders_are_two_figures_of_one_cell() -> None:
    sale = SaleRecorded(
        call="adria-twilio:CA1", source="adria-twilio", partner="adria", direction="inbound", at=AT,
        interval=AT.replace(minute=30), day="2026-03-04", campaign="vital", agent="1007", amount=Money(5000, "EUR"),
    )  # fmt: skip
    found = tally(performance, sale, placed())
    assert (found.sales_reported, found.sales_confirmed) == (1, 1)
    assert (found.revenue, found.revenue_confirmed) == ({"EUR": 5000}, {"EUR": GROSS})


def test_a_cancellation_counts_on_its_own_day() -> None:
    later = AT + timedelta(days=3)
    events = (placed(), taken_back(OrderCancelled, later, "2026-03-07"))
    days = {doc.day: doc.tally for doc in seen(performance_day, *events).values()}
    assert (days["2026-03-04"].sales_confirmed, days["2026-03-04"].sales_cancelled) == (1, 0)
    assert (days["2026-03-07"].sales_confirmed, days["2026-03-07"].sales_cancelled) == (0, 1)
    assert days["2026-03-07"].revenue_cancelled == {"EUR": GROSS}


def test_what_came_back_is_revenue_that_is_gone_and_no_cancelled_sale() -> None:
    part = (part_of(lines()[0], 1),)
    found = tally(performance, placed(), taken_back(OrderReturned, AT, "2026-03-04", lines=part))
    assert (found.sales_cancelled, found.revenue_cancelled) == (0, {"EUR": 3990})


def test_a_repeat_shipment_is_nobodys_sale() -> None:
    assert seen(performance, placed(subscription="adria:1-1", call=None, agent=None)) == {}


def test_the_figures_have_their_kpis() -> None:
    second = placed(order="adria:2", lines=lines()[:1])
    found = tally(performance, placed(), second, taken_back(OrderCancelled, AT, "2026-03-04"))
    assert kpis.figure(kpis.kpi("sales_confirmed"), found)["value"] == 2
    assert kpis.figure(kpis.kpi("cancellation_rate"), found)["value"] == 0.5
    money = kpis.figure(kpis.kpi("revenue_confirmed"), found)
    assert (money["value"], money["n"]) == ({"EUR": GROSS + 3 * 3990}, 2)
    assert kpis.figure(kpis.kpi("average_order_confirmed"), found)["value"] == {"EUR": (GROSS + 3 * 3990) // 2}
    assert kpis.figure(kpis.kpi("revenue_cancelled"), found)["n"] == 1


events = st.lists(
    st.tuples(
        st.integers(0, 5), st.integers(0, 80), st.sampled_from(("EUR", "HRK")), st.sampled_from(("1007", None)),
        st.sampled_from(("placed", "cancelled", "returned")),
    ),
    max_size=20,
)  # fmt: skip


def told(said: tuple[int, int, str, str | None, str]) -> Event:
    number, hours, currency, agent, what = said
    at = AT + timedelta(hours=hours)
    more: dict[str, Any] = {"order": f"adria:{number}", "currency": currency, "agent": agent}
    day = at.date().isoformat()
    if what == "placed":
        return placed(**more, at=at, day=day)
    return taken_back(OrderCancelled if what == "cancelled" else OrderReturned, at, day, **more)


@given(events, st.randoms(use_true_random=False))
def test_every_view_has_the_same_sums_in_whatever_order_and_the_evidence_adds_up(said: list[Any], dice: Any) -> None:
    happened = [told(one) for one in said]
    shuffled = list(happened)
    dice.shuffle(shuffled)
    for view in (performance, performance_day, performance_month, evidence):
        any_view: View[Any, Any, Any] = view
        one, other = seen(any_view, *happened), seen(any_view, *shuffled)
        assert msgspec.to_builtins(one) == msgspec.to_builtins(other)
    whole = tally(performance, *happened)
    assert tally(performance_day, *happened) == whole == tally(performance_month, *happened)
    columns = [tally_of(day) for doc in seen(performance_month, *happened).values() for _, day in days_of(doc)]
    assert total(columns) == whole
    behind = [tally_of(amounts) for doc in seen(evidence, *happened).values() for amounts in doc.orders.values()]
    assert total(behind) == whole
    assert sum(whole.orders_confirmed.values()) == whole.sales_confirmed
