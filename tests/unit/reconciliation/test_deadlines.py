"""Deadlines of a month, as the contract has them."""

from __future__ import annotations

from datetime import date

from services.reconciliation.domain.deadlines import Deadlines, deadlines
from shared.contracts.terms.sheet import MonthTerms

TERMS = MonthTerms(report_due_day=5, statement_days=14, answer_days=15, deemed_accepted=True)


def test_what_is_due_counts_from_the_end_of_the_month_and_from_the_report() -> None:
    assert deadlines("2026-12", TERMS, date(2027, 1, 4)) == Deadlines(
        report=date(2027, 1, 5), statement=date(2027, 1, 14), answer=date(2027, 1, 19), silence=True
    )


def test_without_a_report_no_answer_is_due() -> None:
    found = deadlines("2026-02", MonthTerms(report_due_day=28), None)
    assert (found.report, found.answer, found.silence) == (date(2026, 3, 28), None, False)
