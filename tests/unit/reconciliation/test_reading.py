"""What is written in a report is what is read from it, in layouts and languages that no example has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reconciliation.matching.profile import given as profile_given
from services.reconciliation.matching.reading import Known, Report, read
from shared.kernel import Rejected
from tests.unit.reconciliation.layouts import Layout, Line, calls_of, written
from tests.unit.reconciliation.partners import PARTNERS

SETS = sorted((Path(__file__).parents[2] / "fixtures/reports").glob("r*"))


def lines_of(report: Report) -> dict[str, Line]:
    """What was read, as the writer says it."""
    return {
        row["line"]: Line(
            row["local"], row["phone"], row["agent"], row["duration_s"], row["disposition"], row["amount_minor"]
        )
        for row in report.lines.iter_rows(named=True)
    }


@pytest.mark.parametrize(("layout", "prefix", "digits"), PARTNERS, ids=[layout.name for layout, _, _ in PARTNERS])
def test_what_a_partner_writes_is_what_is_read(layout: Layout, prefix: str, digits: int) -> None:
    data, lines = written(layout, calls_of(1, 60, "2025-10", layout, prefix, digits))
    report = read(data, Known(country=layout.country, currency=layout.currency))
    assert lines_of(report) == lines
    assert report.profile.doubts == ()
    assert report.profile.unknown_dispositions == ()
    assert report.remarks.is_empty()
    sold = report.lines.filter(pl.col("amount_minor").is_not_null())
    assert set(sold["currency"]) == {layout.currency}
    assert set(report.lines["local_resolution_s"]) == {60 if layout.minutes_only else 1}


@settings(max_examples=60, deadline=None)
@given(
    partner=st.sampled_from(PARTNERS),
    seed=st.integers(0, 10_000),
    count=st.integers(1, 12),
    month=st.sampled_from(["2025-01", "2025-03", "2025-05", "2025-10", "2025-12", "2026-02"]),
)
def test_a_short_report_is_read_right_or_says_what_it_leaves_open(
    partner: tuple[Layout, str, int], seed: int, count: int, month: str
) -> None:
    layout, prefix, digits = partner
    data, lines = written(layout, calls_of(seed, count, month, layout, prefix, digits))
    try:
        report = read(data, Known(country=layout.country, currency=layout.currency, month=month))
    except Rejected as rejected:
        assert rejected.code in ("header_not_found",)
        return
    if not set(report.profile.doubts) & {"date_order", "duration_unit", "decimal"}:
        assert lines_of(report) == lines


def example(folder: Path) -> tuple[bytes, Known, dict[str, Any]]:
    meta = json.loads((folder / "meta.json").read_text())
    known = Known(country=meta["country"], currency=meta["currency"], month=meta["period"]["month"])
    return (folder / meta["report_file"]).read_bytes(), known, json.loads((folder / "profile.json").read_text())


@pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
def test_detection_reaches_what_a_given_profile_says(folder: Path) -> None:
    data, known, form = example(folder)
    found, told = read(data, known), read(data, known, profile_given(form))
    assert found.lines.equals(told.lines)
    assert found.skipped.equals(told.skipped)
    assert told.changes == ()
    assert found.profile.doubts == ()


@pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
def test_each_reported_line_is_read_once(folder: Path) -> None:
    data, known, _ = example(folder)
    truth = json.loads((folder / "truth.json").read_text())
    reported = {line for line, _ in truth["pairs"]} | {entry["partner_line"] for entry in truth["lines"]} - {None}
    report = read(data, known)
    assert set(report.lines["line"]) == reported
    assert report.lines["line"].is_unique().all()
    assert not set(report.skipped["line"]) & reported
    assert report.lines["local"].null_count() == 0
