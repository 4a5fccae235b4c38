"""A partner's month: whose its mismatches are, and when both sides may agree."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given as examples

from services.reconciliation.domain.month import (
    AgreeMonth,
    AttributeMismatch,
    DeemAgreed,
    Found,
    Month,
    RecordFailure,
    RecordReconciliation,
    ReopenMonth,
    RequestAdjustment,
    SubmitReport,
    TakeMismatch,
    decide,
    evolve,
    month,
)
from services.reconciliation.events.months import MismatchTaken, MonthEvent, StateTotal
from shared.contracts.reconciliation import MonthAgreed, MonthReopened, Party
from shared.kernel import Money, Rejected
from tests.spec import given

ID = "adria:2026-03"
AT = datetime(2026, 4, 3, 9, tzinfo=UTC)
A, B, USAGE = "a" * 64, "b" * 64, "c" * 64
TOTALS = (
    StateTotal(state="agreed", units=9, theirs_minor=4000, ours_minor=4000),
    StateTotal(state="corrected_by_partner", units=1, theirs_minor=700, ours_minor=200),
    StateTotal(state="undetermined", units=1, theirs_minor=300, ours_minor=0),
)


def submit(digest: str = A) -> SubmitReport:
    return SubmitReport(month_id=ID, digest=digest, name="march.csv", size=100, at=AT, by="ana")


def found(id_: str, party: Party, moved: int = 300) -> Found:
    return Found(
        mismatch_id=id_, kind="wrong_amount", cause="single", party=party, confidence="likely", lines=1, against=0,
        moved_minor=moved, proof="1 of 1", systematic=False,
    )  # fmt: skip


def record(*mismatches: Found, report: int = 1, **more: Any) -> RecordReconciliation:
    said: dict[str, Any] = {"theirs_minor": 5000, "ours_minor": 4200, "totals": TOTALS} | more
    return RecordReconciliation(
        month_id=ID, report=report, kept=B, currency="EUR", lines=11, calls=11, found=mismatches, at=AT, **said
    )


def record_kept(kept: str) -> RecordReconciliation:
    said = record()
    return RecordReconciliation(**{name: getattr(said, name) for name in said.__struct_fields__} | {"kept": kept})


def agree(accepted_by: str = "", usage: str = USAGE) -> AgreeMonth:
    return AgreeMonth(month_id=ID, usage=usage, accepted_by=accepted_by, at=AT, by="ana")


def ask(*ids: str) -> RequestAdjustment:
    return RequestAdjustment(month_id=ID, mismatches=ids, lines=1, digest=A, due=date(2026, 4, 20), at=AT, by="ana")


def take(id_: str, amount: int = 0) -> TakeMismatch:
    return TakeMismatch(month_id=ID, mismatch_id=id_, amount_minor=amount, reason="No recording.", at=AT, by="ana")


def after(*commands: Any) -> list[MonthEvent]:
    """The events of commands, one after the other."""
    events: list[MonthEvent] = []
    state = Month()
    for command in commands:
        for event in decide(command, state):
            events.append(event)
            state = evolve(state, event)
    return events


def test_the_same_file_is_the_same_report_and_another_one_the_next() -> None:
    assert after(submit(), submit()) == after(submit())
    numbers = [event.number for event in after(submit(), submit(B))]  # type: ignore[union-attr]
    assert numbers == [1, 2]


@pytest.mark.parametrize(
    ("before", "command", "code"),
    [
        ([], agree(), "no_report"),
        ([submit()], agree(), "not_reconciled"),
        ([submit(), record(), submit(B)], agree(), "not_reconciled"),
        ([submit(), record(found("E1", "undetermined"))], agree("M. P."), "open_undetermined"),
        ([submit(), record(found("E1", "own"))], agree("M. P."), "open_defects"),
        ([submit(), record(found("E1", "partner"))], agree(), "open_corrections"),
        ([submit(), record(), agree()], agree(usage=A), "agreed_already"),
        ([submit(), record(), agree()], submit(B), "agreed_already"),
        ([submit(), record(), agree()], record_kept(A), "agreed_already"),
        ([submit()], record(report=2), "unknown_report"),
        ([submit()], record(ours_minor=4201), "totals_differ"),
        ([submit(), record(found("E1", "partner"))], take("E1"), "not_to_be_taken"),
        ([submit(), record(found("E1", "undetermined"))], take("E1", 301), "out_of_range"),
        ([submit(), record(found("E1", "undetermined"))], take("E1", -1), "out_of_range"),
        ([submit(), record(found("E1", "undetermined")), take("E1")], take("E1", 5), "taken_otherwise"),
        ([submit(), record()], take("E9"), "unknown_mismatch"),
        ([submit(), record(found("E1", "own"))], ask("E1"), "not_the_partners"),
        ([submit(), record()], ReopenMonth(month_id=ID, reason="Late.", at=AT, by="ana"), "not_agreed"),
    ],
)
def test_what_the_rules_refuse(before: list[Any], command: Any, code: str) -> None:
    given(month, *after(*before)).when(command).then_rejected(code)


def test_a_run_of_an_earlier_report_says_nothing() -> None:
    given(month, *after(submit(), submit(B))).when(record(report=1)).then()
    failure = RecordFailure(month_id=ID, report=1, code="header_not_found", detail="", at=AT)
    given(month, *after(submit(), submit(B))).when(failure).then()


def test_what_was_taken_is_added_to_our_count() -> None:
    before = after(submit(), record(found("E1", "undetermined"), found("E2", "explainable", 0)), take("E1", 250))
    agreed = MonthAgreed(
        partner_id="adria", month="2026-03", report=1, theirs=Money(5000, "EUR"), ours=Money(4200, "EUR"),
        agreed=Money(4450, "EUR"), usage=USAGE, at=AT, by="ana",
    )  # fmt: skip
    given(month, *before).when(agree()).then(agreed)


def test_another_owner_takes_back_what_was_taken() -> None:
    before = after(submit(), record(found("E1", "undetermined")), take("E1", 250))
    to_them = AttributeMismatch(
        month_id=ID, mismatch_id="E1", party="partner", reason="A recording came.", at=AT, by="ana"
    )
    state = Month()
    for event in [*before, *decide(to_them, _state(before))]:
        state = evolve(state, event)
    assert (state.taken, state.of("partner")) == ({}, ["E1"])


def _state(events: list[MonthEvent]) -> Month:
    state = Month()
    for event in events:
        state = evolve(state, event)
    return state


def deem(day: int) -> DeemAgreed:
    return DeemAgreed(month_id=ID, usage=USAGE, day=date(2026, 4, day), at=AT, by="clock")


def test_silence_is_an_answer_only_to_a_question_and_after_its_day() -> None:
    found_theirs = [submit(), record(found("E1", "partner"))]
    given(month, *after(*found_theirs)).when(deem(21)).then_rejected("not_asked")
    asked = after(*found_theirs, ask("E1"))
    given(month, *asked).when(deem(20)).then_rejected("not_due")
    (agreed,) = decide(deem(21), _state(asked))
    assert isinstance(agreed, MonthAgreed)
    assert (agreed.deemed, agreed.agreed) == (True, Money(4200, "EUR"))


def test_the_report_after_a_question_is_an_adjusted_one_and_has_to_be_compared_anew() -> None:
    events = after(submit(), record(found("E1", "partner")), ask("E1"), submit(B))
    state = _state(events)
    assert (state.reports[2].adjusted, state.mismatches, state.reconciled) == (True, {}, None)


def test_a_month_that_was_reopened_can_be_agreed_again() -> None:
    before = after(submit(), record(), agree(), ReopenMonth(month_id=ID, reason="Late.", at=AT, by="ana"))
    assert isinstance(before[-1], MonthReopened)
    assert [type(event) for event in decide(agree(usage=A), _state(before))] == [MonthAgreed]


PARTIES = st.sampled_from(["partner", "own", "explainable", "undetermined"])


@examples(st.lists(st.tuples(PARTIES, st.integers(-500, 500), st.integers(0, 100)), max_size=6))
def test_the_agreed_money_is_our_count_and_what_was_taken(drawn: list[tuple[Party, int, int]]) -> None:
    """Whatever mismatches there are: once all that is open is taken, the sum is exact."""
    mismatches = [found(f"E{n}", party, moved) for n, (party, moved, _) in enumerate(drawn)]
    commands: list[Any] = [submit(), record(*mismatches)]
    added = 0
    for number, (party, moved, percent) in enumerate(drawn):
        if party in ("undetermined", "own"):
            amount = moved * percent // 100 if moved >= 0 else -(-moved * percent // 100)
            added += amount
            commands.append(take(f"E{number}", amount))
    events = after(*commands)
    assert sum(event.amount.minor for event in events if isinstance(event, MismatchTaken)) == added
    (agreed,) = decide(agree("M. P."), _state(events))
    assert isinstance(agreed, MonthAgreed)
    assert (agreed.theirs.minor, agreed.ours.minor, agreed.agreed.minor) == (5000, 4200, 4200 + added)


def test_a_command_that_leads_nowhere_changes_nothing() -> None:
    with pytest.raises(Rejected):
        decide(take("E1"), Month())
