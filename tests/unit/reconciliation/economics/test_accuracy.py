"""How right a partner's reports are, by what was found and whose it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.reconciliation.events.months import MonthReconciled, State, StateTotal
from services.reconciliation.views.accuracy import accuracy
from shared.contracts.reconciliation import (
    MismatchAttributed,
    MismatchFound,
    MonthAgreed,
    MonthReopened,
    Party,
    ReportSubmitted,
)
from shared.kernel import Event, Money
from tests.spec import seen

AT = datetime(2026, 4, 3, 8, tzinfo=UTC)
OF: dict[str, Any] = {"partner_id": "adria", "month": "2026-03", "at": AT}
EUR = Money(0, "EUR")


def submitted(number: int = 1, adjusted: bool = False) -> ReportSubmitted:
    return ReportSubmitted(**OF, number=number, adjusted=adjusted, digest="a" * 64, name="m.csv", size=1, by="ana")


def reconciled(units: dict[State, int], report: int = 1) -> MonthReconciled:
    totals = tuple(StateTotal(state=state, units=n, theirs_minor=0, ours_minor=0) for state, n in units.items())
    return MonthReconciled(**OF, report=report, kept="b" * 64, currency="EUR", lines=9, calls=9, totals=totals)


def mismatch(id_: str, lines: int, party: Party = "partner", report: int = 1) -> MismatchFound:
    return MismatchFound(
        **OF, report=report, mismatch_id=id_, kind="wrong_amount", cause="", party=party, confidence="proven",
        lines=lines, against=0, moved=EUR, proof="", systematic=False,
    )  # fmt: skip


def attributed(id_: str, party: Party) -> MismatchAttributed:
    return MismatchAttributed(**OF, report=1, mismatch_id=id_, party=party, reason="Heard it.", by="ana")


def differing(*happened: Event) -> list[tuple[int | None, int]]:
    """All calls and those that differ, by report."""
    return [(one.calls, one.differing) for one in seen(accuracy, *happened)["adria:2026-03"].reports]


FOUND = [
    submitted(),
    reconciled({"agreed": 80, "agreed_by_explanation": 5, "own_defect": 3,
                "corrected_by_partner": 10, "undetermined": 2}),
    mismatch("E1", 7), mismatch("E2", 3), mismatch("E3", 3, "own"), mismatch("E4", 2, "undetermined"),
]  # fmt: skip


def test_what_is_the_partners_counts_and_nothing_else() -> None:
    assert differing(*FOUND) == [(100, 10)]


def test_a_report_that_was_not_compared_says_nothing_yet() -> None:
    assert differing(submitted()) == [(None, 0)]


def test_a_person_may_say_otherwise() -> None:
    assert differing(*FOUND, attributed("E1", "own")) == [(100, 3)]
    assert differing(*FOUND, attributed("E4", "partner"), attributed("E9", "partner")) == [(100, 12)]


def test_a_call_with_two_faults_differs_once() -> None:
    found = [submitted(), reconciled({"agreed": 6, "corrected_by_partner": 4}), mismatch("E1", 4), mismatch("E2", 4)]
    assert differing(*found) == [(10, 4)]


def test_the_adjusted_report_stands_beside_the_first() -> None:
    later = [submitted(2, adjusted=True), reconciled({"agreed": 100}, report=2)]
    assert differing(*FOUND, *later) == [(100, 10), (100, 0)]


def test_a_report_that_is_compared_anew_is_judged_anew() -> None:
    again = [reconciled({"agreed": 99, "corrected_by_partner": 1}), mismatch("E1", 1)]
    assert differing(*FOUND, *again) == [(100, 1)]


def test_an_agreement_holds_until_it_is_taken_back() -> None:
    agreed = MonthAgreed(**OF, report=1, theirs=EUR, ours=EUR, agreed=EUR, usage="c" * 64, by="ana")
    assert seen(accuracy, *FOUND, agreed)["adria:2026-03"].agreed
    reopened = MonthReopened(**OF, reason="A call came late.", by="ana")
    doc = seen(accuracy, *FOUND, agreed, reopened)["adria:2026-03"]
    assert (doc.agreed, doc.changes) == (False, 8)
    assert accuracy.merge(doc, seen(accuracy, *FOUND)["adria:2026-03"]) is doc
