"""Samples: the seed decides and nobody else, every talk has the same chance, and each rule draws what it says."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.training.domain.sample import DrawSample, sample
from services.training.domain.sampling import Candidate, draw
from services.training.events.samples import SampleDrawn, SamplePlan
from tests.spec import given
from tests.unit.training.quality import AT

DAYS = {"since": date(2026, 3, 2), "until": date(2026, 3, 8)}


def plan(**more: Any) -> SamplePlan:
    return SamplePlan(**{"form": "inbound", "version": 1, "seed": "week 10", **DAYS, **more})


def talk(call: str, agent: str = "a7", talk_ms: int = 120_000, **more: Any) -> Candidate:
    told: dict[str, Any] = {"day": "2026-03-04", "campaign": "lamps", "disposition": "sale", **more}
    return Candidate(call=call, agent=agent, talk_ms=talk_ms, **told)


talks = st.lists(
    st.builds(
        talk,
        st.integers(0, 60).map(lambda n: f"c{n}"),
        st.sampled_from(["a7", "a8", "a9"]),
        st.integers(0, 3_000_000),
        disposition=st.sampled_from(["sale", "refused_price", None]),
        cancelled=st.booleans(),
        day=st.sampled_from(["2026-03-01", "2026-03-02", "2026-03-08", "2026-03-09"]),
        campaign=st.sampled_from(["lamps", "vital"]),
    ),
    max_size=80,
)
plans = st.builds(
    plan,
    seed=st.text(min_size=1, max_size=5),
    random=st.integers(0, 20),
    per_stratum=st.integers(0, 3),
    risk=st.dictionaries(st.sampled_from(["very_short", "very_long", "cancelled_sale"]), st.integers(0, 5)),
    campaign=st.sampled_from([None, "lamps"]),
)


@drawn(plans, talks, st.randoms(use_true_random=False))
def test_the_same_talks_give_the_same_sample_in_whatever_order(
    wanted: SamplePlan, known: list[Candidate], dice: random.Random
) -> None:
    shuffled = list(known) * 2
    dice.shuffle(shuffled)
    assert draw(wanted, known) == draw(wanted, shuffled)


@drawn(plans, talks)
def test_each_rule_draws_so_many_as_it_says_and_only_what_it_is_about(
    wanted: SamplePlan, known: list[Candidate]
) -> None:
    found = draw(wanted, known)
    assert len({one.call for one in found.calls}) == len(found.calls) <= found.population
    by = {kind: [one for one in found.calls if kind in one.why] for kind in ("random", "stratum", *wanted.risk)}
    assert len(by["random"]) == min(wanted.random, found.population)
    strata = Counter((one.agent, one.disposition) for one in by["stratum"])
    assert all(count <= wanted.per_stratum for count in strata.values())
    assert all("2026-03-02" <= one.day <= "2026-03-08" for one in found.calls)
    assert all(wanted.campaign in (None, one.campaign) for one in found.calls)
    for kind, most in wanted.risk.items():
        assert len(by[kind]) <= most
    assert all(one.talk_ms < 20_000 for one in by.get("very_short", []))
    assert all(one.talk_ms > 1_800_000 for one in by.get("very_long", []))
    assert all(one.why for one in found.calls)


@drawn(plans, talks)
def test_a_talk_that_comes_late_changes_a_draw_by_itself_and_by_one_that_goes(
    wanted: SamplePlan, known: list[Candidate]
) -> None:
    only = msgspec.structs.replace(wanted, per_stratum=0, risk={})
    before = {one.call for one in draw(only, known).calls}
    after = {one.call for one in draw(only, [*known, talk("late")]).calls}
    assert after - before <= {"late"}
    assert len(before - after) <= 1


def test_each_stratum_is_drawn_from() -> None:
    known = [talk(f"{agent}-{result}-{n}", agent, disposition=result) for agent in ("a7", "a8")
             for result in ("sale", "refused_price", None) for n in range(9)]  # fmt: skip
    found = draw(plan(per_stratum=2), known)
    assert Counter((one.agent, one.disposition) for one in found.calls) == dict.fromkeys(
        [(agent, result) for agent in ("a7", "a8") for result in ("sale", "refused_price", None)], 2
    )


def test_what_is_at_risk_is_drawn_and_says_why() -> None:
    known = [talk("short", talk_ms=19_999), talk("long", talk_ms=1_800_001), talk("back", cancelled=True)]
    known += [talk("usual", talk_ms=20_000), talk("patient", talk_ms=1_800_000)]
    found = draw(plan(risk={"very_short": 9, "very_long": 9, "cancelled_sale": 9}), known)
    assert {one.call: one.why for one in found.calls} == {
        "short": ("very_short",),
        "long": ("very_long",),
        "back": ("cancelled_sale",),
    }


def test_a_call_is_drawn_once_for_the_agent_who_talked_longest() -> None:
    known = [talk("both", "a8", 90_000), talk("both", "a7", 60_000), talk("even", "a9", 5), talk("even", "a7", 5)]
    found = draw(plan(random=5), known)
    assert [(one.call, one.agent) for one in found.calls] == [("both", "a8"), ("even", "a7")]


def test_every_talk_is_drawn_as_often_as_every_other() -> None:
    known = [talk(f"c{n}") for n in range(20)]
    seeds = 4_000
    often = Counter(one.call for n in range(seeds) for one in draw(plan(random=5, seed=f"s{n}"), known).calls)
    # Each is drawn in a quarter of the draws. The counts add up to a constant, so 19/20 of their squared deviations by
    # their variance is a chi-square of 19 degrees of freedom, which is above 43.8 once in 1,000.
    expected = seeds / 4
    spread = sum((often[talk.call] - expected) ** 2 / (expected * 0.75) for talk in known) * 19 / 20
    assert spread < 43.8
    pairs = Counter(
        frozenset((one.call, other.call))
        for n in range(seeds)
        for calls in [draw(plan(random=2, seed=f"s{n}"), known[:6]).calls]
        for one, other in [calls]
    )
    assert len(pairs) == 15
    assert max(pairs.values()) < 1.35 * seeds / 15
    assert min(pairs.values()) > 0.65 * seeds / 15


def command(**more: Any) -> DrawSample:
    found = draw(plan(random=2), [talk("c1"), talk("c2"), talk("c3")])
    told: dict[str, Any] = {"plan": plan(random=2), "population": found.population, "calls": found.calls, **more}
    return DrawSample(sample="adria:w10", at=AT, by="Ana", **told)


def event(said: DrawSample) -> SampleDrawn:
    return SampleDrawn(
        partner_id="adria",
        sample=said.sample,
        plan=said.plan,
        population=said.population,
        calls=said.calls,
        at=AT,
        by="Ana",
    )


def test_a_sample_is_drawn_once_also_when_more_talks_are_known_by_then() -> None:
    given(sample).when(command()).then(event(command()))
    given(sample, event(command())).when(command(population=9, calls=())).then()
    given(sample, event(command())).when(command(plan=plan(random=3))).then_rejected("drawn")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"plan": plan(random=1, until=date(2026, 3, 1))}, "days_wrong"),
        ({"plan": plan(random=1, until=date(2026, 6, 2))}, "days_wrong"),
        ({"plan": plan(risk={"very_short": 0})}, "plan_empty"),
        ({"calls": ()}, "nothing_drawn"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(more: dict[str, Any], code: str) -> None:
    given(sample).when(command(**more)).then_rejected(code)
