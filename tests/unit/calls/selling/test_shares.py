"""The calls of a campaign shared out: to the last hundredth of a per cent, with every minimum, and never stuck."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, settings
from hypothesis import given as whatever
from hypothesis import strategies as st

from services.calls.api.routing import drawn
from services.calls.api.routing_facts import cost_of_a_call
from services.calls.domain.routing_policy import AskedMinimum, SetRoutingPolicy, routing_policy
from services.calls.domain.shares import WHOLE, Arm, Share, bandit_parameters, bandit_shares, plain_shares
from services.calls.events.routing import Bandit, MinimumShare, PlainRule, RoutingPolicySet
from services.calls.views.routing_policies import routing_policies
from shared.kernel import Rejected
from tests.spec import given, seen
from tests.unit.terms.sheets import sheet

AT = datetime(2026, 3, 4, 16, 40, tzinfo=UTC)
RULE = PlainRule()


def arm(partner: str, **more: Any) -> Arm:
    return Arm(**{"partner": partner, "contacts": 1000, "sales": 200, "agents": 10, "cost": Fraction(300), **more})


def parts(shares: list[Share]) -> dict[str, int]:
    return {share.partner: share.hundredths for share in shares}


def test_equals_get_equal_shares_and_the_odd_hundredth_goes_by_name() -> None:
    assert parts(plain_shares([arm("c"), arm("a"), arm("b")], RULE)) == {"a": 3334, "b": 3333, "c": 3333}


def test_each_weight_counts_alone() -> None:
    better, cheaper = arm("a", sales=300), arm("b", cost=Fraction(100))
    larger = arm("b", agents=30)
    found = parts(plain_shares([better, arm("b")], PlainRule(performance=1, cost=0, capacity=0)))
    conversion = [(sales + 50 * Fraction(500, 2000)) / 1050 for sales in (300, 200)]
    assert found["a"] == round(WHOLE * conversion[0] / sum(conversion))
    assert parts(plain_shares([arm("a"), cheaper], PlainRule(performance=0, cost=1, capacity=0))) == {
        "a": 2500,
        "b": 7500,
    }
    assert parts(plain_shares([arm("a"), larger], PlainRule(performance=0, cost=0, capacity=1))) == {
        "a": 2500,
        "b": 7500,
    }


def test_a_cost_that_is_not_known_decides_nothing_and_says_so() -> None:
    one, other = plain_shares([arm("a", cost=None), arm("b", cost=Fraction(1))], RULE)
    assert one.hundredths == other.hundredths == 5000
    assert "no cost known" in one.reasons[-1]
    assert not any(reason.startswith("cost") for reason in other.reasons)


def test_a_minimum_is_held_and_the_others_share_the_rest() -> None:
    shares = plain_shares([arm("a", agents=1, minimum=4000), arm("b", agents=100), arm("c", agents=100)], RULE)
    assert parts(shares) == {"a": 4000, "b": 3000, "c": 3000}
    assert shares[0].reasons[-1] == "raised to the least of 40.00 %"


def test_who_has_no_agents_gets_nothing_and_the_reason() -> None:
    shares = plain_shares([arm("a", agents=0, minimum=4000), arm("b")], RULE)
    assert (parts(shares), shares[0].reasons) == ({"a": 0, "b": 10_000}, ("no agents are at work now",))
    with pytest.raises(Rejected) as nobody:
        plain_shares([arm("a", agents=0)], RULE)
    assert nobody.value.code == "nobody_available"
    with pytest.raises(Rejected) as much:
        plain_shares([arm("a", minimum=6000), arm("b", minimum=4001)], RULE)
    assert much.value.code == "minimums_exceed"


ARMS = st.lists(
    st.builds(
        lambda partner, sales, others, agents, cost, minimum: arm(
            partner, sales=sales, contacts=sales + others, agents=agents, cost=cost, minimum=minimum
        ),
        st.sampled_from("abcdefgh"),
        st.integers(0, 400),
        st.integers(0, 2000),
        st.integers(0, 60),
        st.one_of(st.none(), st.fractions(0, 2000)),
        st.one_of(st.just(0), st.integers(0, 4000)),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda one: one.partner,
)


def hold(arms: list[Arm], shares: list[Share]) -> None:
    """What holds of every sharing out."""
    assert [share.partner for share in shares] == sorted(one.partner for one in arms)
    assert sum(share.hundredths for share in shares) == WHOLE
    for one in arms:
        found = parts(shares)[one.partner]
        assert found >= one.minimum if one.agents else found == 0


def possible(arms: list[Arm]) -> None:
    able = [one for one in arms if one.agents]
    assume(able)
    assume(sum(one.minimum for one in able) <= WHOLE)


WEIGHTS = st.tuples(*[st.integers(0, 100)] * 3).filter(any)


@whatever(ARMS, WEIGHTS)
def test_plain_shares_are_the_whole_and_hold_every_minimum(arms: list[Arm], weights: tuple[int, int, int]) -> None:
    possible(arms)
    rule = PlainRule(performance=weights[0], cost=weights[1], capacity=weights[2])
    shares = plain_shares(arms, rule)
    hold(arms, shares)
    assert plain_shares(list(reversed(arms)), rule) == shares


@settings(deadline=None)
@whatever(ARMS, st.integers(1, 20), st.integers(0, 10**6))
def test_bandit_shares_are_the_whole_hold_every_minimum_and_depend_on_nothing_but_the_seed(
    arms: list[Arm], floor: int, seed: int
) -> None:
    possible(arms)
    policy = Bandit(floor_percent=floor, draws=100)
    shares = bandit_shares(arms, policy, drawn(arms, policy.draws, seed))
    hold(arms, shares)
    assert bandit_shares(arms[::-1], policy, drawn(arms[::-1], policy.draws, seed)) == shares
    able = [one for one in arms if one.agents]
    if not any(one.minimum for one in able) and floor * len(able) <= 100:
        assert all(parts(shares)[one.partner] >= floor * 100 for one in able), "the floor keeps it exploring"


def test_a_bandit_learns_who_sells_and_goes_on_trying_the_other() -> None:
    truth, policy, dice = {"a": 0.10, "b": 0.25}, Bandit(floor_percent=5, draws=200), random.Random(7)
    known = {"a": arm("a", contacts=0, sales=0), "b": arm("b", contacts=0, sales=0)}
    given_to = {"a": 0, "b": 0}
    for day in range(30):
        arms = list(known.values())
        for share in bandit_shares(arms, policy, drawn(arms, policy.draws, day)):
            calls = share.hundredths * 100 // WHOLE
            sold = sum(dice.random() < truth[share.partner] for _ in range(calls))
            before = known[share.partner]
            known[share.partner] = arm(share.partner, contacts=before.contacts + calls, sales=before.sales + sold)
            given_to[share.partner] += calls
    assert given_to["b"] > 4 * given_to["a"]
    assert given_to["a"] >= 30 * 5, "never less than the floor"


def test_a_dear_partner_wins_less_often() -> None:
    arms = [arm("a", cost=Fraction(200)), arm("b", cost=Fraction(300))]
    policy = Bandit(floor_percent=1, draws=500)
    found = parts(bandit_shares(arms, policy, drawn(arms, policy.draws, 1)))
    assert found["a"] == 9900


def test_who_knows_nothing_of_a_partner_takes_every_conversion_for_possible() -> None:
    assert bandit_parameters(arm("a", contacts=0, sales=0)) == (1, 1)
    assert bandit_parameters(arm("a", contacts=100, sales=20)) == (21, 81)
    assert bandit_parameters(arm("a", contacts=1, sales=2)) == (3, 1), "two orders of one contact"


# The policy


def choose(policy: Any, *minimums: tuple[str, str]) -> SetRoutingPolicy:
    asked = tuple(AskedMinimum(partner=partner, percent=percent) for partner, percent in minimums)
    return SetRoutingPolicy(campaign="vital", policy=policy, minimums=asked, reason="So.", at=AT, by="ana")


def chosen(policy: Any, *minimums: tuple[str, str]) -> RoutingPolicySet:
    said = tuple(MinimumShare(partner=partner, percent=percent) for partner, percent in minimums)
    return RoutingPolicySet(campaign="vital", policy=policy, minimums=said, reason="So.", at=AT, by="ana")


def test_a_manager_chooses_a_rule_or_a_bandit() -> None:
    given(routing_policy).when(choose(Bandit(), ("adria", "20.5"))).then(chosen(Bandit(), ("adria", "20.5")))
    given(routing_policy, chosen(Bandit())).when(choose(Bandit())).then()
    given(routing_policy, chosen(Bandit())).when(choose(RULE)).then(chosen(RULE))
    docs = seen(routing_policies, chosen(Bandit()), chosen(RULE))
    assert (docs["vital"].current, len(docs["vital"].said)) == (chosen(RULE), 2)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (choose(PlainRule(performance=0, cost=0, capacity=0)), "weights_wrong"),
        (choose(PlainRule(performance=-1)), "weights_wrong"),
        (choose(PlainRule(cost=1001)), "weights_wrong"),
        (choose(Bandit(floor_percent=0)), "bandit_wrong"),
        (choose(Bandit(floor_percent=21)), "bandit_wrong"),
        (choose(Bandit(draws=99)), "bandit_wrong"),
        (choose(RULE, ("a", "50"), ("a", "10")), "minimums_wrong"),
        (choose(RULE, ("a", "50"), ("b", "50.01")), "minimums_wrong"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(command: SetRoutingPolicy, code: str) -> None:
    given(routing_policy).when(command).then_rejected(code)


def test_a_calls_cost_is_the_months_price_over_its_calls() -> None:
    per_call = sheet({"per_call": [{"name": "call", "basis": "offered", "tiers": [{"rate": "250"}]}]})
    cost = cost_of_a_call(per_call, AT)
    assert cost is not None
    assert 0 < cost <= 250
    assert cost_of_a_call(sheet({}), AT) is None
