"""The quantities that are rated: by the facts alone, in the contract's month, each thing once."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.matching.contract_basis import contract_basis
from services.reconciliation.matching.own_rows import seconds
from services.reconciliation.matching.own_usage import call_usage, once_each, sale_usage, stay_usage
from services.reconciliation.views.month_calls import Fact, MonthCall, month_calls
from services.reconciliation.views.month_stays import month_stays
from shared.contracts.calls import CallStarted, SaleRecorded
from shared.contracts.rating import AgentUsage, CallUsage, SaleUsage, Usage, rate
from shared.kernel import Money
from tests.spec import seen
from tests.unit.calls.views.events import fact, state
from tests.unit.reconciliation.telling import FIRST, month, told
from tests.unit.terms.sheets import sheet, version

PRICES = {
    "per_minute": [{"name": "talk", "tiers": [{"rate": "10"}]}],
    "per_call": [{"name": "contacts", "tiers": [{"rate": "20"}], "basis": "contact"}],
    "per_sale": [{"name": "sales", "tiers": [{"rate": "500"}]}],
    "per_hour": [{"name": "hours", "tiers": [{"rate": "900"}], "states": [{"name": "available"}]}],
}
TERMS = sheet(PRICES)
BASIS = contract_basis("adria", "2026-03", TERMS, partner_tz=None, country="HR", company_tz="Europe/Sarajevo", rates={})
NOON = FIRST + timedelta(hours=12)


def call(*args: Any, **more: Any) -> MonthCall:
    facts = [one for one in told(1, *args, **more) if isinstance(one, Fact)]
    return seen(month_calls, *facts)["s1:c1"]


def test_a_call_is_what_its_facts_say() -> None:
    assert call_usage(call(NOON, ("a1", "a2"), "sale", talk=81, direction="inbound")) == CallUsage(
        id="s1:c1", at=NOON, campaign="vital", talk_seconds=81, wrap_seconds=5
    )
    lost = call_usage(call(NOON, (), None, direction="inbound"))
    assert (lost.offered, lost.answered, lost.handled, lost.contact, lost.talk_seconds) == (
        True,
        False,
        False,
        False,
        0,
    )
    dial = call_usage(call(NOON, ("a1",), "wrong_number"))
    assert (dial.direction, dial.offered, dial.answered, dial.handled, dial.contact) == (
        "outbound",
        False,
        True,
        True,
        False,
    )


def test_seconds_are_whole_and_halves_go_up() -> None:
    assert [seconds(ms) for ms in (0, 499, 500, 1499, 1500, 80_000)] == [0, 0, 1, 1, 2, 80]


def test_a_sale_has_its_own_time_unless_that_is_in_another_month() -> None:
    late = MonthCall(
        call="s1:c1",
        partner="acme",
        facts=[
            fact(CallStarted, BASIS.end - timedelta(minutes=5), phase="queued", offered=True, dialed=False),
            fact(SaleRecorded, BASIS.end - timedelta(seconds=1), order_ref="o1", amount=Money(100, "BAM")),
            fact(SaleRecorded, BASIS.end, order_ref="o2"),
        ],
    )
    assert list(sale_usage(late, BASIS)) == [
        SaleUsage(id="o1", at=BASIS.end - timedelta(seconds=1), amount_minor=100, currency="BAM", campaign="vital"),
        SaleUsage(id="o2", at=BASIS.end - timedelta(minutes=5), currency="EUR", campaign="vital"),
    ]


def test_an_order_that_two_calls_tell_of_is_one_sale() -> None:
    first = SaleUsage(id="o1", at=NOON, amount_minor=100, currency="EUR")
    again = SaleUsage(id="o1", at=NOON + timedelta(hours=1), amount_minor=100, currency="EUR")
    other = SaleUsage(id="o2", at=NOON, amount_minor=100, currency="EUR")
    assert once_each([again, first, other]) == [first, other]


def test_stays_that_began_in_the_month_count_whole_and_once() -> None:
    docs = seen(
        month_stays,
        state("available", BASIS.start - timedelta(minutes=1), BASIS.start + timedelta(hours=1)),
        state("available", BASIS.end - timedelta(minutes=1), BASIS.end + timedelta(milliseconds=1500)),
        state("break", BASIS.end - timedelta(minutes=1), BASIS.end),
    )
    assert stay_usage(docs.values(), BASIS) == [
        AgentUsage(agent="a1", at=BASIS.end - timedelta(minutes=1), state="available", seconds=62),
        AgentUsage(agent="a1", at=BASIS.end - timedelta(minutes=1), state="break", seconds=60),
    ]
    twice = [*docs.values(), *docs.values()]
    assert stay_usage(twice, BASIS) == stay_usage(docs.values(), BASIS)


@given(st.integers(0, 2**32))
def test_a_month_can_be_rated_and_no_order_of_facts_changes_it(seed: int) -> None:
    facts = [one for one in month(40, seed) if isinstance(one, Fact)]
    shuffled = random.Random(seed).sample(facts, len(facts))
    one, other = (
        [doc for _, doc in sorted(seen(month_calls, *some).items()) if BASIS.start <= doc.began < BASIS.end]
        for some in (facts, shuffled)
    )
    usages = [
        Usage(
            calls=[call_usage(doc) for doc in docs],
            sales=once_each(sale for doc in docs for sale in sale_usage(doc, BASIS)),
        )
        for docs in (one, other)
    ]
    assert usages[0] == usages[1]
    rating = rate([version(TERMS)], usages[0], "2026-03")
    assert not rating.unrated
    assert sum(line.amount for line in rating.lines if line.component == "sales") == 500 * len(usages[0].sales)
