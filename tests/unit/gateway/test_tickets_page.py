"""The clocks of tickets in words, and what stands first in the queue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.pages.tickets import clock_of

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR = 3600


def clock(running: float, promised: int, **more: Any) -> dict[str, Any]:
    measured = {"running_s": running, "promised_s": promised, "done": False, "over": running > promised, "due": None}
    return measured | more


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        (clock(HOUR, 4 * HOUR, due="2026-11-28T15:00:00Z"), ("3:00\u00a0h of 4:00\u00a0h left", "ok")),
        (clock(3.5 * HOUR, 4 * HOUR, due="2026-11-28T12:30:00Z"), ("0:30\u00a0h of 4:00\u00a0h left", "warn")),
        (clock(0, 72 * HOUR, due="2026-12-01T12:00:00Z"), ("72:00\u00a0h of 72:00\u00a0h left, due 12-01 12:00", "ok")),
        (clock(HOUR, 72 * HOUR), ("stands: 71:00\u00a0h of 72:00\u00a0h left", "idle")),
        (clock(5 * HOUR, 4 * HOUR), ("1:00\u00a0h past 4:00\u00a0h", "bad")),
        (clock(HOUR, 4 * HOUR, done=True), ("kept: 1:00\u00a0h of 4:00\u00a0h", "done")),
        (clock(5 * HOUR, 4 * HOUR, done=True), ("took 5:00\u00a0h of 4:00\u00a0h", "bad")),
    ],
)
def test_a_clock_says_how_much_is_left_or_past(measured: dict[str, Any], told: tuple[str, str]) -> None:
    assert clock_of(measured, NOW) == told


@given(st.floats(0, 1e6), st.integers(1, 10**6), st.booleans())
def test_a_broken_promise_is_never_shown_as_kept(running: float, promised: int, done: bool) -> None:
    _, state = clock_of(clock(running, promised, done=done), NOW)
    assert (state == "bad") == (running > promised)
