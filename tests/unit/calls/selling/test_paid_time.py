"""Paid time: cut at the partner's midnight, each piece by the rule of its day, and nobody twice for a moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.calls.domain.paid_time import AskedRule, PublishTimeRules, Stay, month_bounds, paid_time, time_rules
from services.calls.events.commissions import TimeRule
from tests.spec import given
from tests.unit.calls.selling.paying import TIMES, WHO, ZAGREB, rules, stay

AT = datetime(2026, 3, 4, 10, tzinfo=UTC)
PAID = rules(
    TimeRule(state="on_call", pay="yes", productive=True),
    TimeRule(state="break", pay="no"),
    TimeRule(state="break", code="eyes", pay="half"),
)


def test_a_stay_is_cut_at_the_partners_midnight() -> None:
    time = paid_time([stay(datetime(2026, 3, 4, 22, 30, tzinfo=UTC), 60)], [PAID], "2026-03", ZAGREB)
    assert [(piece.day, piece.until - piece.since) for piece in time.pieces] == [
        (date(2026, 3, 4), timedelta(minutes=30)),
        (date(2026, 3, 5), timedelta(minutes=30)),
    ]


def test_a_month_begins_and_ends_at_the_partners_midnight() -> None:
    night = [stay(datetime(2026, 3, 31, 21, 30, tzinfo=UTC), 60)]  # 23:30 to 00:30
    assert paid_time(night, [PAID], "2026-03", ZAGREB).productive_us == 30 * 60_000_000
    assert paid_time(night, [PAID], "2026-04", ZAGREB).productive_us == 30 * 60_000_000


def test_the_day_on_which_the_clock_goes_forward_has_23_hours() -> None:
    whole = stay(datetime(2026, 3, 28, 23, tzinfo=UTC), 24 * 60)
    first = [piece for piece in paid_time([whole], [PAID], "2026-03", ZAGREB).pieces if piece.day == date(2026, 3, 29)]
    assert [piece.until - piece.since for piece in first] == [timedelta(hours=23)]


@pytest.mark.parametrize(
    ("state", "code", "rule", "minutes"),
    [
        ("on_call", "", "on_call (version 1)", 60),
        ("break", "eyes", "break:eyes (version 1)", 30),
        ("break", "smoke", "break (version 1)", 0),
        ("meal", "", "no rule", 0),
    ],
)
def test_a_rule_with_the_code_goes_before_one_without(state: str, code: str, rule: str, minutes: int) -> None:
    time = paid_time([stay(AT, 60, state, code)], [PAID], "2026-03", ZAGREB)
    assert [piece.rule for piece in time.pieces] == [rule]
    assert time.paid_us == minutes * 60_000_000


def test_a_later_version_holds_from_its_day_on() -> None:
    later = rules(TimeRule(state="on_call", pay="half"), version=2, starts=date(2026, 3, 5))
    stays = [stay(AT, 60), stay(AT + timedelta(days=1), 60)]
    time = paid_time(stays, [PAID, later], "2026-03", ZAGREB)
    assert [piece.rule for piece in time.pieces] == ["on_call (version 1)", "on_call (version 2)"]
    assert time.paid_us == 90 * 60_000_000
    assert paid_time(stays, [later], "2026-03", ZAGREB).paid_us == 30 * 60_000_000


def test_nobody_is_paid_twice_for_a_moment() -> None:
    time = paid_time([stay(AT, 60), stay(AT + timedelta(minutes=30), 60)], [PAID], "2026-03", ZAGREB)
    assert time.paid_us == 90 * 60_000_000
    assert [piece.overlap for piece in time.pieces] == [False, True, False]


STATES, CODES = st.sampled_from(["on_call", "break", "meal"]), st.sampled_from(["", "eyes"])
STAYS = st.lists(st.builds(stay, TIMES, st.integers(1, 4_000), STATES, CODES), max_size=8)


@drawn(STAYS, st.data())
def test_pieces_cover_what_was_stayed_and_order_does_not_matter(stays: list[Stay], data: st.DataObject) -> None:
    begin, end = month_bounds("2026-03", ZAGREB)
    time = paid_time(stays, [PAID], "2026-03", ZAGREB)
    counted = sorted((piece.since, piece.until) for piece in time.pieces if not piece.overlap)
    assert all(one[1] <= other[0] for one, other in pairwise(counted))
    moments = {s.since for s in stays} | {s.until for s in stays} | {begin, end}
    spans = pairwise(sorted(moment for moment in moments if begin <= moment <= end))
    held = [high - low for low, high in spans if any(s.since <= low and high <= s.until for s in stays)]
    covered = sum(held, timedelta())
    assert sum((high - low for low, high in counted), timedelta()) == covered
    assert 0 <= time.paid_us <= covered / timedelta(microseconds=1)
    mixed = data.draw(st.permutations([*stays, *stays]))
    assert paid_time(mixed, [PAID], "2026-03", ZAGREB) == time


def _asked(rule: TimeRule) -> AskedRule:
    return msgspec.convert(msgspec.to_builtins(rule), AskedRule)


def asked(*said: TimeRule, starts: date = date(2026, 1, 1)) -> PublishTimeRules:
    return PublishTimeRules(partner="adria", starts=starts, rules=tuple(_asked(rule) for rule in said), **WHO)


def test_rules_are_published_in_versions_that_follow_each_other() -> None:
    first, second = TimeRule(state="on_call", pay="yes"), TimeRule(state="break", pay="half")
    given(time_rules).when(asked(first)).then(rules(first))
    later = rules(second, version=2, starts=date(2026, 2, 1))
    given(time_rules, rules(first)).when(asked(second, starts=date(2026, 2, 1))).then(later)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (asked(TimeRule(state="asleep", pay="yes")), "unknown_state"),
        (asked(TimeRule(state="break", pay="yes"), TimeRule(state="break", pay="no")), "rule_twice"),
        (asked(TimeRule(state="break", pay="yes"), starts=date(2025, 12, 1)), "starts_before_the_last"),
        (asked(TimeRule(state="break", pay="yes")), "starts_twice"),
    ],
)
def test_rules_that_say_nothing_certain_are_refused(command: Any, code: str) -> None:
    before = [] if code in ("unknown_state", "rule_twice") else [PAID]
    given(time_rules, *before).when(command).then_rejected(code)
