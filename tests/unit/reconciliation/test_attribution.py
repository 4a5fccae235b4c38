"""Who has to act: our events decide, the contract is asked, and where our log has a hole nobody is accused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest

from services.reconciliation.matching.basis import Clause
from services.reconciliation.matching.own import gaps
from tests.unit.reconciliation.months import Month, loaded, made

FIXTURES = Path(__file__).parents[2] / "fixtures" / "reports"


def without(month: Month, first: int, last: int) -> Month:
    """The month when our log has lost the events with these numbers."""
    events = month.own.events.filter(pl.col("seq").is_between(first, last).not_())
    return Month(replace(month.own, events=events), month.lines, month.truth)


def test_a_hole_in_our_log_is_found_by_its_numbers() -> None:
    events = loaded(FIXTURES / "r00_en_clean").own.events
    assert gaps(events) == []
    at = dict(events.select("seq", "at").iter_rows())
    assert gaps(events.filter(pl.col("seq").is_between(500, 520).not_())) == [(at[499], at[521])]


def test_nobody_is_accused_where_our_log_has_a_hole() -> None:
    whole = loaded(FIXTURES / "r01_en")
    lines = whole.reconciled().findings.filter(pl.col("kind") == "extra_line")
    assert set(lines["party"]) == {"partner"}
    events = whole.own.events.sort("at")
    touched = []
    for line in lines["partner_line"]:
        local = whole.lines.filter(pl.col("line") == line)["local"][0]
        near = events.filter((pl.col("at") - local).dt.total_seconds().abs() < 4 * 3600)["seq"].to_list()
        touched.append((min(near), max(near), line))
    low, high, line = touched[0]
    outcome = without(whole, low, high).reconciled()
    of = outcome.findings.filter(pl.col("partner_line") == line)
    assert of["party"].to_list() == ["undetermined"]
    blamed = outcome.findings.join(outcome.seen.calls.select("call", "touched"), on="call").filter("touched")
    assert len(blamed)
    assert not set(blamed["party"]) & {"partner", "own"}
    assert not any(defect.calls["touched"].any() for defect in outcome.defects)


def test_without_a_log_nothing_is_anybodys_fault() -> None:
    month = loaded(FIXTURES / "r01_en")
    outcome = Month(replace(month.own, events=month.own.events.clear()), month.lines, {}).reconciled()
    assert not outcome.findings.is_empty()
    assert set(outcome.findings["party"]) <= {"undetermined", "explainable"}


@pytest.mark.parametrize(("clause", "party"), [((60, 60), "explainable"), ((1, 1), "partner"), (None, "explainable")])
def test_rounding_is_what_the_contract_says(clause: tuple[int, int] | None, party: str) -> None:
    month = loaded(FIXTURES / "r02_en_xlsx")
    said = Clause(first_seconds=clause[0], next_seconds=clause[1]) if clause else None
    basis = msgspec.structs.replace(month.own.basis, clause=said)
    findings = Month(replace(month.own, basis=basis), month.lines, {}).reconciled().findings
    assert set(findings.filter(pl.col("kind") == "duration_rounding")["party"]) == {party}


def test_a_cancellation_after_the_cut_off_is_no_fault() -> None:
    month = loaded(FIXTURES / "r02_en_xlsx")
    early = msgspec.structs.replace(month.own.basis, cutoff=month.own.basis.start)
    late = msgspec.structs.replace(month.own.basis, cutoff=month.own.basis.end + timedelta(days=60))
    for basis, party in ((early, "explainable"), (late, "partner")):
        findings = Month(replace(month.own, basis=basis), month.lines, {}).reconciled().findings
        assert set(findings.filter(pl.col("kind") == "cancelled_sale_counted")["party"]) == {party}


def test_our_own_bugs_are_found_without_a_report(tmp_path: Path) -> None:
    month = made(tmp_path, "sale_missing_own,own_duration_ring,call_missing_own", seed=5)
    truth = {cause["kind"]: cause["cause"] for cause in month.truth["causes"]}  # type: ignore[attr-defined]
    outcome = Month(month.own, month.lines.clear(), {}).reconciled()
    assert {one.kind: one.cause for one in outcome.defects} == truth
    assert all(one.precise for one in outcome.defects)


def test_what_our_log_cannot_prove_is_an_explanation_of_its_own() -> None:
    month = loaded(FIXTURES / "r01_en")
    outcome = without(month, 200, 800).reconciled()
    for one in outcome.explanations:
        part = outcome.findings.filter(pl.format("E{}", "explanation") == one.explanation_id)
        assert set(part["party"]) == {one.party}
        assert (one.confidence == "undetermined") == (one.party == "undetermined")
    assert any("would settle it" in one.proof for one in outcome.explanations)


def test_a_single_wrong_time_is_a_finding_of_its_own() -> None:
    month = loaded(FIXTURES / "r00_en_clean")
    late = pl.when(pl.col("line") == "9").then(pl.col("local") + timedelta(minutes=7)).otherwise("local")
    findings = Month(month.own, month.lines.with_columns(late.alias("local")), {}).reconciled().findings
    assert findings.select("partner_line", "kind", "party").rows() == [("9", "wrong_time", "partner")]


def test_a_time_that_names_its_distance_from_utc_is_taken_at_its_word() -> None:
    month = loaded(FIXTURES / "r00_en_clean")
    zone = pl.col("local").dt.replace_time_zone("Europe/London", ambiguous="earliest")
    utc = zone.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    lines = month.lines.with_columns((utc + timedelta(minutes=330)).alias("local"), pl.lit(330).alias("offset_min"))
    assert Month(month.own, lines, {}).reconciled().findings.is_empty()


def test_another_number_under_the_same_reference_is_a_finding() -> None:
    month = loaded(FIXTURES / "r00_en_clean")
    other = pl.when(pl.col("line") == "9").then(pl.lit("+447000000001")).otherwise("phone")
    findings = Month(month.own, month.lines.with_columns(other.alias("phone")), {}).reconciled().findings
    assert findings.select("partner_line", "kind", "party").rows() == [("9", "wrong_number", "partner")]
