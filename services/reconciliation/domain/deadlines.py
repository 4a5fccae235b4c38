"""By when what of a month is due, as the contract says."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from shared.contracts.rating import days_of
from shared.contracts.terms.sheet import MonthTerms


class Deadlines(msgspec.Struct, frozen=True, kw_only=True):
    """Last days, in the contract's zone. `report`: of the partner's report; `statement`: of its statement; `answer`: of
    our answer to it, None until it has come. `silence`: whether silence is an answer by the contract."""

    report: date
    statement: date
    answer: date | None
    silence: bool


def deadlines(month: str, terms: MonthTerms, submitted_on: date | None) -> Deadlines:
    """The deadlines of a month. `submitted_on`: the day of its last report."""
    _, last = days_of(month)
    following = last + timedelta(days=1)
    return Deadlines(
        report=following.replace(day=terms.report_due_day),
        statement=last + timedelta(days=terms.statement_days),
        answer=submitted_on + timedelta(days=terms.answer_days) if submitted_on is not None else None,
        silence=terms.deemed_accepted,
    )
