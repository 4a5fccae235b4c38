"""A fair comparison: the mix is taken out, small numbers get wide intervals and no place, and a place is a range."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.training.measuring.fair import FEWEST_CONTACTS, Fair, Work, compare

FACTORS = ("campaign",)


def work(partner: str, agent: str, mix: str | tuple[str, ...], contacts: int, sales: int) -> Work:
    levels = (mix,) if isinstance(mix, str) else mix
    return Work(partner=partner, agent=agent, mix=levels, contacts=contacts, sales=sales)


def named(items: tuple[Fair, ...]) -> dict[str, Fair]:
    return {one.agent or one.partner: one for one in items}


def test_the_better_partner_in_the_harder_campaign_comes_out_as_the_better_one() -> None:
    easy, hard = {"adria": 0.18, "istra": 0.14}, {"adria": 0.09, "istra": 0.06}
    shares = {"adria": (500, 4500), "istra": (4500, 500)}
    works = [
        work(partner, f"{partner[0]}{agent}", campaign, contacts // 10, round(contacts // 10 * rate[partner]))
        for partner, both in shares.items()
        for (campaign, rate), contacts in zip((("easy", easy), ("hard", hard)), both, strict=True)
        for agent in range(10)
    ]
    found = named(compare(works, FACTORS, "partners").items)
    assert found["adria"].converts < found["istra"].converts, "as they look"
    assert found["adria"].fair > found["istra"].fair, "as they are"
    assert (found["adria"].best_place, found["istra"].worst_place) == (1, 2)


def test_a_partner_alone_in_its_campaign_cannot_be_told_from_the_campaign() -> None:
    works = [work("adria", f"a{n}", "serum", 400, 40) for n in range(8)]
    works += [work("istra", f"i{n}", "serum", 400, 40) for n in range(8)]
    works += [work("solo", f"s{n}", "other", 400, 80) for n in range(8)]
    found = named(compare(works, FACTORS, "partners").items)
    assert found["solo"].converts == 0.2
    assert found["solo"].verdict == "like_the_others"
    assert (found["solo"].best_place, found["solo"].worst_place) == (1, 3)
    assert found["solo"].high - found["solo"].low > found["adria"].high - found["adria"].low


def test_small_numbers_are_drawn_to_the_mean_and_have_no_place() -> None:
    works = [work("adria", f"a{n}", "serum", 500, 45 + n % 5) for n in range(12)]
    lucky = work("adria", "lucky", "serum", FEWEST_CONTACTS - 1, 15)
    found = named(compare([*works, lucky], FACTORS, "agents").items)
    assert found["lucky"].verdict == "too_few"
    assert found["lucky"].best_place is None
    assert found["lucky"].fair < 0.2 < found["lucky"].converts
    assert found["lucky"].high - found["lucky"].low > found["a1"].high - found["a1"].low
    assert found["lucky"].evidence.endswith("too few contacts for a place")


def test_agents_who_are_alike_cannot_be_told_apart() -> None:
    found = compare([work("adria", f"a{n}", "serum", 300, 26 + n % 9) for n in range(20)], FACTORS, "agents")
    assert {(one.best_place, one.worst_place, one.of) for one in found.items} == {(1, 20, 20)}
    assert {one.verdict for one in found.items} == {"like_the_others"}


def test_an_agent_far_above_has_the_first_place() -> None:
    works = [work("adria", f"a{n}", "serum", 1000, 90 + n % 5) for n in range(12)]
    found = named(compare([*works, work("adria", "star", "serum", 1000, 180)], FACTORS, "agents").items)
    assert (found["star"].best_place, found["star"].worst_place) == (1, 1)
    assert found["star"].verdict == "above"
    assert found["a0"].best_place == 2
    assert found["star"].evidence.startswith("converts 18.0 % of 1,000 contacts; with everybody's mix")


def test_nothing_compares_to_nothing_and_a_mix_has_a_level_of_each_factor() -> None:
    assert compare([], FACTORS, "agents").items == ()
    with pytest.raises(ValueError, match="2 levels where there are 1"):
        compare([work("adria", "a1", ("serum", "9"), 10, 1)], FACTORS, "agents")


works_of_all = st.lists(
    st.builds(
        work,
        st.sampled_from(["adria", "istra"]),
        st.sampled_from(["a1", "a2", "a3"]),
        st.sampled_from([("serum", "9"), ("serum", "10"), ("vital", "9")]),
        st.integers(0, 300),
        st.integers(0, 40),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40)
@given(works_of_all, st.randoms(use_true_random=False))
def test_whatever_comes_in_in_whatever_order_the_answer_is_one_and_makes_sense(
    works: list[Work], dice: random.Random
) -> None:
    for among in ("agents", "partners"):
        found = compare(works, ("campaign", "hour"), among)
        mixed = list(works)
        dice.shuffle(mixed)
        assert compare(mixed, ("campaign", "hour"), among) == found
        assert sum(one.contacts for one in found.items) == sum(one.contacts for one in works)
        for one in found.items:
            assert 0 < one.low < one.fair < one.high < 1
            if one.best_place is not None and one.worst_place is not None:
                assert 1 <= one.best_place <= one.worst_place <= one.of


def drawn(seed: int) -> tuple[list[Work], dict[str, float]]:
    """Six partners of ten agents, each with campaigns of its own liking; and each agent's true fair rate."""
    dice = np.random.default_rng(seed)
    campaigns, hours = dice.normal(0, 0.5, 6), dice.normal(0, 0.2, 6)
    works, effects = [], {}
    for partner in range(6):
        favour, good = dice.dirichlet(np.full(6, 0.7)), dice.normal(0, 0.15)
        for number in range(10):
            name = f"p{partner}a{number}"
            effects[name] = good + dice.normal(0, 0.15)
            for campaign in range(6):
                for hour in range(6):
                    contacts = int(dice.poisson(120 * favour[campaign]))
                    odds = np.exp(-2.3 + campaigns[campaign] + hours[hour] + effects[name])
                    sales = int(dice.binomial(contacts, odds / (1 + odds)))
                    works.append(work(f"p{partner}", name, (f"c{campaign}", f"h{hour}"), contacts, sales))
    every = np.array([one.contacts for one in works])
    lines = np.array([-2.3 + campaigns[int(one.mix[0][1:])] + hours[int(one.mix[1][1:])] for one in works])
    fair = {
        name: float((every / (1 + np.exp(-lines - effect))).sum() / every.sum()) for name, effect in effects.items()
    }
    return works, fair


def test_intervals_hold_the_true_rates_and_places_the_true_places() -> None:
    holds, places, nearer = [], [], []
    for seed in range(8):
        works, fair = drawn(seed)
        items = compare(works, ("campaign", "hour"), "agents").items
        order = sorted(fair, key=lambda name: -fair[name])
        for one in items:
            true = fair[one.agent or ""]
            holds.append(one.low <= true <= one.high)
            if one.best_place is not None and one.worst_place is not None:
                places.append(one.best_place <= order.index(one.agent or "") + 1 <= one.worst_place)
            nearer.append(abs(one.fair - true) < abs(one.converts - true))
    assert np.mean(holds) == pytest.approx(0.95, abs=0.04)
    assert np.mean(places) > 0.95
    assert np.mean(nearer) > 0.7
