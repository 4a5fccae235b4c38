"""What an order costs: exactly, by the prices of its time, and its parts add up to it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.domain.pricing import Sold, Wanted, part_of, priced, rounded
from services.calls.events.products import Price
from shared.kernel import Rejected
from tests.unit.calls.selling.catalogue import AT, price_list, sold

amounts = st.integers(min_value=0, max_value=10**9)
pieces = st.integers(min_value=1, max_value=500)
percents = st.decimals(min_value=0, max_value=99, places=3).map(str)


def prices(*steps: tuple[int, int], option: str = "") -> tuple[Price, ...]:
    return tuple(
        Price(country="HR", currency="EUR", net_minor=minor, quantity=quantity, option=option)
        for quantity, minor in steps
    )


def test_a_line_is_pieces_times_price_less_the_discount_and_taxed() -> None:
    wanted = [Wanted(sku="KOL-30", quantity=3), Wanted(sku="KOL-30", kind="upsell", discount_percent="12.5", rule="r1")]
    (main, upsell), currency = priced(wanted, sold(price_list()), "HR", AT)
    assert currency == "EUR"
    assert (main.line, main.net_minor, main.tax_minor, main.gross_minor) == (1, 9576, 2394, 11970)
    assert (upsell.line, upsell.discount_minor, upsell.net_minor, upsell.tax_minor) == (2, 399, 2793, 698)
    assert (upsell.kind, upsell.rule, upsell.price_list, upsell.tax_rate) == ("upsell", "r1", "KOL-30/1", "25")


def test_more_pieces_have_the_price_of_the_highest_step_that_they_reach() -> None:
    known = sold(price_list(prices=prices((1, 1000), (3, 900), (10, 700))))

    def unit(quantity: int) -> int:
        (line,), _ = priced([Wanted(sku="KOL-30", quantity=quantity)], known, "HR", AT)
        return line.unit_net_minor

    assert [unit(quantity) for quantity in (1, 2, 3, 9, 10, 11)] == [1000, 1000, 900, 900, 700, 700]


def test_an_option_has_prices_of_its_own() -> None:
    known = sold(price_list(prices=(*prices((1, 1000)), *prices((1, 800), option="3 months"))))
    (line,), _ = priced([Wanted(sku="KOL-30", option="3 months")], known, "HR", AT)
    assert line.unit_net_minor == 800


@pytest.mark.parametrize(
    ("wanted", "country", "code"),
    [
        (Wanted(sku="NO"), "HR", "unknown_product"),
        (Wanted(sku="OLD"), "HR", "not_sold"),
        (Wanted(sku="KOL-30"), "SI", "no_price"),
        (Wanted(sku="KOL-30", option="3 months"), "HR", "no_price"),
        (Wanted(sku="LATER"), "HR", "no_price"),
        (Wanted(sku="ABROAD"), "HR", "two_currencies"),
    ],
)
def test_what_has_no_price_is_refused(wanted: Wanted, country: str, code: str) -> None:
    abroad = price_list("ABROAD", prices=(Price(country="HR", currency="USD", net_minor=1),))
    known = sold(price_list(), abroad, price_list("LATER", starts=AT + timedelta(days=1)))
    known["OLD"] = Sold(sku="OLD", lists=[price_list("OLD")], sold=False)
    basket = [Wanted(sku="KOL-30"), wanted] if code == "two_currencies" else [wanted]
    with pytest.raises(Rejected) as refused:
        priced(basket, known, country, AT)
    assert refused.value.code == code
    assert wanted.sku in refused.value.detail


@given(amounts, pieces, percents, percents)
def test_a_line_adds_up(unit: int, quantity: int, discount: str, tax: str) -> None:
    known = sold(price_list(prices=prices((1, unit)), tax_rates={"HR": tax}))
    (line,), _ = priced([Wanted(sku="KOL-30", quantity=quantity, discount_percent=discount)], known, "HR", AT)
    assert line.net_minor + line.discount_minor == unit * quantity
    assert 0 <= line.net_minor <= unit * quantity
    assert abs(Decimal(line.tax_minor) - line.net_minor * Decimal(tax) / 100) <= Decimal("0.5")


@given(amounts, amounts, amounts, pieces, st.data())
def test_parts_of_a_line_add_up_to_it_however_they_come_back(
    net: int, tax: int, discount: int, quantity: int, data: st.DataObject
) -> None:
    (line,), _ = priced([Wanted(sku="KOL-30", quantity=quantity)], sold(price_list()), "HR", AT)
    line = msgspec.structs.replace(line, net_minor=net, tax_minor=tax, discount_minor=discount)
    cuts = sorted({0, quantity, *data.draw(st.lists(st.integers(0, quantity), max_size=6))})
    parts = [part_of(line, until - before, before) for before, until in pairwise(cuts)]
    for name in ("quantity", "net_minor", "tax_minor", "discount_minor"):
        assert sum(getattr(part, name) for part in parts) == getattr(line, name)
        assert all(getattr(part, name) >= 0 for part in parts)


@given(amounts, amounts)
def test_new_prices_change_nothing_that_was_ordered(old: int, new: int) -> None:
    first = price_list(prices=prices((1, old)))
    second = price_list(version=2, starts=AT + timedelta(seconds=1), prices=prices((1, new)))
    basket = [Wanted(sku="KOL-30", quantity=2)]
    assert priced(basket, sold(first, second), "HR", AT) == priced(basket, sold(first), "HR", AT)
    (after,), _ = priced(basket, sold(first, second), "HR", second.starts)
    assert (after.unit_net_minor, after.price_list) == (new, "KOL-30/2")


@pytest.mark.parametrize(("amount", "minor"), [("0.5", 1), ("1.5", 2), ("2.49", 2), ("0", 0)])
def test_amounts_are_rounded_half_up(amount: str, minor: int) -> None:
    assert rounded(Decimal(amount)) == minor
