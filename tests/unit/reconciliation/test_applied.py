"""Explanations that stand: their lines are agreed, and nothing else of the month changes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import polars as pl

from services.reconciliation.matching.kept import Kept, kept
from services.reconciliation.matching.reading import Known, read
from services.reconciliation.matching.results import reconcile
from services.reconciliation.matching.standing import Standing, applied, retested
from services.reconciliation.matching.states import stated, totals
from services.reconciliation.sets import read_set

FOLDER = Path(__file__).parents[2] / "fixtures" / "reports" / "r01_en"


def month() -> Kept:
    one = read_set(FOLDER)
    told = read(one.report.read_bytes(), Known(country="GB", currency="EUR", month="2025-10"))
    return kept(told, reconcile(told.lines, one.own))


MONTH = month()
THEIRS = next(one for one in MONTH.explanations if one.party == "partner" and one.confidence == "proven")


def test_lines_of_an_accepted_explanation_are_agreed_and_the_money_stays() -> None:
    rule = Standing(kind=THEIRS.kind, cause=THEIRS.cause, first="2025-09", last="2025-12")
    retest = retested([rule], MONTH.explanations, "2025-10")
    assert retest.agreed == (THEIRS.explanation_id,)
    after = applied(MONTH, retest.agreed)
    before_sums, sums = totals(MONTH.states), totals(after.states)
    for side in ("units", "theirs", "ours"):
        assert sums[side].sum() == before_sums[side].sum()
    before, agreed = (dict(one.select("state", "units").iter_rows()) for one in (before_sums, sums))
    assert before["corrected_by_partner"] - agreed["corrected_by_partner"] > 0
    assert agreed["agreed_by_explanation"] - before["agreed_by_explanation"] > 0
    others = [one.explanation_id for one in MONTH.explanations if one.explanation_id != THEIRS.explanation_id]
    assert [one.party for one in after.explanations if one.explanation_id in others] == [
        one.party for one in MONTH.explanations if one.explanation_id in others
    ]


def test_a_line_with_another_fault_stays_where_that_puts_it() -> None:
    every = [one.explanation_id for one in MONTH.explanations if one.party == "partner"]
    after = applied(MONTH, every)
    own = MONTH.findings.filter(pl.col("party") == "own")["row"].drop_nulls()
    found = after.states.filter(pl.col("row").is_in(own.to_list()))
    assert len(found)
    assert set(found["state"]) == {"own_defect"}
    assert "corrected_by_partner" not in set(after.states["state"])


def test_nothing_accepted_changes_nothing() -> None:
    assert applied(MONTH, ()) is MONTH
    assert stated(MONTH.states, MONTH.findings).equals(MONTH.states)


def test_an_explanation_that_is_only_suspected_is_asked_about_all_the_same() -> None:
    doubtful = dataclasses.replace(THEIRS, confidence="suspected")
    rule = Standing(kind=THEIRS.kind, cause=THEIRS.cause, first="2025-09", last="2025-12")
    assert retested([rule], [doubtful], "2025-10").agreed == ()
