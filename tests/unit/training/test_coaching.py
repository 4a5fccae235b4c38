"""A coaching plan: begun once, on a Monday, with a goal above what is; looked at on its day, and once."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from services.training.domain.coaching import (
    CoachingCommand,
    MeasureCoaching,
    StartCoaching,
    WithdrawCoaching,
    coaching,
)
from services.training.events.coaching import CoachingEvent, CoachingWithdrawn
from services.training.views.coachings import coachings
from shared.contracts.training import CoachingMeasured, CoachingStarted
from shared.kernel import Rejected
from tests.spec import given, seen

AT = datetime(2026, 3, 30, 9, tzinfo=UTC)
DUE = datetime(2026, 7, 6, 9, tzinfo=UTC)
OF: dict[str, Any] = {"partner_id": "adria", "plan": "p-1", "by": "iva"}
SAYS: dict[str, Any] = {
    "agent": "a7",
    "problem": "objections",
    "approach": "role_play",
    "baseline": "6.1",
    "goal": "8.5",
    "chosen_since": date(2025, 12, 29),
    "chosen_until": date(2026, 3, 30),
    "begins": date(2026, 4, 6),
    "measured_on": date(2026, 7, 6),
}
FOUND: dict[str, Any] = {
    "verdict": "improved",
    "effect": "38.1",
    "low": "5.2",
    "high": "81.0",
    "logarithm": "0.3228",
    "error": "0.1384",
    "evidence": "improved: converted ...",
}


def start(**more: Any) -> StartCoaching:
    return StartCoaching(**SAYS | OF | {"at": AT} | more)


def started(**more: Any) -> CoachingStarted:
    return CoachingStarted(**SAYS | OF | {"at": AT, "metric": "conversion"} | more)


def measure(at: datetime = DUE, **more: Any) -> MeasureCoaching:
    return MeasureCoaching(**FOUND | OF | {"at": at} | more)


def measured() -> CoachingMeasured:
    of = {"agent": "a7", "metric": "conversion", "problem": "objections", "approach": "role_play"}
    return CoachingMeasured(**FOUND | OF | of | {"at": DUE})


def withdraw() -> WithdrawCoaching:
    return WithdrawCoaching(**OF, reason="left", at=AT)


def withdrawn() -> CoachingWithdrawn:
    return CoachingWithdrawn(**OF, reason="left", at=AT)


def test_a_plan_says_who_is_coached_in_what_and_until_when() -> None:
    given(coaching).when(start()).then(started())


def test_the_same_plan_once_more_is_a_repeat_and_another_under_its_name_is_refused() -> None:
    later = AT + timedelta(days=1)
    given(coaching, started()).when(start(at=later)).then()
    given(coaching, started()).when(start(goal="9")).then_rejected("plan_exists")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"begins": date(2026, 4, 7)}, "no_monday"),
        ({"chosen_since": date(2025, 12, 30)}, "no_monday"),
        ({"begins": date(2026, 3, 23)}, "begins_too_soon"),
        ({"chosen_since": date(2026, 3, 30)}, "begins_too_soon"),
        ({"measured_on": date(2026, 5, 3)}, "measured_too_soon"),
        ({"measured_on": date(2027, 4, 8)}, "measured_too_late"),
        ({"goal": "6.1"}, "goal_no_better"),
        ({"goal": "6.05"}, "goal_no_better"),
    ],
)
def test_a_plan_that_could_not_be_measured_is_refused(said: dict[str, Any], code: str) -> None:
    given(coaching).when(start(**said)).then_rejected(code)


def test_the_effect_is_kept_on_its_day_with_what_was_coached() -> None:
    given(coaching, started()).when(measure()).then(measured())


def test_before_its_day_nothing_is_measured_and_afterwards_only_once() -> None:
    given(coaching, started()).when(measure(at=DUE - timedelta(days=1))).then_rejected("not_due")
    given(coaching, started(), measured()).when(measure(verdict="worse")).then()


def test_what_was_withdrawn_is_not_measured_and_what_was_measured_not_withdrawn() -> None:
    given(coaching, started()).when(withdraw()).then(withdrawn())
    given(coaching, started(), withdrawn()).when(measure()).then_rejected("withdrawn")
    given(coaching, started(), measured()).when(withdraw()).then_rejected("measured")


def test_of_an_unknown_plan_nothing_can_be_said() -> None:
    given(coaching).when(measure()).then_rejected("unknown_plan")
    given(coaching).when(withdraw()).then_rejected("unknown_plan")


commands = st.sampled_from([start(), start(goal="9"), measure(), measure(at=AT), withdraw()])


@hypothesis_given(st.lists(commands, max_size=8))
def test_whatever_is_said_a_plan_is_never_both_measured_and_withdrawn(said: list[CoachingCommand]) -> None:
    state, happened = coaching.initial, list[CoachingEvent]()
    for command in said:
        try:
            events = coaching.decide(command, state)
        except Rejected:
            continue
        for event in events:
            state = coaching.evolve(state, event)
        happened += events
    assert not (state.measured and state.withdrawn)
    assert len(happened) == len({type(event) for event in happened})
    docs = seen(coachings, *happened)
    assert {key: (doc.started, doc.measured, doc.withdrawn) for key, doc in docs.items()} == (
        {"adria:p-1": (state.started, state.measured, state.withdrawn)} if happened else {}
    )


def test_the_view_finds_a_plan_by_how_far_it_is() -> None:
    happened = [started(), measured()]
    found = [seen(coachings, *part)["adria:p-1"].state for part in itertools.accumulate([[one] for one in happened])]
    assert found == ["running", "measured"]
    assert seen(coachings, started(), withdrawn())["adria:p-1"].state == "withdrawn"
