"""A contest: of whole weeks, opened before it begins, joined by agents themselves before they know how they do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from services.training.domain.contest import (
    CancelContest,
    ContestCommand,
    JoinContest,
    LeaveContest,
    OpenContest,
    contest,
)
from services.training.events.contests import (
    ContestCancelled,
    ContestEvent,
    ContestJoined,
    ContestLeft,
    ContestOpened,
)
from services.training.views.contests import contests
from shared.kernel import Rejected
from tests.spec import given, seen

AT = datetime(2026, 3, 30, 9, tzinfo=UTC)
OF: dict[str, Any] = {"partner_id": "adria", "contest": "spring", "by": "iva"}
SAYS: dict[str, Any] = {"name": "Spring", "starts": date(2026, 4, 6), "ends": date(2026, 5, 4), "goal": "10"}


def opening(**more: Any) -> OpenContest:
    return OpenContest(**SAYS | OF | {"at": AT} | more)


def opened() -> ContestOpened:
    return ContestOpened(**SAYS | OF, at=AT)


def joining(agent: str = "a7", at: datetime = AT) -> JoinContest:
    return JoinContest(**OF, agent=agent, at=at)


def joined(agent: str = "a7") -> ContestJoined:
    return ContestJoined(**OF, agent=agent, at=AT)


def leaving(agent: str = "a7") -> LeaveContest:
    return LeaveContest(**OF, agent=agent, at=AT)


def cancelling(at: datetime = AT) -> CancelContest:
    return CancelContest(**OF, at=at)


def cancelled() -> ContestCancelled:
    return ContestCancelled(**OF, at=AT)


def test_a_contest_is_opened_once() -> None:
    given(contest).when(opening()).then(opened())
    given(contest, opened()).when(opening(at=AT + timedelta(days=1))).then()
    given(contest, opened()).when(opening(goal="20")).then_rejected("contest_exists")
    given(contest, opened(), cancelled()).when(opening()).then_rejected("cancelled")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"starts": date(2026, 4, 7)}, "no_monday"),
        ({"ends": date(2026, 5, 5)}, "no_monday"),
        ({"ends": date(2026, 4, 6)}, "ends_before"),
        ({"ends": date(2026, 7, 13)}, "too_long"),
        ({"starts": date(2026, 3, 23)}, "starts_before"),
    ],
)
def test_a_contest_that_could_not_be_fair_is_refused(said: dict[str, Any], code: str) -> None:
    given(contest).when(opening(**said)).then_rejected(code)


def test_agents_join_until_a_week_after_the_beginning() -> None:
    first, last = datetime(2026, 4, 12, 23, tzinfo=UTC), datetime(2026, 4, 13, tzinfo=UTC)
    given(contest, opened()).when(joining()).then(joined())
    assert given(contest, opened()).when(joining(at=first)).state.agents == {"a7"}
    given(contest, opened()).when(joining(at=last)).then_rejected("begun")
    given(contest, opened(), joined()).when(joining(at=last)).then()
    given(contest, opened(), cancelled()).when(joining()).then_rejected("cancelled")


def test_who_leaves_is_out_and_may_leave_at_any_time() -> None:
    given(contest, opened(), joined()).when(leaving()).then(ContestLeft(**OF, agent="a7", at=AT))
    given(contest, opened()).when(leaving()).then()


def test_what_is_over_is_not_cancelled() -> None:
    given(contest, opened()).when(cancelling()).then(cancelled())
    given(contest, opened()).when(cancelling(at=datetime(2026, 5, 4, tzinfo=UTC))).then_rejected("over")


@pytest.mark.parametrize("command", [joining(), leaving(), cancelling()])
def test_of_an_unknown_contest_nothing_can_be_said(command: ContestCommand) -> None:
    given(contest).when(command).then_rejected("unknown_contest")


commands = st.sampled_from([opening(), joining(), joining("a8"), leaving(), leaving("a8"), cancelling()])


@hypothesis_given(st.lists(commands, max_size=12))
def test_the_view_shows_who_takes_part(said: list[ContestCommand]) -> None:
    state, happened = contest.initial, list[ContestEvent]()
    for command in said:
        try:
            events = contest.decide(command, state)
        except Rejected:
            continue
        for event in events:
            state = contest.evolve(state, event)
        happened += events
    docs = seen(contests, *happened)
    if happened:
        doc = docs["adria:spring"]
        assert (doc.opened, doc.agents, doc.cancelled) == (state.opened, sorted(state.agents), state.cancelled)
    else:
        assert docs == {}
