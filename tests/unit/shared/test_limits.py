"""Limits: what a bucket gives in any time is no more than what was in it and what came in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import metrics
from shared.http import Limits, Problem, Rate
from shared.http import limits as of_limits

RATE = Rate(2.0, 5)


@given(st.lists(st.floats(0, 3), max_size=60))
def test_never_more_than_the_burst_and_what_flows_in_and_a_wait_that_is_told_suffices(pauses: list[float]) -> None:
    at = [100.0]
    limits, allowed = Limits("key_or_user", RATE, lambda: at[0]), []
    for pause in pauses:
        at[0] += pause
        wait = limits.take("ada")
        if wait == 0.0:
            allowed.append(at[0])
        else:
            at[0] += wait + 1e-9
            assert limits.take("ada") == 0.0
            allowed.append(at[0])
    for n, begin in enumerate(allowed):
        for m, end in enumerate(allowed[n:], 1):
            assert m <= RATE.burst + (end - begin) * RATE.per_second + 1e-6


def test_however_long_somebody_was_away_no_more_than_the_burst_is_there() -> None:
    at = [0.0]
    limits = Limits("key_or_user", RATE, lambda: at[0])
    assert limits.take("ada") == 0.0
    at[0] = 86_400.0
    assert [limits.take("ada") == 0.0 for _ in range(8)] == [True] * 5 + [False] * 3


def test_each_has_a_bucket_of_their_own() -> None:
    limits = Limits("key_or_user", RATE, lambda: 0.0)
    assert [limits.take("ada") for _ in range(5)] == [0.0] * 5
    assert limits.take("ada") == 0.5
    assert limits.take("ben") == 0.0


def test_a_refusal_says_when_to_come_again_and_is_counted() -> None:
    limits = Limits("sign_in", Rate(0.1, 1), lambda: 0.0)
    counted = metrics.LIMITED.labels("sign_in")._value.get()
    limits.check("ada")
    with pytest.raises(Problem) as refused:
        limits.check("ada")
    assert (refused.value.status, refused.value.code) == (429, "too_many_requests")
    assert refused.value.headers == {"retry-after": "10"}
    assert metrics.LIMITED.labels("sign_in")._value.get() == counted + 1


def test_buckets_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_limits, "MOST_KEPT", 3)
    limits = Limits("key_or_user", RATE, lambda: 0.0)
    for n in range(10):
        limits.take(n)
    assert len(limits._buckets) == 3
