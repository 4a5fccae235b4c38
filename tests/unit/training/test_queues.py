"""Erlang B, C and A against published tables and worked examples, and by what must hold of every queue."""

from __future__ import annotations

import heapq
import math
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.training.staffing.goals import Goal, OutOfReach, agents_needed, people_needed
from services.training.staffing.queues import Traffic, erlang_b, erlang_c, performance

HALF_HOUR_S = 1800

LOADS = st.floats(0.01, 150, allow_nan=False)
HANDLE_S = st.floats(20, 900, allow_nan=False)
PATIENCE_S = st.floats(5, 1800, allow_nan=False)


def traffic(load: float, handle_s: float, patience_s: float | None = None) -> Traffic:
    return Traffic(load / handle_s, handle_s, patience_s)


@pytest.mark.parametrize(
    ("load", "agents", "waits"),
    [
        # J. Dunlop, D. Girma, J. Irvine, Digital Mobile Communications and the TETRA System (1999), table A.4: the load
        # of which so many calls are queued.
        (3.87, 8, 0.05),
        (4.08, 10, 0.01),
        # The Erlang-C formula, step by step (T. Mitan, mitan.co.uk): 360 calls in half an hour, four minutes each.
        (48.0, 55, 0.239),
        # Package ErlangC 0.1.0 of R (CRAN, 2024), its first example: 100 calls in half an hour, three minutes each.
        (10.0, 14, 0.1741319),
    ],
)
def test_the_share_that_waits_is_that_of_published_tables(load: float, agents: int, waits: float) -> None:
    digits = len(str(waits)) - 2
    assert erlang_c(load, agents) == pytest.approx(waits, abs=0.6 * 10**-digits)


@pytest.mark.parametrize(
    ("agents", "waits", "within_20", "answer_s"),
    # Call Centre Helper, Erlang Calculations: its table for 100 calls in half an hour of three minutes each, 20 s.
    [(11, 0.682, 0.390, 122.8), (12, 0.449, 0.640, 40.4), (13, 0.285, 0.796, 17.1), (14, 0.174, 0.888, 7.8)],
)
def test_a_published_table_of_service_levels(agents: int, waits: float, within_20: float, answer_s: float) -> None:
    found = performance(Traffic(100 / HALF_HOUR_S, 180), agents, 20)
    assert found.waits == pytest.approx(waits, abs=6e-4)
    assert found.within == pytest.approx(within_20, abs=6e-4)
    assert found.answer_s == pytest.approx(answer_s, abs=0.06)
    assert found.occupancy == pytest.approx(10 / agents)


def test_the_published_example_with_four_minutes_each() -> None:
    found = performance(Traffic(360 / HALF_HOUR_S, 240), 55, 15)
    assert (round(found.occupancy, 3), round(found.waits, 3), round(found.answer_s, 1)) == (0.873, 0.239, 8.2)


def test_published_figures_with_and_without_patience() -> None:
    """O. Garnett, A. Mandelbaum, M. Reiman, Designing a Call Center with Impatient Customers (2002), table 1: 50
    agents, 48 calls a minute of one minute each, patience two minutes; and 3.1 % fewer calls that all wait."""
    patient, fewer = performance(Traffic(48 / 60, 60), 50, 58.1), performance(Traffic(46.5 / 60, 60), 50, 28.2)
    assert (round(patient.answer_s, 1), round(patient.occupancy, 2), round(patient.within, 2)) == (20.8, 0.96, 0.9)
    assert (round(fewer.answer_s, 1), round(fewer.occupancy, 2), round(fewer.within, 2)) == (8.8, 0.93, 0.9)
    hurried = performance(Traffic(48 / 60, 60, 120), 50, 12.5)
    assert (round(hurried.abandoned, 3), round(hurried.occupancy, 2)) == (0.031, 0.93)
    mean_wait_of_all = hurried.abandoned * 120
    assert round(mean_wait_of_all, 1) == 3.7
    assert round(48 / 60 * mean_wait_of_all) == 3, "callers in the queue, by Little's law"


def simulated(asked: Traffic, agents: int, within_s: float, calls: int) -> tuple[float, float, float]:
    """The same three figures from a queue played call by call."""
    assert asked.patience_s is not None
    dice = random.Random(7)
    clock, free = 0.0, [0.0] * agents
    within = answered = gone = 0
    waited = 0.0
    for _ in range(calls):
        clock += dice.expovariate(asked.calls)
        wait = max(0.0, free[0] - clock)
        if wait > dice.expovariate(1 / asked.patience_s):
            gone += 1
            continue
        heapq.heapreplace(free, clock + wait + dice.expovariate(1 / asked.handle_s))
        answered += 1
        waited += wait
        within += wait <= within_s
    return within / calls, waited / answered, gone / calls


@pytest.mark.parametrize(("load", "agents", "patience_s"), [(60, 50, 30), (8, 9, 90), (4.5, 5, 600)])
def test_a_queue_played_call_by_call_meets_the_same(load: float, agents: int, patience_s: float) -> None:
    asked = traffic(load, 180, patience_s)
    within, answer_s, gone = simulated(asked, agents, 20, 150_000)
    found = performance(asked, agents, 20)
    assert found.within == pytest.approx(within, abs=0.02)
    assert found.answer_s == pytest.approx(answer_s, rel=0.08)
    assert found.abandoned == pytest.approx(gone, abs=0.01)


@given(LOADS, st.integers(1, 300))
def test_the_recursion_is_the_formula(load: float, agents: int) -> None:
    """In logarithms, since powers and factorials have no room in a float."""
    logs = [number * math.log(load) - math.lgamma(number + 1) for number in range(agents + 1)]
    top = max(logs)
    plain = math.exp(logs[-1] - top) / sum(math.exp(log - top) for log in logs)
    assert erlang_b(load, agents) == pytest.approx(plain, rel=1e-8, abs=1e-300)
    assert 0 <= erlang_b(load, agents) <= erlang_c(load, agents) <= 1


@given(LOADS, HANDLE_S, st.one_of(st.none(), PATIENCE_S), st.integers(0, 200), st.floats(0, 300))
def test_one_more_agent_makes_nothing_worse(
    load: float, handle_s: float, patience_s: float | None, agents: int, within_s: float
) -> None:
    few = performance(traffic(load, handle_s, patience_s), agents, within_s)
    more = performance(traffic(load, handle_s, patience_s), agents + 1, within_s)
    for figures in (few, more):
        assert 0 <= figures.waits <= 1
        assert 0 <= figures.within <= 1
        assert 0 <= figures.abandoned <= 1
        assert 0 <= figures.occupancy <= 1
        assert figures.answer_s >= 0
    assert more.within >= few.within - 1e-9
    assert more.waits <= few.waits + 1e-9
    assert more.answer_s <= few.answer_s + 1e-9
    assert more.occupancy <= few.occupancy + 1e-9
    if patience_s is not None:
        assert more.abandoned <= few.abandoned + 1e-9


@given(st.floats(0.5, 60), HANDLE_S, st.integers(1, 30), st.floats(0, 120))
@example(22.0, 20.0, 1, 16.0)
@settings(deadline=None)
def test_endless_patience_is_erlang_c(load: float, handle_s: float, spare: int, within_s: float) -> None:
    agents = math.ceil(load) + spare
    patient = performance(traffic(load, handle_s), agents, within_s)
    nearly = performance(traffic(load, handle_s, handle_s * 20_000), agents, within_s)
    assert nearly.within == pytest.approx(patient.within, abs=2e-3)
    assert nearly.answer_s == pytest.approx(patient.answer_s, rel=5e-2, abs=1e-6)
    assert nearly.abandoned < 1e-3


@given(LOADS, HANDLE_S, st.integers(1, 200))
def test_no_patience_at_all_is_erlang_b(load: float, handle_s: float, agents: int) -> None:
    found = performance(traffic(load, handle_s, handle_s / 1e7), agents, 20)
    assert found.abandoned == pytest.approx(erlang_b(load, agents), abs=1e-4)
    assert found.within == pytest.approx(1 - found.abandoned, abs=1e-6)


@given(LOADS, HANDLE_S, PATIENCE_S, st.integers(0, 200))
def test_what_is_not_abandoned_is_handled(load: float, handle_s: float, patience_s: float, agents: int) -> None:
    found = performance(traffic(load, handle_s, patience_s), agents, 20)
    assert found.occupancy * agents == pytest.approx(load * (1 - found.abandoned), rel=1e-6)


def test_a_flood_has_room_in_a_float() -> None:
    found = performance(Traffic(50.0, 300, 7200), 100, 20)
    assert found.abandoned == pytest.approx(1 - 100 / 15_000, abs=1e-4)
    # S. Halfin, W. Whitt (1981): with a spare of beta times the root of the load, 1 / (1 + beta Phi(beta) / phi(beta)).
    beta = 400 / math.sqrt(50_000)
    normal = 0.5 * (1 + math.erf(beta / math.sqrt(2))), math.exp(-(beta**2) / 2) / math.sqrt(2 * math.pi)
    assert erlang_c(50_000, 50_400) == pytest.approx(1 / (1 + beta * normal[0] / normal[1]), rel=0.01)


GOALS = st.one_of(
    st.builds(Goal, share=st.floats(0.05, 0.99), within_s=st.floats(1, 120)),
    st.builds(Goal, answer_s=st.floats(0.5, 120)),
    st.builds(Goal, share=st.floats(0.05, 0.99), occupancy=st.floats(0.3, 0.95)),
)


@given(LOADS, HANDLE_S, st.one_of(st.none(), PATIENCE_S), GOALS)
@settings(deadline=None)
def test_the_agents_needed_are_enough_and_one_fewer_is_not(
    load: float, handle_s: float, patience_s: float | None, goal: Goal
) -> None:
    asked = traffic(load, handle_s, patience_s)
    agents = agents_needed(asked, goal)
    assert goal.met(performance(asked, agents, goal.within_s))
    fewer = performance(asked, agents - 1, goal.within_s)
    assert not goal.met(fewer) or (patience_s is None and agents - 1 <= load)


@given(LOADS, HANDLE_S, PATIENCE_S)
def test_a_limit_of_abandonment_is_kept(load: float, handle_s: float, patience_s: float) -> None:
    agents = agents_needed(traffic(load, handle_s, patience_s), Goal(abandoned=0.03))
    assert performance(traffic(load, handle_s, patience_s), agents, 20).abandoned <= 0.03


@given(LOADS, HANDLE_S, PATIENCE_S)
@settings(deadline=None)
def test_callers_who_hang_up_need_no_more_agents(load: float, handle_s: float, patience_s: float) -> None:
    """Where the waits are those of answered calls: who hangs up leaves the queue shorter."""
    goal = Goal(answer_s=15)
    patient, hurried = traffic(load, handle_s), traffic(load, handle_s, patience_s)
    assert agents_needed(hurried, goal) <= agents_needed(patient, goal)


def test_the_usual_goal_of_the_published_table() -> None:
    asked = Traffic(100 / HALF_HOUR_S, 180)
    assert agents_needed(asked, Goal(share=0.8, within_s=20)) == 14
    assert agents_needed(asked, Goal(share=0.8, within_s=20, occupancy=0.7)) == 15
    assert agents_needed(Traffic(0, 180), Goal(share=0.8)) == 0
    with pytest.raises(OutOfReach):
        agents_needed(asked, Goal(share=1.1))


def test_shrinkage_is_of_scheduled_time() -> None:
    assert people_needed(14, 0.3) == 20
    assert people_needed(14, 0.0) == 14
    assert people_needed(15, 0.3) == 22
    with pytest.raises(ValueError, match="leaves nobody"):
        people_needed(14, 1.0)
