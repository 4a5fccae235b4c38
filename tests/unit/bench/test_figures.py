"""Figures are what they say: quantiles of the values, rates by clock and by CPU."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bench.figures import Spent, calibration_ms, latencies, measured, quantile, rates, report, sync_ms

values = st.lists(st.floats(0, 10, allow_nan=False), min_size=1, max_size=200).map(sorted)


@given(values, st.sampled_from([0.01, 0.5, 0.9, 0.99, 1.0]))
def test_a_quantile_is_the_least_value_that_its_share_does_not_exceed(ordered: list[float], share: float) -> None:
    found = quantile(ordered, share)
    within = sum(value <= found for value in ordered)
    assert within * 1000 >= share * 1000 * len(ordered) - 1e-6
    below = sum(value < found for value in ordered)
    assert below * 1000 < share * 1000 * len(ordered)


def test_no_values_have_no_quantile_and_no_latencies() -> None:
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)
    assert latencies([]) == {}


def test_latencies_are_milliseconds_of_median_and_tail() -> None:
    assert latencies([n / 1000 for n in range(100, 0, -1)]) == {
        "p50_ms": 50.0,
        "p90_ms": 90.0,
        "p99_ms": 99.0,
        "max_ms": 100.0,
    }


def test_rates_are_by_the_clock_and_by_the_cpu() -> None:
    assert rates(1000, Spent(wall_s=2.0, cpu_s=0.5)) == {
        "n": 1000,
        "events_per_s": 500,
        "events_per_s_per_core": 2000,
        "cpu_us_per_event": 500.0,
        "cores_busy": 0.25,
    }


def test_what_a_block_takes_is_measured() -> None:
    with measured() as taken:
        sum(range(200_000))
    assert taken.wall_s > 0
    assert taken.cpu_s > 0


def test_a_report_names_the_measurement_and_what_the_machine_was_like() -> None:
    line = report("tracker", {"n": 1})
    assert list(line) == ["bench", "n", "peak_rss_mb", "calibration_ms", "sync_ms"]
    assert line["peak_rss_mb"] > 1
    assert calibration_ms() > 0
    assert sync_ms() > 0
