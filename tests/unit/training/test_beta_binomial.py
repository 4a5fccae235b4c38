"""The chances of the beta-binomial, beside those of scipy, which works them out one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import betabinom, binom

from services.training.measuring.beta_binomial import at_most, log_chance, parameters

rates = st.floats(0.005, 0.9)
spreads = st.floats(0.01, 1.5)


@example([(200, 1.0, 0.005, 0.01), (300, 1.0, 0.9, 0.01)])
@given(st.lists(st.tuples(st.integers(0, 300), st.floats(0, 1), rates, spreads), min_size=1, max_size=5))
def test_chances_of_many_agents_are_those_of_each(rows: list[tuple[int, float, float, float]]) -> None:
    contacts = np.array([row[0] for row in rows])
    sales = np.array([round(row[0] * row[1]) for row in rows])
    rate, spread = np.array([row[2] for row in rows]), np.array([row[3] for row in rows])
    a, b = parameters(rate, spread)
    assert at_most(sales, contacts, rate, spread) == pytest.approx(betabinom.cdf(sales, contacts, a, b), rel=1e-6)
    assert log_chance(sales, contacts, rate, spread) == pytest.approx(
        betabinom.logpmf(sales, contacts, a, b), rel=1e-6, abs=1e-6
    )


def test_below_no_sales_there_is_no_chance_and_all_contacts_are_the_whole() -> None:
    contacts, rate, spread = np.array([7, 7]), np.array([0.2, 0.2]), np.array([0.3, 0.3])
    assert at_most(np.array([-1, 7]), contacts, rate, spread) == pytest.approx([0.0, 1.0])


def test_without_a_spread_it_is_the_binomial() -> None:
    found = at_most(np.array([25]), np.array([412]), np.array([0.094]), np.array([0.0]))
    assert found == pytest.approx([binom.cdf(25, 412, 0.094)], rel=1e-3)


def test_the_spread_is_that_of_the_odds() -> None:
    dice = np.random.default_rng(1)
    a, b = parameters(np.array([0.1]), np.array([0.15]))
    drawn = dice.beta(a[0], b[0], 200_000)
    assert np.log(drawn / (1 - drawn)).std() == pytest.approx(0.15, rel=0.03)
