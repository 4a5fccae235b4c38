"""Learning curves: somebody new beside those who began earlier, week by week of their own beginning."""

from __future__ import annotations

import random

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.training.measuring.bulk import Bulk
from services.training.measuring.counts import Agent
from services.training.measuring.curves import Aged, Curve, _together, curve
from services.training.measuring.peers import Expected

RATES = [0.04, 0.06, 0.07, 0.08, 0.085, 0.09]
ME = Agent("adria", "new")


def aged(who: Agent, rates: list[float], contacts: int = 200, campaign: str = "serum") -> list[Aged]:
    return [
        Aged(
            who=who, campaign=campaign, direction="outbound", week=week, contacts=contacts, sales=round(contacts * rate)
        )
        for week, rate in enumerate(rates)
    ]


def earlier(members: int = 20) -> list[Aged]:
    """Agents who learnt, some a tenth better and some a tenth worse."""
    return [
        row
        for number in range(members)
        for row in aged(Agent("adria", f"a{number}"), [rate * (0.9 + 0.05 * (number % 5)) for rate in RATES])
    ]


def test_who_learns_as_those_before_is_as_those_before() -> None:
    found = curve(aged(ME, RATES[:4]), earlier())
    assert found.verdict == "as_the_earlier"
    assert found.earlier == 20
    assert found.share == pytest.approx(1, abs=0.05)
    assert [point.week for point in found.points] == [0, 1, 2, 3]
    assert [point.earlier for point in found.points] == pytest.approx(RATES[:4], abs=0.003)
    for point in found.points:
        assert point.low is not None
        assert point.high is not None
        assert point.low <= (point.converts or 0) <= point.high


@pytest.mark.parametrize(("times", "verdict"), [(0.4, "behind"), (1.8, "ahead")])
def test_who_does_not_learn_is_behind_and_who_learns_fast_ahead(times: float, verdict: str) -> None:
    found = curve(aged(ME, [rate * times for rate in RATES]), earlier())
    assert found.verdict == verdict
    assert found.chance is not None
    assert found.chance < 0.025
    assert verdict in found.evidence


def test_a_beginner_is_not_held_against_what_others_convert_later() -> None:
    """At 4 % in its first week it does as those before did in theirs, although they convert 9 % by now."""
    found = curve(aged(ME, RATES[:1]), earlier())
    assert found.points[0].earlier == pytest.approx(0.04, abs=0.003)
    assert found.verdict == "as_the_earlier"


def test_few_contacts_or_nobody_before_is_too_few() -> None:
    assert curve(aged(ME, RATES[:1], contacts=20), earlier()).verdict == "too_few"
    alone = curve(aged(ME, RATES), [])
    assert (alone.verdict, alone.share, alone.points[0].earlier) == ("too_few", None, None)
    assert curve([], earlier()).points == ()


def test_another_campaign_is_no_comparison() -> None:
    found = curve(aged(ME, RATES, campaign="vital"), earlier())
    assert (found.verdict, found.earlier, found.contacts) == ("too_few", 0, 0)
    assert found.points[0].contacts == 200


@settings(max_examples=6)
@given(st.randoms(use_true_random=False))
def test_the_order_says_nothing(dice: random.Random) -> None:
    own, others = aged(ME, RATES), earlier()
    whole = curve(own, others)
    dice.shuffle(own)
    dice.shuffle(others)
    assert curve(own, others) == whole


def drawn(seed: int) -> Curve:
    dice = np.random.default_rng(seed)

    def one(who: Agent) -> list[Aged]:
        skill = np.exp(dice.normal(0, 0.15))
        return [
            Aged(
                who=who,
                campaign="serum",
                direction="outbound",
                week=week,
                contacts=120,
                sales=int(dice.binomial(120, min(rate * skill, 1))),
            )
            for week, rate in enumerate(RATES)
        ]

    return curve(one(ME), [row for number in range(40) for row in one(Agent("adria", f"a{number}"))])


@pytest.mark.slow
def test_of_those_who_learn_as_all_do_one_in_twenty_at_most_is_told_apart() -> None:
    verdicts = [drawn(seed).verdict for seed in range(60)]
    assert sum(verdict != "as_the_earlier" for verdict in verdicts) / 60 < 0.05 + 2 * (0.05 * 0.95 / 60) ** 0.5


def test_several_are_one_curve_beside_the_same_earlier_ones() -> None:
    own = [row for number in range(4) for row in aged(Agent("lumen", f"n{number}"), [rate * 0.6 for rate in RATES])]
    found = curve(own, earlier())
    assert (found.verdict, found.earlier, found.contacts) == ("behind", 20, 4 * 6 * 200)
    assert found.earlier_contacts == 20 * 6 * 200
    assert found.share == pytest.approx(0.6, abs=0.05)
    assert [point.contacts for point in found.points] == [800] * 6
    # What one of them alone leaves open, all of them together show.
    one = curve([row for row in own if row.who == own[0].who], earlier())
    assert one.chance is not None
    assert found.chance is not None
    assert found.chance < one.chance


@given(st.integers(50, 3000), st.floats(0.01, 0.5), st.floats(0.02, 0.6), st.floats(0.0, 0.1))
def test_one_together_has_its_own_distribution(contacts: int, rate: float, spread: float, luck: float) -> None:
    one = Expected(
        contacts=np.array([contacts]),
        sales=np.array([3]),
        expected=np.array([contacts * rate]),
        alike=np.array([0.1]),
        luck=np.array([luck**2]),
        peers=np.array([9]),
        peer_contacts=np.array([900]),
    )
    bulk = Bulk(spread, 1.1)
    found = _together(one, bulk)
    assert found.rate == pytest.approx(float(bulk.rate(one)[0]))
    assert found.width == pytest.approx(float(bulk.width(one)[0]), rel=1e-6)


@pytest.mark.slow
def test_of_groups_who_learn_as_all_do_one_in_twenty_at_most_is_told_apart() -> None:
    told = 0
    for seed in range(60):
        dice = np.random.default_rng(seed)

        def one(who: Agent, dice: np.random.Generator = dice) -> list[Aged]:
            skill = np.exp(dice.normal(0, 0.15))
            return [
                msgspec.structs.replace(row, sales=int(dice.binomial(120, min(rate * skill, 1))))
                for row, rate in zip(aged(who, RATES, contacts=120), RATES, strict=True)
            ]

        own = [row for number in range(8) for row in one(Agent("lumen", f"n{number}"))]
        found = curve(own, [row for number in range(40) for row in one(Agent("adria", f"a{number}"))])
        told += found.verdict != "as_the_earlier"
    assert told / 60 < 0.05 + 2 * (0.05 * 0.95 / 60) ** 0.5
