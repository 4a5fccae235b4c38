"""Where a lead stands: by its attempts, its promises and the rules, whatever the order in which they became known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calls.domain.recall import (
    Attempt,
    Ended,
    Promise,
    Said,
    is_allowed,
    judged,
    next_allowed,
    standing,
)
from services.calls.events.leads import RecallRule, RecallRules
from shared.contracts.codes import DISPOSITIONS

ZAGREB = ZoneInfo("Europe/Zagreb")
AT = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
"""A Wednesday, eleven o'clock in Zagreb."""
RULES = RecallRules(
    rules=(
        RecallRule(after="no_answer", wait_minutes=120, most=2),
        RecallRule(after="busy", wait_minutes=20),
        RecallRule(after="*", wait_minutes=1440, most=3),
    ),
    most_attempts=4,
)


def dial(minutes: int, outcome: str = "no-answer", result: str | None = None) -> Attempt:
    began = AT + timedelta(minutes=minutes)
    said = {"l1": Said(began + timedelta(minutes=3), result, began, "a1")} if result else {}
    return Attempt(end=Ended(began, outcome, "a1"), said=said)


def promise(id_: str, due: int, made: int = 0, personal: bool = False) -> Promise:
    return Promise(
        id=id_,
        agent="a1",
        personal=personal,
        due=AT + timedelta(minutes=due),
        made_at=AT + timedelta(minutes=made),
    )


def test_a_lead_that_nobody_tried_is_fresh() -> None:
    assert standing([], [], ZAGREB, RULES).state == "fresh"


def test_after_no_answer_it_is_tried_again_after_two_hours() -> None:
    found = standing([dial(0)], [], ZAGREB, RULES)
    assert (found.state, found.result, found.due) == ("recall", "no_answer", AT + timedelta(hours=2))


def test_in_the_evening_it_waits_for_the_next_day_on_which_calls_are_allowed() -> None:
    evening = datetime(2026, 3, 7, 18, 30, tzinfo=UTC)  # a Saturday, half past seven in Zagreb
    attempt = Attempt(end=Ended(evening, "no-answer", None))
    due = standing([attempt], [], ZAGREB, RULES).due
    assert due == datetime(2026, 3, 9, 8, 0, tzinfo=UTC), "Monday at nine"


def test_a_result_has_its_most_and_so_have_all_attempts_together() -> None:
    assert standing([dial(0), dial(200)], [], ZAGREB, RULES).state == "exhausted"
    assert standing([dial(0), dial(200, result="busy")], [], ZAGREB, RULES).state == "recall"
    four = [dial(n * 60, "busy") for n in range(4)]
    assert standing(four[:3], [], ZAGREB, RULES).state == "recall"
    assert standing(four, [], ZAGREB, RULES).state == "exhausted"


@pytest.mark.parametrize(
    ("result", "state"),
    [
        ("sale", "done"),
        ("not_interested", "done"),
        ("wrong_number", "done"),
        ("do_not_call", "barred"),
        ("thinking", "recall"),
    ],
)
def test_a_result_decides_by_its_flags(result: str, state: str) -> None:
    assert standing([dial(0, "answered", result)], [], ZAGREB, RULES).state == state


def test_a_sale_stays_one_whatever_is_dialled_later() -> None:
    found = standing([dial(0, "answered", "sale"), dial(60)], [], ZAGREB, RULES)
    assert (found.state, found.result) == ("done", "sale")


def test_after_a_sale_only_what_was_promised_since_is_left_to_do() -> None:
    sold = dial(0, "answered", "sale")
    before, since = promise("p1", due=120, made=-30), promise("p2", due=300, made=60)
    assert standing([sold], [before], ZAGREB, RULES).state == "done"
    found = standing([sold], [before, since], ZAGREB, RULES)
    assert (found.state, found.promise) == ("callback", since)
    assert standing([sold, dial(298, "answered", "thinking")], [since], ZAGREB, RULES).state == "done"


def test_a_promise_counts_before_the_rules_and_is_kept_nearly_at_its_time() -> None:
    first = promise("p1", due=120)
    found = standing([dial(-5, "answered", "callback")], [first], ZAGREB, RULES)
    assert (found.state, found.promise, found.due) == ("callback", first, first.due)
    early, kept, late = dial(60), dial(130), dial(200)
    assert judged(first, [first], [early], RULES).verdict == "open"
    assert judged(first, [first], [early, kept], RULES) == ("kept", kept.at)
    assert judged(first, [first], [late], RULES) == ("broken", late.at)
    assert standing([kept], [first], ZAGREB, RULES).state == "recall"


def test_a_later_promise_replaces_one_that_nobody_kept() -> None:
    first, second = promise("p1", due=120), promise("p2", due=300, made=60)
    assert judged(first, [first, second], [], RULES).verdict == "replaced"
    assert standing([], [first, second], ZAGREB, RULES).promise == second
    kept = dial(118)
    later = promise("p3", due=500, made=121)
    assert judged(first, [first, later], [kept], RULES).verdict == "kept"


@given(st.datetimes(AT.replace(tzinfo=None), AT.replace(tzinfo=None, year=2027)), st.sampled_from(
    ["Europe/Zagreb", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]
), st.integers(0, 1439), st.integers(1, 1440), st.sets(st.integers(1, 7), min_size=1))  # fmt: skip
def test_the_next_allowed_time_is_allowed_and_none_before_it_is(
    naive: datetime, zone: str, low: int, length: int, days: set[int]
) -> None:
    at, where = naive.replace(tzinfo=UTC), ZoneInfo(zone)
    rules = RecallRules(from_minute=low, until_minute=min(1440, low + length), weekdays=tuple(sorted(days)))
    found = next_allowed(at, where, rules)
    assert found >= at
    # A window that lies wholly in the hour that a clock change leaves out is none.
    assert is_allowed(found, where, rules)
    if found > at:
        step = (found - at) / 40
        assert not any(is_allowed(at + step * n, where, rules) for n in range(40))


CODES = st.sampled_from(sorted(DISPOSITIONS))
ATTEMPTS = st.lists(
    st.builds(
        dial,
        st.integers(-500, 500),
        st.sampled_from(["no-answer", "busy", "answered", "machine"]),
        st.none() | CODES,
    ),
    max_size=6,
)
PROMISES = st.lists(
    st.builds(promise, st.sampled_from(["p1", "p2", "p3"]), st.integers(-300, 300), st.integers(-300, 300)),
    max_size=3,
    unique_by=lambda one: one.id,
)


@settings(max_examples=200)
@given(ATTEMPTS, PROMISES, st.randoms())
def test_the_order_in_which_things_become_known_plays_no_part(
    attempts: list[Attempt], promises: list[Promise], dice: object
) -> None:
    found = standing(attempts, promises, ZAGREB, RULES)
    assert standing(attempts[::-1], promises[::-1], ZAGREB, RULES) == found
    shuffled = list(attempts)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert standing(shuffled, promises, ZAGREB, RULES) == found


@given(ATTEMPTS, PROMISES)
def test_who_asked_not_to_be_called_never_waits_for_a_turn(attempts: list[Attempt], promises: list[Promise]) -> None:
    found = standing([*attempts, dial(0, "answered", "do_not_call")], promises, ZAGREB, RULES)
    assert (found.state, found.due, found.promise) == ("barred", None, None)


@given(ATTEMPTS)
def test_no_recall_is_due_beyond_the_most_or_outside_the_hours(attempts: list[Attempt]) -> None:
    found = standing(attempts, [], ZAGREB, RULES)
    if found.state == "recall":
        assert found.due is not None
        assert len(attempts) < RULES.most_attempts
        assert is_allowed(found.due, ZAGREB, RULES)
        assert found.due >= max(attempt.at for attempt in attempts)
