"""The handicap: whoever sells as usual has a score of one, however good the usual is, so anybody may win."""

from __future__ import annotations

import numpy as np
import pytest

from services.training.measuring.counts import Agent, Count, Counts, counts_of
from services.training.measuring.handicap import FEWEST_CONTACTS, Stand, standings
from tests.unit.training.agents_weeks import GROUP, WEEKS, agent, steady, weeks

STARTS = WEEKS[-1] + 1
LONG = len(WEEKS) + 4


def counts(good: float = 1, weak: float = 1) -> Counts:
    """Twenty steady agents, a good one and a weak one, who sell so many times as usual in the contest."""
    sold = {
        90: [18] * 13 + [round(18 * good)] * 4,
        91: [6] * 13 + [round(6 * weak)] * 4,
    }
    return counts_of(weeks({**steady(long=LONG), **sold}))


def named(found: tuple[Stand, ...]) -> dict[Agent, Stand]:
    return {one.agent: one for one in found}


def test_who_sells_as_usual_has_a_score_of_one_whether_good_or_weak() -> None:
    found = named(standings(counts(), [agent(90), agent(91)], STARTS, 1.1))
    assert found[agent(90)].usual == pytest.approx(1.75, abs=0.1)
    assert found[agent(91)].usual == pytest.approx(0.62, abs=0.06)
    for one in found.values():
        assert one.score == pytest.approx(1, abs=0.1), "of 1.8 and 0.6 of what peers sell"
        assert not one.reached


def test_the_weak_agent_who_does_better_than_usual_wins_and_reaches_the_goal() -> None:
    first, second = standings(counts(weak=1.6), [agent(90), agent(91)], STARTS, 1.1)
    assert (first.agent, first.place, first.reached) == (agent(91), 1, True)
    assert (second.agent, second.place, second.reached) == (agent(90), 2, False)
    assert first.sales < second.sales


def test_only_those_who_take_part_are_shown() -> None:
    assert [one.agent for one in standings(counts(), [agent(91)], STARTS, 1.1)] == [agent(91)]


def test_few_contacts_have_no_place_and_come_last() -> None:
    lucky = [Count(agent(99), GROUP, STARTS, FEWEST_CONTACTS - 1, 20)]
    told = counts_of([*weeks(steady(long=LONG)), *lucky])
    first, last, absent = standings(told, [agent(99), agent(1), agent(123)], STARTS, 1.1)
    assert (first.agent, last.agent, absent.agent) == (agent(1), agent(99), agent(123))
    assert (first.place, last.place, absent.place, last.reached, absent.contacts) == (1, None, None, False, 0)


def test_equal_scores_share_a_place() -> None:
    rows = weeks({number: [10] * LONG for number in range(12)})
    found = standings(counts_of(rows), [agent(1), agent(2), agent(3)], STARTS, 1.1)
    assert [one.place for one in found] == [1, 1, 1]


def test_skill_does_not_decide_who_wins() -> None:
    """Of agents who all sell as usual, the score has nothing to do with how they did before, and next to nothing with
    how good they are; the plain rate is little else."""
    fair, past, plain = [], [], []
    for seed in range(12):
        dice = np.random.default_rng(seed)
        skill = np.exp(dice.normal(0, 0.25, 60))
        rows = [
            Count(agent(number), GROUP, WEEKS[0] + week, 120, int(dice.binomial(120, 0.09 * skill[number])))
            for number in range(60)
            for week in range(LONG)
        ]
        found = named(standings(counts_of(rows), [agent(number) for number in range(60)], STARTS, 1.1))
        ordered = [found[agent(number)] for number in range(60)]
        fair.append(np.corrcoef([one.score for one in ordered], skill)[0, 1])
        past.append(np.corrcoef([one.score for one in ordered], [one.usual for one in ordered])[0, 1])
        plain.append(np.corrcoef([one.sales / one.contacts for one in ordered], skill)[0, 1])
    assert np.mean(plain) > 0.7
    assert abs(float(np.mean(past))) < 0.1
    assert abs(float(np.mean(fair))) < 0.2
