"""Deadlines of a month, as the contract has them."""

from __future__ import annotations

from datetime import date, timedelta

import hypothesis.strategies as st
from hypothesis import given

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


@given(
    st.dates(date(2000, 1, 1), date(2098, 12, 1)),
    st.builds(
        MonthTerms,
        report_due_day=st.integers(1, 28),
        statement_days=st.integers(0, 90),
        answer_days=st.integers(0, 90),
        deemed_accepted=st.booleans(),
    ),
    st.dates(date(2000, 1, 1), date(2098, 12, 31)),
)
def test_the_report_is_due_in_the_following_month_and_nothing_before_the_month_is_over(
    day: date, terms: MonthTerms, submitted_on: date
) -> None:
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    found = deadlines(f"{day:%Y-%m}", terms, submitted_on)
    assert found.report == following.replace(day=terms.report_due_day)
    assert (found.statement - following).days == terms.statement_days - 1
    assert found.answer is not None
    assert (found.answer - submitted_on).days == terms.answer_days
    assert found.silence == terms.deemed_accepted
