"""What is said of a cause: how sure it is, what it foretold, what it moves, and the examples that stand for it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from services.reconciliation.matching.evidence import Proposal, hits, wilson
from services.reconciliation.matching.results import confidence
from tests.unit.reconciliation.months import drawn, loaded, made, written

FIXTURES = Path(__file__).parents[2] / "fixtures" / "reports"
NOTHING = hits(pl.DataFrame())


def cause(against: int = 0, sure: bool = True, decided: bool = False) -> Proposal:
    return Proposal("timezone_shift", "offset:+60m", "explainable", NOTHING, (), against, sure=sure, decided=decided)


@pytest.mark.parametrize(
    ("one", "explained", "word"),
    [
        (cause(), 20, "proven"),
        (cause(), 19, "likely"),
        (cause(decided=True), 1, "proven"),
        (cause(against=1), 40, "likely"),
        (cause(against=1, decided=True), 40, "likely"),
        (cause(against=3), 40, "suspected"),
        (cause(sure=False), 400, "suspected"),
    ],
)
def test_how_sure_a_cause_is(one: Proposal, explained: int, word: str) -> None:
    assert confidence(one, explained, "explainable") == word
    assert confidence(one, explained, "undetermined") == "undetermined"


def test_a_rule_is_fitted_on_odd_days_and_tested_on_even_ones() -> None:
    month = loaded(FIXTURES / "r02_en_xlsx")
    outcome = month.reconciled()
    rounding = next(one for one in outcome.explanations if one.kind == "duration_rounding")
    even = outcome.seen.matched.filter((pl.col("our_local").dt.day() % 2 == 0) & (pl.col("talk_s") > 0))
    odd = outcome.seen.matched.filter(pl.col("our_local").dt.day() % 2 == 1)
    assert rounding.foretold is not None
    assert (rounding.foretold.days, rounding.foretold.of) == (odd["day"].n_unique(), len(even))
    assert rounding.foretold.hits == len(even)


def test_an_explanation_says_what_it_moves_and_shows_five_lines() -> None:
    month = loaded(FIXTURES / "r03_de")
    outcome = month.reconciled()
    decimals = next(one for one in outcome.explanations if one.kind == "decimal_mixup")
    part = outcome.findings.filter(pl.col("kind") == "decimal_mixup")
    sold = sum(month.lines.filter(pl.col("line").is_in(part["partner_line"].implode()))["amount_minor"].to_list())
    ours = sum(month.own.records.filter(pl.col("call_id").is_in(part["our_id"].implode()))["sale_minor"].to_list())
    assert decimals.moved_minor == sold - ours
    moved = [one["moved"] for one in decimals.examples]
    assert len(moved) == 5
    assert (moved[0], moved[-1]) == (part["moved"].min(), part["moved"].max())


@pytest.mark.parametrize("name", ["r01_en", "r04_bs"])
def test_what_the_causes_move_is_the_difference_of_the_month(name: str) -> None:
    """In the first a sale is reported twice, in the second two causes are behind the same sale."""
    outcome = loaded(FIXTURES / name).reconciled()
    theirs, ours = outcome.states.select(pl.col("theirs", "ours").sum()).row(0)
    assert sum(one.moved_minor for one in outcome.explanations) == theirs - ours != 0


@pytest.mark.parametrize("seed", range(6))
def test_no_sale_is_in_two_sums_and_none_is_left_out(tmp_path: Path, seed: int) -> None:
    outcome = drawn(tmp_path, seed, 150).reconciled()
    theirs, ours = outcome.states.select(pl.col("theirs", "ours").sum()).row(0)
    assert int(outcome.findings["moved"].sum()) == theirs - ours
    assert sum(one.moved_minor for one in outcome.explanations) == theirs - ours


def test_a_pair_with_a_close_second_is_shown_with_both(tmp_path: Path) -> None:
    month = made(tmp_path, "none", "bs_csv", seed=3, calls=60)
    silent = month.lines.filter(pl.col("duration_s") == 0)["phone"]
    record = month.own.records.filter(pl.col("customer_phone").is_in(silent.implode()))[0]
    of, other = pl.col("call_id") == record["call_id"][0], pl.lit("C-TWIN").alias("call_id")
    after = pl.col("seq") + len(month.own.events)
    month.own.events.extend(month.own.events.filter(of).with_columns(other, after))
    month.own.records.extend(record.with_columns(other))
    shown = [one for one in written(month.reconciled()) if "ambiguous_with" in one]
    assert [{one["our_id"], one["ambiguous_with"]} for one in shown] == [{record["call_id"][0], "C-TWIN"}]


def test_the_lower_end_of_a_share() -> None:
    assert wilson(0, 0) == 0.0
    assert wilson(300, 300) == pytest.approx(0.9874, abs=1e-4)
    assert wilson(90, 100) == pytest.approx(0.8256, abs=1e-4)
