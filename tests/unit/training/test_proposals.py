"""Who is proposed for coaching: the persistently low, and of the others no more than the rate says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.bench.coaching import choosing, tried
from services.bench.skill import FIRST_WEEK, Company, world
from services.training.measuring.bulk import fitted
from services.training.measuring.counts import Count, counts_of, kept_back
from services.training.measuring.peers import compared, expected
from services.training.measuring.proposals import judge, proposed
from services.training.measuring.words import odds, percent
from tests.unit.training.agents_weeks import WEEKS, agent, steady, weeks

LOW = [4] * len(WEEKS)
BEFORE = FIRST_WEEK + 13


def test_an_agent_far_below_its_peers_in_every_week_is_proposed_with_the_evidence_in_words() -> None:
    found = proposed(counts_of(weeks({**steady(), 99: LOW})))
    assert [one.agent for one in found.proposals] == [agent(99)]
    one = found.proposals[0]
    assert one.evidence.startswith("converts 4.0 % of 1,300 contacts; peers 10.0 % (20 peers, 26,000 contacts); chance")
    assert one.evidence.endswith("below its peers in 13 of 13 weeks")
    assert one.low < one.likely < one.high < one.peers_convert
    assert one.converts < one.likely, "luck is taken out: the agent is likely better than it looks"
    assert 0 < one.missed < 13 * 6


def test_who_is_like_the_others_is_not_proposed() -> None:
    assert proposed(counts_of(weeks(steady()))).proposals == ()


@pytest.mark.parametrize("good", [range(4), range(9, 13)], ids=["only lately low", "low once, and good again"])
def test_who_was_low_for_a_time_is_not_proposed(good: range) -> None:
    sold = [13 if week in good else 1 for week in range(len(WEEKS))]
    assert proposed(counts_of(weeks({**steady(), 99: sold}))).proposals == ()


def test_one_terrible_week_makes_no_proposal() -> None:
    sold = [0 if week == 6 else 10 for week in range(len(WEEKS))]
    assert proposed(counts_of(weeks({**steady(), 99: sold}))).proposals == ()


def test_few_contacts_are_not_judged() -> None:
    few = [Count(agent(99), one.group, one.week, 7, 0) for one in weeks({99: LOW})]
    found = proposed(counts_of(weeks(steady()) + few))
    assert found.proposals == ()
    assert (found.judged, found.too_few) == (20, 1)


def test_several_low_agents_of_a_group_do_not_hide_behind_each_other() -> None:
    low = {90 + number: LOW for number in range(4)}
    found = proposed(counts_of(weeks({**steady(12), **low})))
    assert {one.agent for one in found.proposals} == {agent(90 + number) for number in range(4)}


@settings(max_examples=15)
@given(st.integers(0, 100))
def test_what_an_agent_sold_in_weeks_kept_back_proposes_nobody(sold: int) -> None:
    told = weeks({**steady(), 99: [sold if kept_back(week) else 10 for week in WEEKS]})
    assert proposed(choosing(counts_of(told), WEEKS[-1] + 1)).proposals == ()


def test_a_rate_that_is_no_share_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        proposed(counts_of(weeks(steady())), rate=1.0)


def test_nothing_counted_proposes_nobody() -> None:
    found = proposed(counts_of([]))
    assert (found.proposals, found.judged, found.too_few) == ((), 0, 0)


def test_the_bulk_is_found_although_a_tenth_is_low() -> None:
    for low in (0.0, 0.1):
        true = world(Company(agents=1500, low=low, slump=0.0), seed=3)
        counts = choosing(counts_of(true.counts(())), BEFORE)
        whole = expected(compared(counts, np.ones(len(counts.agents), dtype=bool)))
        bulk = fitted(whole, whole.contacts >= 100)
        assert 0.1 < bulk.spread < 0.19, "0.13 of the odds by skill, and a little by what tenure leaves over"
        assert bulk.lift == pytest.approx(1 + low * 0.4, abs=0.035), "the peers' mean is pulled down by the low"


def test_of_an_agent_of_the_bulk_the_chance_is_below_a_level_no_more_often_than_it_says() -> None:
    levels, below, seen = (0.01, 0.05, 0.2), np.zeros(3), 0
    for seed in range(4):
        true = world(Company(agents=800), seed)
        counts = choosing(counts_of(true.counts(())), BEFORE)
        found = judge(counts)
        low = dict(zip(true.agents, true.low, strict=True))
        ours = found.judged & ~np.array([low[one] for one in counts.agents])
        below += [int((found.chance[ours] <= level).sum()) for level in levels]
        seen += int(ours.sum())
    for level, number in zip(levels, below, strict=True):
        assert number / seen <= level + 3 * (level / seen) ** 0.5


@pytest.mark.slow
def test_of_the_proposals_no_more_are_false_than_the_rate_says_on_average_over_companies() -> None:
    rate = 0.1
    found = [tried(Company(agents=400), seed, rate) for seed in range(12)]
    shares = [one.false_share for one in found]
    assert float(np.mean(shares)) <= rate
    right, low = sum(one.right for one in found), sum(one.low for one in found)
    assert right / low > 0.25, "of the truly low a good part is found"


@pytest.mark.slow
def test_where_nobody_is_truly_low_hardly_ever_anybody_is_proposed() -> None:
    found = [tried(Company(agents=300, low=0.0), seed, 0.1) for seed in range(20)]
    assert sum(bool(one.looked.proposals) for one in found) / 20 <= 0.2


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (1 / 3000, "1 in 3,000"),
        (1 / 2960, "1 in 3,000"),
        (0.004, "1 in 200"),
        (0.03, "1 in 33"),
        (0.25, "1 in 4"),
        (0.5, "50.0 %"),
        (1e-9, "less than 1 in 1,000,000"),
    ],
)
def test_chances_are_told_as_people_tell_them(chance: float, words: str) -> None:
    assert odds(chance) == words


def test_shares_are_told_in_per_cent() -> None:
    assert (percent(0.0612), percent(0.05, signed=True), percent(-0.125, signed=True)) == ("6.1 %", "+5.0 %", "-12.5 %")
