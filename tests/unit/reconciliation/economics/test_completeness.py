"""Which calls lack a fact, and which sales did not stand."""

from __future__ import annotations

from services.reconciliation.economics.cancelled import cancelled_sales
from services.reconciliation.economics.completeness import Completeness, completeness, month_of
from services.reconciliation.economics.entries import Cancelled
from services.reconciliation.views.month_calls import Fact, MonthCall
from tests.unit.reconciliation.economics.facts import answered, ended, result, sold, started, talked


def call(*facts: Fact) -> MonthCall:
    return MonthCall(call=facts[0].call, partner="adria", facts=list(facts))


WHOLE = call(started(), answered(), talked(), ended(), result())


def test_each_fact_that_is_missing_is_named() -> None:
    found = completeness(
        [
            WHOLE,
            call(started(), ended()),  # nobody talked: no result is asked for
            call(started(), talked(0), ended()),
            call(answered(), talked(), ended(), result()),
            call(started(), talked(), result()),
            call(started(), talked(), ended()),
            call(talked()),
        ]
    )
    assert found == Completeness(
        calls=7, complete=3, lacking={"started": 2, "ended": 2, "result": 2}, without_results=()
    )


def test_of_a_source_that_tells_no_results_none_is_asked_for() -> None:
    silent = call(started(source="pbx"), talked(source="pbx"), ended(source="pbx"))
    found = completeness([WHOLE, silent])
    assert (found.complete, found.without_results) == (2, ("pbx",))


def test_no_calls_are_no_calls() -> None:
    assert completeness([]).calls == 0


def test_a_call_is_in_the_month_in_which_it_began() -> None:
    assert month_of(call(ended(day="2026-04-01"), started(day="2026-03-31"))) == "2026-03"


def test_lost_sales_of_the_month_are_found_by_their_ids() -> None:
    calls = [
        call(sold(4900, order_ref="O-1"), sold(1000, "BAM", sku="L2", agent="a2")),
        call(sold(None, call="sw:2", order_ref="O-2", sku=None)),
        call(sold(700, call="sw:3", order_ref="O-3", day="2026-02-28")),
        call(sold(700, call="sw:4", order_ref="O-4")),
    ]
    assert cancelled_sales(calls, {"O-1", "sw:1#2", "O-2", "O-3"}, "2026-03") == [
        Cancelled(campaign="spring", product=None, sales=1, minor=0, currency="EUR"),
        Cancelled(campaign="spring", product="L1", sales=1, minor=4900, currency="EUR"),
        Cancelled(campaign="spring", product="L2", sales=1, minor=1000, currency="BAM"),
    ]
