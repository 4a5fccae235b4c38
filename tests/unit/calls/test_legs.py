"""Legs: who took part in a call, and how its talk and hold are shared out between them, always adding up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.calls.connectors.fields import in_order
from services.calls.tracker.facts import Call, holds_of, summarise
from services.calls.tracker.legs import Leg, legs_of
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SETTINGS = SourceSettings(connector="native", partner="acme")


def said(kind: str, second: float, leg: str | None = None, agent: str | None = None, **data: Any) -> Observation:
    return Observation(
        kind=kind, at=NOON + timedelta(seconds=second), call="c", leg=leg, agent=agent, data=data, items=("i",)
    )


def answered(second: float, agent: str | None = None, leg: str | None = None, by: str = "human") -> Observation:
    return said("CallAnswered", second, leg, agent, answered_by=by)


def over(second: float, **data: Any) -> Observation:
    return said("CallEnded", second, **{"scope": "call", "reason": "completed", "ended_by": "customer"} | data)


def legs(*observations: Observation) -> list[Leg]:
    every = in_order(observations)
    call = Call(id="s:c", vendor_id="c", source="s", settings=SETTINGS, all=every)
    return legs_of(every, summarise(call), holds_of(call))


def shared(found: list[Leg]) -> list[tuple[str | None, int | None, int | None]]:
    return [(leg.agent, leg.talk_ms, leg.hold_ms) for leg in found]


START = said("CallStarted", 0, direction="inbound", phase="queued")


def test_a_call_that_nobody_answered_has_no_legs() -> None:
    assert legs(START, over(30)) == []


def test_a_machine_that_answers_takes_no_part() -> None:
    assert legs(START, answered(5, by="machine"), over(30)) == []


def test_one_agent_has_the_whole_talk_without_its_holds() -> None:
    held = (said("CallHeld", 20, agent="a"), said("CallResumed", 30, agent="a"))
    assert shared(legs(START, answered(10, "a"), *held, over(60))) == [("a", 40_000, 10_000)]


def test_after_a_transfer_each_agent_has_the_time_of_the_own_part() -> None:
    handed = said("CallTransferred", 40, agent="a", mode="warm")
    found = legs(START, answered(10, "a"), handed, answered(41, "b"), over(100))
    assert shared(found) == [("a", 31_000, 0), ("b", 59_000, 0)]
    assert [(leg.reason, leg.ended_by) for leg in found] == [("transferred", "agent"), ("completed", "customer")]


def test_a_hold_belongs_to_the_leg_in_which_it_began() -> None:
    held = (said("CallHeld", 20, agent="a"), said("CallResumed", 50, agent="a"))
    found = legs(START, answered(10, "a"), *held, answered(60, "b"), over(100))
    assert shared(found) == [("a", 20_000, 30_000), ("b", 40_000, 0)]


def test_a_transfer_that_nobody_is_seen_to_answer_begins_a_leg_of_nobody() -> None:
    found = legs(START, answered(10, "a"), said("CallTransferred", 40, agent="a", mode="blind"), over(100))
    assert shared(found) == [("a", 30_000, 0), (None, 60_000, 0)]


def test_a_warm_transfer_that_is_completed_after_the_second_agent_answered_hands_nothing_on_from_that_one() -> None:
    handed = said("CallTransferred", 45, "l1", "a", mode="warm", to="b", to_kind="agent")
    found = legs(START, answered(10, "a", "l1"), answered(40, "b", "l2"), handed, over(100))
    assert shared(found) == [("a", 30_000, 0), ("b", 60_000, 0)]


def test_what_a_leg_measured_itself_counts_before_the_clock() -> None:
    own = said(
        "CallEnded", 50, "l1", "a", scope="leg", reason="transferred", ended_by="agent", talk_ms=25_000, hold_ms=0
    )
    last = over(100, leg="l2", agent="b", talk_ms=40_000, hold_ms=5_000)
    found = legs(START, answered(10, "a", "l1"), answered(50, "b", "l2"), own, last)
    assert shared(found) == [("a", 25_000, 0), ("b", 40_000, 5_000)]


def test_an_answer_that_names_nobody_is_a_leg_only_where_no_other_is() -> None:
    assert [leg.agent for leg in legs(START, answered(10), over(60))] == [None]
    assert [leg.agent for leg in legs(START, answered(10), answered(12, "a"), over(60))] == ["a"]


def test_the_agent_of_a_leg_is_whoever_an_observation_of_the_leg_names() -> None:
    result = said("CallDispositioned", 70, "l1", "a", native="SALE", canonical="sale")
    assert [leg.agent for leg in legs(START, answered(10, leg="l1"), over(60), result)] == ["a"]


def test_a_call_that_goes_on_has_legs_without_an_end() -> None:
    (leg,) = legs(START, answered(10, "a"))
    assert (leg.end, leg.talk_ms) == (None, None)


@st.composite
def calls(draw: st.DrawFn) -> list[Observation]:
    """A call that was answered and ended, with transfers and holds wherever they fall."""
    agents = draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=4, unique=True))
    second = st.integers(1, 300)
    found = [START, answered(10, agents[0])]
    found += [answered(draw(second), agent) for agent in agents[1:]]
    for _ in range(draw(st.integers(0, 2))):
        found.append(said("CallTransferred", draw(second), agent=draw(st.sampled_from(agents)), mode="warm"))
    for _ in range(draw(st.integers(0, 3))):
        agent, at = draw(st.sampled_from(agents)), draw(second)
        found += [said("CallHeld", at, agent=agent), said("CallResumed", at + draw(second), agent=agent)]
    measured = draw(st.one_of(st.none(), st.integers(0, 400_000)))
    return [*found, over(draw(second), agent=draw(st.sampled_from([None, *agents])), talk_ms=measured)]


@given(observations=calls())
@settings(max_examples=150, deadline=None)
def test_the_shares_of_talk_and_hold_add_up_to_the_calls(observations: list[Observation]) -> None:
    every = in_order(observations)
    summary = summarise(Call(id="s:c", vendor_id="c", source="s", settings=SETTINGS, all=every))
    found = legs(*observations)
    assert found
    assert sum(leg.talk_ms or 0 for leg in found) == summary.talk_ms
    assert sum(leg.hold_ms or 0 for leg in found) == summary.hold_ms
    assert all((leg.talk_ms or 0) >= 0 and (leg.hold_ms or 0) >= 0 for leg in found)


@given(observations=calls(), order=st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_in_which_they_were_heard_changes_nothing(observations: list[Observation], order: Any) -> None:
    shuffled = list(observations)
    order.shuffle(shuffled)
    assert shared(legs(*shuffled)) == shared(legs(*observations))
