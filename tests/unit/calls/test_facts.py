"""The facts of calls and of agents' days: what is told, where it counts, and that durations are never negative."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calls.connectors.fields import in_order
from services.calls.tracker.call_document import AgentNow
from services.calls.tracker.facts import (
    Call,
    Facts,
    agent_day,
    agent_facts,
    day_of,
    facts_of,
    interval_of,
    lead_age,
    summarise,
)
from shared.contracts.calls import (
    AgentStateChanged,
    CallAnswered,
    CallDispositioned,
    CallEnded,
    CallStarted,
    SaleRecorded,
)
from shared.contracts.partners import SourceSettings
from shared.kernel import Money, Observation

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SETTINGS = SourceSettings(connector="native", partner="acme", day_zone="Europe/Sarajevo")


def said(kind: str, second: float, leg: str | None = None, agent: str | None = None, **data: Any) -> Observation:
    return Observation(
        kind=kind, at=NOON + timedelta(seconds=second), call="c", leg=leg, agent=agent, data=data, items=("i",)
    )


def call_of(*observations: Observation, no_end: bool = False, reports_holds: bool = True) -> Call:
    every = in_order(observations)
    return Call("s:c", "c", "s", SETTINGS, every, reports_holds, no_end)


def told(*observations: Observation) -> dict[str, Any]:
    call = call_of(*observations)
    return dict(facts_of(call, summarise(call)))


def start(second: float = 0, direction: str = "inbound", phase: str = "queued", **data: Any) -> Observation:
    return said("CallStarted", second, direction=direction, phase=phase, **data)


def answer(second: float, agent: str = "a", by: str = "human") -> Observation:
    return said("CallAnswered", second, agent=agent, answered_by=by)


def over(second: float, reason: str = "completed", **data: Any) -> Observation:
    return said("CallEnded", second, scope="call", reason=reason, ended_by="customer", **data)


def test_an_offered_call_is_one_that_came_to_us() -> None:
    for direction, phase, offered, dialed in (
        ("inbound", "ringing", True, False),
        ("outbound", "dialing", False, True),
        ("unknown", "queued", True, False),
        ("unknown", "ringing", False, False),
    ):
        fact = told(start(direction=direction, phase=phase))["started"]
        assert isinstance(fact, CallStarted)
        assert (fact.offered, fact.dialed) == (offered, dialed)


def test_only_the_first_human_answer_carries_the_wait() -> None:
    facts = told(start(), answer(12), answer(70, "b"), over(100))
    answers = [fact for fact in facts.values() if isinstance(fact, CallAnswered)]
    assert [(fact.agent, fact.first, fact.wait_ms) for fact in answers] == [("a", True, 12_000), ("b", False, None)]


def test_a_machine_that_answers_makes_no_call_answered() -> None:
    facts = told(start(direction="outbound", phase="dialing"), answer(5, by="machine"), over(20))
    (machine,) = [fact for fact in facts.values() if isinstance(fact, CallAnswered)]
    assert (machine.answered_by, machine.first) == ("machine", False)
    assert facts["ended"].outcome == "machine"


def test_the_wait_of_a_call_that_nobody_answered_stands_at_its_end() -> None:
    ended = told(start(), over(31, "abandoned"))["ended"]
    assert isinstance(ended, CallEnded)
    assert (ended.outcome, ended.wait_ms, ended.talk_ms) == ("abandoned", 31_000, 0)


def test_calls_count_where_they_began_and_legs_where_they_ended() -> None:
    facts = told(start(-1), answer(5), over(16 * 60))
    assert facts["started"].interval == facts["ended"].interval == NOON - timedelta(minutes=15)
    assert facts["answered:a"].interval == NOON - timedelta(minutes=15)
    assert facts["ended:a"].interval == NOON + timedelta(minutes=15)


def test_days_are_those_of_the_partners_zone() -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert day_of(late, "Europe/Sarajevo") == "2026-03-03"
    assert day_of(late, "America/Bogota") == "2026-03-02"
    assert interval_of(late + timedelta(minutes=14, seconds=59)) == late


def test_the_last_result_of_a_leg_counts_with_the_wrap_up_of_all() -> None:
    first = said("CallDispositioned", 70, agent="a", native="NI", canonical="not_interested", wrap_ms=5_000)
    last = said("CallDispositioned", 90, agent="a", native="SALE", canonical="sale", wrap_ms=2_000, corrected=True)
    result = told(start(), answer(10), over(60), first, last)["disposition:a"]
    assert isinstance(result, CallDispositioned)
    assert (result.canonical, result.corrected, result.wrap_ms) == ("sale", True, 7_000)
    assert result.ended_interval == NOON


def test_a_sale_told_twice_under_one_order_is_one_sale() -> None:
    sale: dict[str, Any] = {"order_ref": "O-1", "quantity": 2, "amount_minor": 2995, "currency": "EUR"}
    facts = told(start(), answer(10), said("SaleRecorded", 40, agent="a", **sale), said("SaleRecorded", 50, **sale))
    (sold,) = [fact for fact in facts.values() if isinstance(fact, SaleRecorded)]
    assert (sold.amount, sold.agent, sold.quantity) == (Money(2995, "EUR"), "a", 2)


def test_a_sale_without_a_currency_has_no_amount() -> None:
    facts = told(start(), answer(10), said("SaleRecorded", 40, agent="a", order_ref="O-1", amount_minor=100))
    assert facts["sale:O-1"].amount is None


def test_a_call_that_never_ended_is_flagged_and_no_end_is_made_up() -> None:
    call = call_of(start(), answer(10), no_end=True)
    summary = summarise(call)
    assert (summary.state, summary.flags, summary.ended_at) == ("no_end", ["no_end"], None)
    assert "ended" not in facts_of(call, summary)


def test_holds_that_a_platform_does_not_report_are_unknown_and_not_nothing() -> None:
    assert summarise(call_of(start(), answer(10), over(60), reports_holds=False)).hold_ms is None
    assert summarise(call_of(start(), answer(10), over(60))).hold_ms == 0


def test_a_dialled_call_is_its_agents_attempt_whoever_says_so() -> None:
    dialled = start(direction="outbound", phase="dialing")
    assert told(dialled, answer(9, "b"), over(60))["started"].agent == "b"
    result = said("CallDispositioned", 40, agent="c", native="NA", canonical="no_answer")
    assert told(dialled, over(30, "no-answer"), result)["started"].agent == "c"


@given(
    seconds=st.tuples(*[st.integers(-500, 500)] * 5),
    talk=st.one_of(st.none(), st.integers(0, 10_000_000)),
    wrap=st.one_of(st.none(), st.integers(0, 10_000)),
)
@settings(max_examples=150, deadline=None)
def test_no_duration_is_negative_and_each_fact_has_its_own_key(
    seconds: tuple[int, ...], talk: int | None, wrap: int | None
) -> None:
    began, taken, held, resumed, ended = seconds
    observations = [
        start(began), answer(taken), said("CallHeld", held, agent="a"), said("CallResumed", resumed, agent="a"),
        over(ended, talk_ms=talk), said("CallDispositioned", ended + 5, agent="a", canonical="sale", wrap_ms=wrap),
    ]  # fmt: skip
    call = call_of(*observations)
    summary = summarise(call)
    for value in (summary.wait_ms, summary.talk_ms, summary.hold_ms, summary.wrap_ms):
        assert value is None or value >= 0
    for fact in facts_of(call, summary).values():
        for name in ("talk_ms", "hold_ms", "wait_ms", "wrap_ms"):
            assert (getattr(fact, name, None) or 0) >= 0
    assert facts_of(call, summary) == facts_of(call_of(*reversed(observations)), summary)


# Agents' days


def state(second: int, code: str, reason: str | None = None) -> Observation:
    return said("AgentStateChanged", second, agent="a", state=code, native=code, reason=reason)


def of_day(observations: list[Observation], over: datetime | None = None) -> tuple[AgentNow, Facts]:
    return agent_facts("s", SETTINGS, agent_day("s", SETTINGS, observations), over)


def test_a_state_lasts_until_the_next_one_and_the_last_is_open() -> None:
    now, facts = of_day([state(0, "available"), state(60, "break"), state(90, "available")])
    spans = [(f.state, (f.until - f.since).seconds) for f in facts.values() if isinstance(f, AgentStateChanged)]
    assert spans == [("available", 60), ("break", 30)]
    assert (now.state, now.since) == ("available", NOON + timedelta(seconds=90))


def test_saying_the_same_again_splits_nothing() -> None:
    _, facts = of_day([state(0, "break"), state(30, "break"), state(60, "available")])
    assert [(f.since, f.until) for f in facts.values() if isinstance(f, AgentStateChanged)] == [
        (NOON, NOON + timedelta(seconds=60))
    ]
    _, facts = of_day([state(0, "break"), state(30, "break", "meal"), state(60, "offline")])
    assert len(facts) == 2


@given(
    changes=st.lists(
        st.tuples(st.integers(0, 40_000), st.sampled_from(["available", "break", "on_call"])),
        min_size=1, max_size=12, unique_by=lambda change: change[0],
    ),
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_a_closed_day_is_told_without_a_gap_or_an_overlap(changes: list[tuple[int, str]]) -> None:
    observed = [state(second, code) for second, code in sorted(changes)]
    midnight = NOON + timedelta(hours=12)
    _, facts = of_day(observed, midnight)
    spans = sorted((f.since, f.until) for f in facts.values() if isinstance(f, AgentStateChanged))
    assert spans[0][0] == observed[0].at
    assert spans[-1][1] == midnight
    begun = agent_day("s", SETTINGS, observed[: len(observed) // 2]) if len(observed) > 1 else None
    assert agent_day("s", SETTINGS, observed, begun) == agent_day("s", SETTINGS, observed)
    assert all(one[1] == following[0] for one, following in pairwise(spans))


@given(st.integers(0, 4000), st.integers(0, 86_399))
def test_a_lead_is_as_old_as_whole_days_say(days: int, seconds: int) -> None:
    age = lead_age(NOON - timedelta(days=days, seconds=seconds), NOON)
    first, _, last = age.partition("-")
    assert int(first.rstrip("+")) <= days <= (int(last) if last else days)


def test_who_became_a_lead_after_the_call_was_new() -> None:
    assert lead_age(NOON + timedelta(days=3), NOON) == "0-1"


@pytest.mark.parametrize(("direction", "age"), [("outbound", "8-30"), ("inbound", None)])
def test_the_first_answer_and_the_sale_of_a_dialled_call_say_how_old_its_lead_was(direction: str, age: Any) -> None:
    call = call_of(
        start(direction=direction, phase="dialing"), answer(5), answer(30, "b"), said("SaleRecorded", 40), over(60)
    )
    call = replace(call, lead_added=NOON - timedelta(days=9))
    found = facts_of(call, summarise(call)).values()
    answers = [(fact.first, fact.lead_age) for fact in found if isinstance(fact, CallAnswered)]
    assert answers == [(True, age), (False, None)]
    assert [fact.lead_age for fact in found if isinstance(fact, SaleRecorded)] == [age]
