"""What a coaching brought: beside agents as low who were not coached, and never from the weeks of choosing."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bench.coaching import choosing, tried
from services.bench.skill import FIRST_WEEK, Company, world
from services.training.measuring.counts import Count, counts_of, kept_back
from services.training.measuring.effects import Course, changes, effects
from services.training.measuring.pooled import Measured, together
from services.training.measuring.proposals import judge, proposed
from tests.unit.training.agents_weeks import GROUP, WEEKS, agent, steady, weeks

START = WEEKS[-1] + 1
COURSE = Course(WEEKS[0], START, START, START + 13)
LONG = 26


def helped(after: int) -> list[Count]:
    """Forty agents, half of them rather low, and one low one who sells `after` a week once coached."""
    low = {100 + number: [6 + (number + week) % 3 - 1 for week in range(LONG)] for number in range(25)}
    return weeks({**steady(30, long=LONG), **low, 99: [5] * 13 + [after] * 13})


def test_an_agent_who_sells_as_the_peers_do_after_coaching_has_improved() -> None:
    found = effects(counts_of(helped(10)), COURSE, {agent(99)})[agent(99)]
    assert found.verdict == "improved"
    assert found.change == pytest.approx(1.0, abs=0.2)
    assert found.controls == 55
    assert found.evidence.startswith("improved: converted 5.0 % of 400 contacts before (peers")


def test_an_agent_who_sells_as_before_shows_no_effect() -> None:
    found = effects(counts_of(helped(5)), COURSE, {agent(99)})[agent(99)]
    assert found.verdict == "no_effect_seen"
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high


def test_an_agent_who_sells_less_got_worse() -> None:
    assert effects(counts_of(helped(1)), COURSE, {agent(99)})[agent(99)].verdict == "worse"


def test_little_before_or_few_to_compare_with_is_too_few() -> None:
    little = [one for one in helped(10) if one.agent != agent(99) or one.week >= START]
    found = effects(counts_of(little), COURSE, {agent(99)})[agent(99)]
    assert (found.verdict, found.change) == ("too_few", None)
    assert found.evidence.startswith("too little to tell: 0 contacts before")
    alone = weeks({**steady(12, long=LONG), 99: [5] * LONG})
    assert effects(counts_of(alone), COURSE, {agent(99)})[agent(99)].verdict == "too_few"


@given(st.lists(st.integers(0, 30), min_size=13, max_size=13))
def test_what_was_sold_in_the_weeks_of_choosing_is_not_in_the_figures_before(chosen_by: list[int]) -> None:
    rows = [
        Count(one.agent, GROUP, one.week, 100, chosen_by[one.week - WEEKS[0]])
        if one.agent == agent(99) and one.week < START and not kept_back(one.week)
        else one
        for one in helped(8)
    ]
    one, other = (changes(counts_of(each), COURSE, {agent(99)}) for each in (rows, helped(8)))
    place = one.counts.agents.index(agent(99))
    assert one.change[place] == other.change[place]


def test_the_weeks_between_choice_and_beginning_are_before() -> None:
    counts = counts_of(helped(8))
    choosing_rows, before, after = Course(WEEKS[0], START, START + 4, START + 13).weeks(counts)
    weeks_of = [sorted({int(week) for week in counts.week[rows]}) for rows in (choosing_rows, before, after)]
    assert weeks_of[0] == [week for week in WEEKS if not kept_back(week)]
    assert weeks_of[1] == [week for week in WEEKS if kept_back(week)] + list(range(START, START + 4))
    assert weeks_of[2] == list(range(START + 4, START + 13))


def test_coached_agents_are_nobodys_controls_and_nobodys_peers() -> None:
    counts = counts_of(helped(10))
    coached = {agent(99), agent(100)}
    found = changes(counts, COURSE, coached)
    assert [counts.agents[place] for place in np.flatnonzero(~found.controls)] == [agent(99), agent(100)]


@pytest.mark.slow
def test_the_interval_holds_the_true_effect_nearly_as_often_as_it_says() -> None:
    found = [each for seed in range(20) for each in tried(Company(agents=400), seed, 0.1).estimated]
    assert len(found) > 200
    assert sum(each[4] for each in found) / len(found) == pytest.approx(0.95, abs=0.035)
    strong = [each for seed in range(2) for each in tried(Company(agents=1000, slump=0.2), seed, 0.1).estimated]
    assert sum(each[4] for each in strong) / len(strong) > 0.88, "also where agents have long slumps"


def test_who_was_chosen_for_being_low_does_not_look_coached_when_nobody_was() -> None:
    """The same agents look better by a tenth and more if the weeks of choosing are compared with those after."""
    naive, ours = [], []
    for seed in range(4):
        true = world(Company(agents=600, low=0.0, skill=0.05, slump=0.15), seed)
        counts = counts_of(true.counts(()))
        start = FIRST_WEEK + 13
        found = judge(choosing(counts, start))
        lowest = {counts.agents[place] for place in np.argsort(found.chance)[:40]}
        course = Course(FIRST_WEEK, start, start, start + 13)
        seen = changes(counts, course, lowest)
        for place, one in enumerate(counts.agents):
            effect = effects(counts, course, lowest).get(one) if one in lowest else None
            if effect is not None and effect.logarithm is not None:
                was = seen.choosing.sales[place] / seen.choosing.expected[place]
                naive.append(log(seen.after.sales[place] / seen.after.expected[place]) - log(was))
                ours.append(effect.logarithm)
    assert np.mean(naive) > 0.1
    assert abs(float(np.mean(ours))) < 0.03


def test_effects_together_are_surer_than_each() -> None:
    alone = Measured(logarithm=log(1.3), error=0.25)
    found = together([alone] * 12)
    assert found.change == pytest.approx(0.3)
    assert found.differ == 0
    assert found.low is not None
    assert found.low > 0
    assert found.evidence.startswith("works: +30.0 % over 12 coachings")


def test_of_one_coaching_nothing_is_put_together() -> None:
    assert together([Measured(logarithm=0.3, error=0.1)]).change is None


def test_effects_that_differ_by_more_than_luck_are_told_to() -> None:
    found = together([Measured(logarithm=point, error=0.1) for point in (-0.4, 0.0, 0.1, 0.9)])
    assert found.differ is not None
    assert found.differ > 0.3
    assert found.evidence.startswith("no effect seen")


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0.05, 1)), min_size=2, max_size=30))
def test_the_mean_lies_among_the_effects_and_in_its_interval(points: list[tuple[float, float]]) -> None:
    found = together([Measured(logarithm=one, error=error) for one, error in points])
    assert found.change is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.change <= found.high
    least, most = min(one for one, _ in points), max(one for one, _ in points)
    assert exp(least) - 1 - 1e-9 <= found.change <= exp(most) - 1 + 1e-9


def test_the_proposals_of_a_company_are_measured_in_one_go() -> None:
    true = world(Company(agents=300), 1)
    counts = counts_of(true.counts(()))
    start = FIRST_WEEK + 13
    chosen = {one.agent for one in proposed(choosing(counts, start)).proposals}
    assert set(effects(counts, Course(FIRST_WEEK, start, start, start + 13), chosen)) == chosen
