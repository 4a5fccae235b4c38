"""Agents beside their peers: the agent itself left out, week by week, and never beside too few."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.training.measuring.counts import (
    KEPT_EVERY,
    Count,
    Group,
    counts_of,
    kept_back,
    monday_of,
    tenure_of,
    week_of,
)
from services.training.measuring.peers import FEWEST_PEERS, compared, expected
from tests.unit.training.agents_weeks import GROUP, WEEKS, agent, weeks


def test_what_is_expected_is_what_the_peers_would_have_sold_of_the_same_contacts() -> None:
    rows = [*weeks({n: [10, 20] for n in range(6)}), Count(agent(9), GROUP, WEEKS[0], 50, 50)]
    counts = counts_of(rows)
    found = expected(compared(counts, np.ones(7, dtype=bool)))
    mine = counts.agents.index(agent(9))
    assert found.contacts[mine] == 50
    assert found.expected[mine] == pytest.approx(50 * 60.5 / 601)
    assert found.peers[mine] == 6
    assert found.peer_contacts[mine] == 600
    assert found.alike[mine] == pytest.approx(1 / 6)


@given(st.integers(0, 100))
def test_an_agents_own_sales_do_not_change_what_is_expected_of_it(sold: int) -> None:
    counts = counts_of([*weeks({n: [9, 11, 10] for n in range(6)}), Count(agent(9), GROUP, WEEKS[1], 100, sold)])
    found = expected(compared(counts, np.ones(7, dtype=bool)))
    assert found.expected[counts.agents.index(agent(9))] == pytest.approx(100 * 66.5 / 601)


def test_agents_with_too_few_peers_are_not_compared() -> None:
    counts = counts_of(weeks({n: [10] for n in range(FEWEST_PEERS)}))
    assert not expected(compared(counts, np.ones(FEWEST_PEERS, dtype=bool))).contacts.any()


def test_who_is_no_peer_is_compared_with_the_peers_alone() -> None:
    counts = counts_of(weeks({n: [90 if n == 0 else 10] for n in range(8)}))
    found = expected(compared(counts, np.array([n != 0 for n in range(8)])))
    assert found.expected == pytest.approx([100 * 70.5 / 701] + 7 * [100 * 60.5 / 601])


def test_another_tenure_is_another_group() -> None:
    new = Group("adria", "serum", "outbound", "0-30")
    counts = counts_of(weeks({n: [10] for n in range(6)}) + weeks({n: [2] for n in range(6)}, group=new))
    found = expected(compared(counts, np.ones(6, dtype=bool)))
    assert found.expected == pytest.approx(6 * [100 * 50.5 / 501 + 100 * 10.5 / 501])


def test_a_contact_converts_once_whatever_it_brings() -> None:
    counts = counts_of([Count(agent(1), GROUP, WEEKS[0], 3, 5)])
    assert counts.sales.tolist() == [3]


@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_order_and_the_parts_in_which_counts_come_say_nothing(dice: random.Random, parts: int) -> None:
    rows = weeks({n: [8, 12, 9] for n in range(7)})
    split = [Count(one.agent, one.group, one.week, one.contacts // parts, one.sales // parts) for one in rows] * parts
    rest = [
        Count(one.agent, one.group, one.week, one.contacts % parts, one.sales % parts)
        for one in rows
        if one.contacts % parts or one.sales % parts
    ]
    mixed = split + rest
    dice.shuffle(mixed)
    one, other = counts_of(rows), counts_of(mixed)
    assert (one.agents, one.groups) == (other.agents, other.groups)
    for name in ("agent", "group", "week", "contacts", "sales"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_weeks_begin_on_mondays_and_every_third_is_kept_back(day: date) -> None:
    week = week_of(day)
    assert monday_of(week) <= day < monday_of(week) + timedelta(days=7)
    assert monday_of(week).weekday() == 0
    assert sum(kept_back(week + further) for further in range(KEPT_EVERY)) == 1


def test_tenure_is_counted_from_the_first_day() -> None:
    first = date(2026, 1, 1)
    said = [tenure_of(first, first + timedelta(days=days)) for days in (0, 30, 31, 90, 91, 180, 181, 4000)]
    assert said == ["0-30", "0-30", "31-90", "31-90", "91-180", "91-180", "181+", "181+"]
