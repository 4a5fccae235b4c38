"""What sales, hours and pools bring: exact, traced, and taken back in the month in which something comes back."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calls.domain.commissions import Sale, held_on, paid_hours, paid_sales, pool_shares, rounded
from services.calls.domain.commissions import plan_of as governing_plan
from services.calls.domain.paid_time import month_bounds, paid_time
from services.calls.domain.statement import Facts, Statement, digest_of, statement, tried
from services.calls.events.commissions import (
    PlanPublished,
    PlanTerms,
    Pool,
    Rate,
    StatementClosed,
    Step,
    Tiers,
    TimeRule,
)
from tests.unit.calls.selling.paying import (
    MONTHS,
    ZAGREB,
    all_facts,
    all_terms,
    cancelled,
    line,
    placed,
    plan_of,
    returned,
    rules,
    stay,
)

MARCH_4 = datetime(2026, 3, 4, 10, tzinfo=UTC)
DAY = timedelta(days=1)
AGENTS = ("a7", "a8", "a9")


def terms(*rates: Rate, **more: Any) -> PlanTerms:
    return PlanTerms(currency="EUR", rates=rates, **more)


def amounts(sales: list[Sale], said: PlanTerms, month: str = "2026-03") -> list[tuple[str, str, int]]:
    lines, _ = paid_sales(sales, {"global": [plan_of(said)]}, month, ZAGREB)
    return [(one.source, one.rule, one.amount_minor) for one in lines]


BASE = Rate(name="base", per="order", fixed_minor=200)
UPSELL = Rate(name="upsell", per="line", percent="5", kinds=("upsell",))
CROSS = Rate(name="cross-sell", per="line", fixed_minor=75, kinds=("cross_sell",))
KOL = Rate(name="collagen", per="line", percent="2.5", skus=("KOL-30",))


def test_an_order_and_each_of_its_lines_have_the_first_rate_that_means_them() -> None:
    order = placed(
        "o1", MARCH_4, line(1, 6384), line(2, 3195, 1, kind="upsell"), line(3, 999, 3, "BIO-10", "cross_sell")
    )
    second = Rate(name="second", per="order", fixed_minor=900)
    assert amounts([Sale(order)], terms(BASE, second, UPSELL, CROSS, KOL)) == [
        ("order", "base", 200),
        ("line", "collagen", 160),  # 2.5 % of 6384 = 159.6
        ("line", "upsell", 160),  # 5 % of 3195 = 159.75
        ("line", "cross-sell", 225),  # 3 pieces at 75
    ]


@pytest.mark.parametrize(
    ("mode", "expected"), [("half_up", (3, -3, 2)), ("half_even", (2, -2, 2)), ("down", (2, -2, 1))]
)
def test_rounding_is_as_the_plan_says(mode: Any, expected: tuple[int, int, int]) -> None:
    assert tuple(rounded(one, mode) for one in (Fraction(5, 2), Fraction(-5, 2), Fraction(19, 10))) == expected


def test_the_calculation_says_how_an_amount_came_about() -> None:
    lines, _ = paid_sales([Sale(placed("o1", MARCH_4))], {"global": [plan_of(terms(KOL))]}, "2026-03", ZAGREB)
    (one,) = lines
    assert one.calculation == "2.5 % of 6384 net = 159.6, rounded half_up"
    assert (one.plan, one.order, one.line, one.sku) == ("global/1", "o1", 1, "KOL-30")


def sold(count: int, net: int = 1_000) -> list[Sale]:
    return [Sale(placed(f"o{n}", MARCH_4 + timedelta(hours=n), line(1, net, 1))) for n in range(count)]


def test_whole_tiers_price_everything_and_marginal_ones_what_lies_within() -> None:
    steps = (Step(above=2, fixed_minor=100), Step(above=4, fixed_minor=300))
    whole = terms(tiers=Tiers(measure="orders", mode="whole", steps=steps))
    marginal = terms(tiers=Tiers(measure="orders", mode="marginal", steps=steps))
    assert amounts(sold(2), whole) == amounts(sold(2), marginal) == []
    assert amounts(sold(4), whole) == [("tier", "above 2", 400)]
    assert amounts(sold(6), whole) == [("tier", "above 4", 1800)]
    assert amounts(sold(6), marginal) == [("tier", "above 2", 200), ("tier", "above 4", 600)]


def test_tiers_of_revenue_are_percentages() -> None:
    steps = (Step(above=1_500, percent="1"), Step(above=3_000, percent="10"))
    assert amounts(sold(5), terms(tiers=Tiers(measure="revenue", mode="marginal", steps=steps))) == [
        ("tier", "above 1500", 15),
        ("tier", "above 3000", 200),
    ]
    assert amounts(sold(5), terms(tiers=Tiers(measure="revenue", mode="whole", steps=steps))) == [
        ("tier", "above 3000", 500)
    ]


def test_a_cap_bounds_what_sales_bring() -> None:
    assert sum(amount for *_, amount in amounts(sold(5), terms(BASE, cap_minor=700))) == 700


def test_what_comes_back_is_taken_back_in_its_month_within_the_days() -> None:
    order, said = placed("o1", datetime(2026, 3, 30, 10, tzinfo=UTC)), terms(BASE, KOL, claw_back_days=14)
    in_time, late = (
        Sale(order, (cancelled(order, order.at + 5 * DAY),)),
        Sale(order, (cancelled(order, order.at + 15 * DAY),)),
    )
    paid = [("order", "base", 200), ("line", "collagen", 160)]
    assert amounts([in_time], said) == amounts([late], said) == paid
    assert amounts([in_time], said, "2026-04") == [("claw_back", "collagen", -160), ("claw_back", "base", -200)]
    assert amounts([late], said, "2026-04") == []
    assert amounts([in_time], terms(BASE, KOL), "2026-04") == []


def test_a_part_that_comes_back_takes_its_part_and_leaves_the_order() -> None:
    order = placed("o1", MARCH_4)
    sale = Sale(order, (returned(order, MARCH_4 + DAY, line(1, 3192, 1)),))
    assert amounts([sale], terms(BASE, KOL, claw_back_days=14)) == [
        ("order", "base", 200),
        ("line", "collagen", 160),
        ("claw_back", "collagen", -80),
    ]


def test_a_cancellation_takes_the_tier_back_that_was_reached_with_it() -> None:
    sales = sold(3)
    sales[0] = Sale(sales[0].placed, (cancelled(sales[0].placed, datetime(2026, 4, 2, tzinfo=UTC)),))
    said = terms(
        tiers=Tiers(measure="orders", mode="whole", steps=(Step(above=2, fixed_minor=100),)), claw_back_days=60
    )
    assert amounts(sales, said) == [("tier", "above 2", 300)]
    assert amounts(sales, said, "2026-04") == [("claw_back", "above 2", -300)]


def test_a_campaign_has_its_own_plan_and_others_the_global_one() -> None:
    book = {"global": [plan_of(terms(BASE))], "SPRING": [plan_of(terms(KOL), plan="SPRING")]}
    sales = [Sale(placed("o1", MARCH_4, campaign="SPRING")), Sale(placed("o2", MARCH_4, campaign="LAMPS"))]
    lines, _ = paid_sales(sales, book, "2026-03", ZAGREB)
    assert {(one.order, one.plan, one.rule) for one in lines} == {
        ("o1", "SPRING/1", "collagen"),
        ("o2", "global/1", "base"),
    }


def test_the_month_and_the_day_of_a_version_are_those_of_the_zone() -> None:
    order = Sale(placed("o1", datetime(2026, 3, 31, 22, 30, tzinfo=UTC)))  # half past midnight in Zagreb
    book = {"global": [plan_of(terms(BASE)), plan_of(terms(KOL), 2, date(2026, 4, 1))]}
    assert paid_sales([order], book, "2026-03", ZAGREB)[0] == []
    (one,) = paid_sales([order], book, "2026-04", ZAGREB)[0]
    assert one.plan == "global/2"


def test_what_no_plan_prices_is_told() -> None:
    sales = [Sale(placed("o1", MARCH_4, currency="CZK")), Sale(placed("o2", MARCH_4 - 2 * DAY))]
    book = {"global": [plan_of(terms(BASE), starts=date(2026, 3, 4))]}
    lines, left_out = paid_sales(sales, book, "2026-03", ZAGREB)
    assert lines == []
    assert {(one.order, one.reason) for one in left_out} == {
        ("o1", "sold in CZK, the plan pays in EUR"),
        ("o2", "no plan held"),
    }


def test_hours_are_paid_by_the_version_of_their_day() -> None:
    paid = rules(TimeRule(state="on_call", pay="yes"), TimeRule(state="break", pay="half"))
    stays = [stay(MARCH_4, 90), stay(MARCH_4 + 2 * DAY, 60, "break"), stay(MARCH_4 + 2 * DAY, 60, "meal")]
    time = paid_time(stays, [paid], "2026-03", ZAGREB)
    book = {"global": [plan_of(terms(hourly_minor=601)), plan_of(terms(hourly_minor=800), 2, date(2026, 3, 5))]}
    assert [(one.plan, one.amount_minor) for one in paid_hours(time, book, "2026-03")] == [
        ("global/1", 902),  # 1.5 h at 601 = 901.5
        ("global/2", 400),
    ]


@given(st.integers(0, 100_000), st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(-50, 1_000)))
def test_shares_of_a_pool_add_up_to_it(amount: int, weights: dict[str, int]) -> None:
    version = plan_of(terms(pool=Pool(by="sales", fixed_minor=amount)))
    exact = {agent: Fraction(weight) for agent, weight in weights.items()}
    pool, shares, _ = pool_shares(version, exact, 0)
    assert pool == amount
    assert shares.keys() == weights.keys()
    if any(weight > 0 for weight in weights.values()):
        assert sum(shares.values()) == amount
        total = sum(max(0, weight) for weight in weights.values())
        assert all(abs(shares[a] - Fraction(amount * max(0, w), total)) < 1 for a, w in weights.items())
    else:
        assert not any(shares.values())


def test_a_pool_is_a_part_of_the_teams_revenue_and_goes_to_the_largest_remainder() -> None:
    sales = {agent: [Sale(placed(agent, MARCH_4, line(1, 1_000, 1), agent=agent))] for agent in AGENTS}
    facts = Facts(
        zone=ZAGREB,
        plans={"global": [plan_of(terms(pool=Pool(by="sales", percent="3.3333")))]},
        sales=sales,
        teams=dict.fromkeys(AGENTS, "red"),
    )
    paid = [statement(facts, agent, "2026-03").total_minor for agent in AGENTS]
    assert paid == [34, 33, 33]  # of 100 (3.3333 % of 3000 = 99.999)


def test_a_minimum_fills_up_for_those_who_worked() -> None:
    facts = Facts(
        zone=ZAGREB,
        plans={"global": [plan_of(terms(BASE, minimum_minor=1_000))]},
        sales={"a7": sold(2)},
        teams={"a8": None},
    )
    assert [one.amount_minor for one in statement(facts, "a7", "2026-03").lines] == [200, 200, 600]
    assert statement(facts, "a8", "2026-03").lines == ()


def closing(said: Statement) -> StatementClosed:
    return StatementClosed(
        partner="adria",
        agent=said.agent,
        month=said.month,
        currency=said.currency,
        total_minor=said.total_minor,
        own_minor=said.own_minor,
        corrections=said.corrections,
        parts=1,
        digest=digest_of(said.lines),
        at=MARCH_4,
        by="ana",
    )


@settings(max_examples=60, deadline=None)
@given(all_facts())
def test_the_money_adds_up(facts: Facts) -> None:
    for month in MONTHS:
        told = {agent: statement(facts, agent, month) for agent in AGENTS}
        for said in told.values():
            assert said.total_minor == sum(one.amount_minor for one in said.lines)
            own = [one for one in said.lines if one.source not in ("pool", "minimum", "correction")]
            assert said.own_minor == sum(one.amount_minor for one in own)
            assert all(one.calculation for one in said.lines)
        pools = [one for said in told.values() for one in said.lines if one.source == "pool"]
        version = held_on(facts.plans["global"], month_bounds(month, ZAGREB)[1].astimezone(ZAGREB).date() - DAY)
        pool = version.terms.pool if version is not None else None
        for team in {one.rule for one in pools}:
            shared = sum(one.amount_minor for one in pools if one.rule == team)
            assert pool is not None
            assert pool.fixed_minor is None or shared == pool.fixed_minor


@settings(max_examples=60, deadline=None)
@given(all_facts())
def test_all_months_together_pay_what_is_left_in_the_end(facts: Facts) -> None:
    months = ("2026-02", *MONTHS, "2026-07", "2026-08", "2026-09")
    for agent in AGENTS:
        sales = list(facts.sales[agent])
        paid = sum(one.amount_minor for month in months for one in paid_sales(sales, facts.plans, month, ZAGREB)[0])
        left = 0
        for month in months:
            placed_then = [sale for sale in sales if f"{sale.placed.at.astimezone(ZAGREB):%Y-%m}" == month]
            # As if all that ever came back had come back at once, and been paid for in one month.
            at_once = [
                Sale(sale.placed, tuple(back for back in sale.taken if _counts(sale, back, facts)))
                for sale in placed_then
            ]
            left += sum(one.amount_minor for one in paid_sales(_moved(at_once), facts.plans, month, ZAGREB)[0])
        assert paid == left


def _counts(sale: Sale, back: Any, facts: Facts) -> bool:
    version = governing_plan(sale, facts.plans, ZAGREB)
    days = version.terms.claw_back_days if version is not None else None
    return days is not None and back.at <= sale.placed.at + timedelta(days=days)


def _moved(sales: list[Sale]) -> list[Sale]:
    return [
        Sale(sale.placed, tuple(msgspec.structs.replace(back, at=sale.placed.at) for back in sale.taken))
        for sale in sales
    ]


@settings(max_examples=40, deadline=None)
@given(all_facts(), st.integers(0, 1_000))
def test_order_and_repetition_of_facts_change_nothing(facts: Facts, seed: int) -> None:
    def mixed(items: Any) -> list[Any]:
        twice = [*items, *items]
        random.Random(seed).shuffle(twice)
        return twice

    other = replace(
        facts,
        sales={agent: mixed(sales) for agent, sales in reversed(list(facts.sales.items()))},
        stays={agent: mixed(stays) for agent, stays in facts.stays.items()},
        teams=dict(reversed(list(facts.teams.items()))),
    )
    for month in MONTHS:
        for agent in AGENTS:
            assert statement(other, agent, month) == statement(facts, agent, month)


@settings(max_examples=40, deadline=None)
@given(all_facts(), all_terms())
def test_a_plan_of_a_later_month_changes_no_earlier_statement(facts: Facts, other: PlanTerms) -> None:
    before = [version for version in facts.plans["global"] if version.starts < date(2026, 5, 1)]
    later: list[PlanPublished] = [*before, plan_of(other, 9, date(2026, 5, 1))]
    first = replace(facts, plans={**facts.plans, "global": before})
    second = replace(facts, plans={**facts.plans, "global": later})
    for month in ("2026-03", "2026-04"):
        for agent in AGENTS:
            assert statement(second, agent, month).lines == statement(first, agent, month).lines


@settings(max_examples=40, deadline=None)
@given(all_facts(), all_facts())
def test_what_comes_in_after_closing_is_paid_in_the_next_month_and_once(facts: Facts, more: Facts) -> None:
    closed = closing(statement(facts, "a7", "2026-03"))
    grown = replace(
        facts,
        sales={"a7": [*facts.sales["a7"], *(_renamed(sale) for sale in more.sales["a7"])]},
        closed={"a7": [closed]},
    )
    march, april = statement(replace(grown, closed={}), "a7", "2026-03"), statement(grown, "a7", "2026-04")
    assert sum(april.corrections.values()) == march.own_minor - closed.own_minor
    again = replace(grown, closed={"a7": [closed, closing(april)]})
    assert statement(again, "a7", "2026-05").corrections == {}
    assert statement(grown, "a7", "2026-05").corrections == {}, "only in the first month that is open"


def _renamed(sale: Sale) -> Sale:
    return Sale(
        msgspec.structs.replace(sale.placed, order=f"late-{sale.placed.order}"),
        tuple(msgspec.structs.replace(back, order=f"late-{back.order}") for back in sale.taken),
    )


@settings(max_examples=30, deadline=None)
@given(all_facts())
def test_the_plan_in_force_tried_over_a_month_pays_the_same(facts: Facts) -> None:
    (first, *_) = facts.plans["global"]
    only = replace(facts, plans={"global": [replace_start(first)]})
    other = tried(only, "global", first.terms, "2026-04")
    for agent in AGENTS:
        now, then = statement(only, agent, "2026-04"), statement(other, agent, "2026-04")
        assert now.total_minor == then.total_minor


def replace_start(version: PlanPublished) -> PlanPublished:
    return msgspec.structs.replace(version, starts=date(2026, 1, 1))
