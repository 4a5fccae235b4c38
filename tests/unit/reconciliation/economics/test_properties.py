"""What holds whatever the month: parts add up to the whole, and a finished month foretells itself."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given as whatever
from hypothesis import strategies as st

from services.reconciliation.economics.currencies import Rates
from services.reconciliation.economics.entries import Cancelled, Exchange, Media, entries
from services.reconciliation.economics.figures import By, Figures, figures, rows
from services.reconciliation.economics.forecast import forecast
from services.reconciliation.economics.months import Known, to_its_end, until_now
from services.reconciliation.economics.parts import half_up, shared, whole
from services.reconciliation.economics.pricing import allocated, grown, scopes_of
from services.reconciliation.economics.tallies import REVENUE, Cell, added
from shared.contracts.rating import Usage, rate
from tests.unit.reconciliation.economics.test_figures import BAM_TERMS, DAY, TERMS, TWO_FOR_ONE
from tests.unit.reconciliation.economics.test_forecast import WORKING
from tests.unit.terms.sheets import call, sale, version

CAMPAIGNS = [None, "spring", "summer", "winter"]
PRODUCTS = [None, "L1", "L2"]
BYS: list[By] = ["partner", "campaign", "product"]
ADDED = ("sales", "unpriced", "cancelled", "net_sales", "revenue", "net_revenue", "price", "media", "cost", "margin")


def tallies() -> st.SearchStrategy[Counter[Cell]]:
    counts = st.builds(
        Cell,
        st.sampled_from(CAMPAIGNS),
        st.none(),
        st.sampled_from(["calls", "answered", "contacts", "talk_ms", "hold_ms", "wrap_ms"]),
    )
    sold = st.builds(
        Cell,
        st.sampled_from(CAMPAIGNS),
        st.sampled_from(PRODUCTS),
        st.sampled_from(["sales", "unpriced", REVENUE + "EUR", REVENUE + "BAM"]),
    )
    return st.dictionaries(counts | sold, st.integers(1, 10_000), max_size=8).map(Counter)


def days() -> st.SearchStrategy[dict[date, Counter[Cell]]]:
    return st.dictionaries(
        st.integers(0, 30).map(lambda n: date(2026, 3, 1) + timedelta(days=n)), tallies(), max_size=6
    )


@st.composite
def known(draw: Any, name: str) -> Known:
    """A partner's month with a price of its own, whatever its sums are."""
    terms = draw(st.sampled_from([TERMS, BAM_TERMS]))
    calls, sold = draw(st.integers(0, 500)), draw(st.integers(0, 5))
    usage = Usage(calls=[call(1, 60, count=calls)], sales=[sale(n, campaign="spring") for n in range(sold)])
    cancelled = st.builds(
        Cancelled,
        campaign=st.sampled_from(CAMPAIGNS),
        product=st.sampled_from(PRODUCTS),
        sales=st.integers(1, 5),
        minor=st.integers(0, 9999),
        currency=st.sampled_from(["EUR", "BAM"]),
    )
    rating = rate([version(terms)], usage, "2026-03")
    priced = draw(st.booleans())
    return Known(
        name, draw(days()), [version(terms)], rating if priced else None, draw(st.lists(cancelled, max_size=3))
    )


def media() -> st.SearchStrategy[list[Media]]:
    one = st.builds(
        Media,
        campaign=st.sampled_from(["spring", "summer", "autumn"]),
        partner_id=st.sampled_from([None, "adria", "bosna"]),
        minor=st.integers(0, 99_999),
        currency=st.sampled_from(["EUR", "BAM"]),
    )
    return st.lists(one, max_size=4)


def sums(told: list[Figures], name: str) -> int | None:
    amounts = [getattr(one, name) for one in told]
    return None if None in amounts else sum(amounts)


@whatever(st.lists(st.fractions(), max_size=10))
def test_whole_parts_come_to_the_rounded_sum_and_none_is_off_by_one(exact: list[Fraction]) -> None:
    found = whole(exact)
    assert sum(found) == half_up(sum(exact, Fraction()))
    assert all(abs(part - was) < 1 for part, was in zip(found, exact, strict=True))
    assert all(part == was for part, was in zip(found, exact, strict=True) if was.denominator == 1)


@whatever(st.integers(-(10**9), 10**9), st.dictionaries(st.integers(), st.integers(1, 10**6), min_size=1, max_size=8))
def test_what_is_shared_adds_up_and_the_heavier_bears_no_less(amount: int, weights: dict[int, int]) -> None:
    found = shared(amount, weights)
    assert sum(found.values()) == amount
    heavy, light = max(weights, key=lambda key: weights[key]), min(weights, key=lambda key: weights[key])
    assert abs(found[heavy]) >= abs(found[light]) - 1


@whatever(known("adria"), known("bosna"), media(), st.booleans(), st.sampled_from(["EUR", "BAM"]))
def test_rows_of_every_kind_add_up_to_the_whole(
    one: Known, other: Known, spent: list[Media], has_rate: bool, into: str
) -> None:
    exchange = Exchange(TWO_FOR_ONE if has_rate else Rates([]), into, DAY)
    found = entries([until_now(one), until_now(other)], spent, exchange)
    total = figures(found)
    for by in BYS:
        told = [row.figures for row in rows(found, by)]
        assert {name: sums(told, name) for name in ADDED} == {name: getattr(total, name) for name in ADDED}
        if by != "product":
            assert sums(told, "calls") == total.calls


@whatever(known("adria"), media())
def test_the_price_and_the_media_cost_are_borne_to_the_cent(one: Known, spent: list[Media]) -> None:
    total = figures(entries([until_now(one)], spent, Exchange(TWO_FOR_ONE, "EUR", DAY)))
    rates = {"EUR": Fraction(1), "BAM": Fraction(1, 2)}
    assert total.media == sum(half_up(each.minor * rates[each.currency]) for each in spent)
    if one.rating is None:
        assert total.price is None
    else:
        assert total.price == half_up(one.rating.net * rates[one.rating.currency])


@whatever(known("adria"))
def test_the_lines_are_allocated_to_the_cent_whatever_was_sold(one: Known) -> None:
    if one.rating is not None:
        borne = allocated(one.rating.lines, scopes_of(one.versions), added(one.days.values()), {"spring": 2, None: 1})
        assert sum(borne.values()) == one.rating.net


@whatever(known("adria"), st.integers(0, 40))
def test_a_finished_month_is_its_own_prediction(one: Known, later: int) -> None:
    found = to_its_end(one, "2026-03", date(2026, 3, 31) + timedelta(days=later))
    assert found is not None
    now, end = until_now(one), found[0]
    assert (end.tallies, end.lines) == (now.tallies, now.lines)
    assert end.cancelled == now.cancelled
    exchange = Exchange(TWO_FOR_ONE, "EUR", DAY)
    assert figures(entries([end], [], exchange)) == figures(entries([now], [], exchange))


@whatever(days(), st.integers(1, 31))
def test_what_is_foretold_of_the_parts_adds_up_to_what_is_foretold_of_the_whole(
    happened: dict[date, Counter[Cell]], until: int
) -> None:
    found = forecast(happened, "2026-03", WORKING, date(2026, 3, until))
    together = {
        day: Counter({Cell(None, None, name): sum(n for cell, n in sums_.items() if cell.measure == name)
                      for name in {cell.measure for cell in sums_}})
        for day, sums_ in happened.items()
    }  # fmt: skip
    of_whole = forecast(together, "2026-03", WORKING, date(2026, 3, until))
    assert (found is None) == (of_whole is None)
    if found is not None and of_whole is not None:
        by_measure: Counter[str] = Counter()
        for cell, amount in found.tallies.items():
            by_measure[cell.measure] += amount
        assert by_measure == {cell.measure: amount for cell, amount in of_whole.tallies.items()}
        before = added(sums_ for day, sums_ in happened.items() if day <= date(2026, 3, until))
        assert all(found.tallies[cell] >= amount for cell, amount in before.items())


@whatever(known("adria"), st.integers(1, 5))
def test_a_price_grows_with_its_month_and_stays_where_nothing_comes(one: Known, times: int) -> None:
    if one.rating is not None:
        so_far = added(one.days.values())
        later = {cell: amount * times for cell, amount in so_far.items()}
        after = grown(one.rating.lines, scopes_of(one.versions), so_far, later)
        if times == 1:
            assert after == list(one.rating.lines)
        assert sum(line.amount for line in after) >= one.rating.net
