"""How numbers are written and lines drawn."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.views import words
from services.gateway.views.chart import HEIGHT, WIDTH, panel, scale


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0, "0"), (4111, "4,111"), (-9, "−9"), (12.34, "12.3"), (-1234.5, "−1,234.5")]
)
def test_numbers_have_separators_a_true_minus_and_a_sign_for_unknown(value: float | None, text: str) -> None:
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (0, "0:00"), (5.9, "0:05"), (754, "12:34"), (3600, "1:00:00"), (-1, "0:00")]
)
def test_durations_are_minutes_and_seconds(seconds: float | None, text: str) -> None:
    assert words.duration(seconds) == text


def test_a_ratio_is_a_percentage_with_one_decimal() -> None:
    assert words.percent(0.8432) == "84.3 %"
    assert words.percent(None) == "–"


def test_a_link_leaves_out_what_has_no_value() -> None:
    assert words.link("/calls", partner="a b", campaign=None, agent="") == "/calls?partner=a+b"
    assert words.link("/calls") == "/calls"


def test_a_moment_is_written_in_utc() -> None:
    assert words.moment(datetime(2026, 3, 2, 9, 5, tzinfo=UTC)) == "2026-03-02 09:05:00"
    assert words.moment(None) == "–"


@given(st.integers(0, 10**6))
def test_the_scale_is_even_and_holds_the_highest(highest: int) -> None:
    top = scale(highest)
    assert top >= highest
    assert top % 2 == 0
    assert top <= max(4, highest * 2 + 1)


def test_what_is_not_known_is_a_gap_in_the_line() -> None:
    drawn = panel([(701, 1, 0), (702, None, 0), (703, 2, 0)], 1, 1000, "Calls")
    assert drawn.path.count("M") == 2
    assert "now 2, between 1 and 2" in drawn.summary


def test_nothing_known_is_said_and_not_drawn() -> None:
    drawn = panel([(999, None, None)], 2, 1000, "Waiting")
    assert drawn.path == ""
    assert "nothing known yet" in drawn.summary


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 900), st.integers(0, 9)), max_size=50))
def test_a_line_stays_in_its_frame(points: list[tuple[int, int, int]]) -> None:
    for x, y in re.findall(r"[ML]([-\d.e+]+),([-\d.e+]+)", panel(sorted(points), 1, 1000, "Calls").path):
        assert 0 <= float(x) <= WIDTH
        assert 0 <= float(y) <= HEIGHT
