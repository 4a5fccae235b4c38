"""A partner's month: whose its mismatches are, and when both sides may agree."""

from __future__ import annotations

from datetime import date
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given as examples

from services.reconciliation.domain.month import month
from services.reconciliation.domain.month_commands import UNREQUESTED, MonthCommand, TakeMismatch
from services.reconciliation.events.months import (
    CountAccepted,
    MismatchTaken,
    MonthReconciled,
    ReconciliationFailed,
)
from shared.contracts.reconciliation import (
    AdjustmentRequested,
    MismatchAttributed,
    MismatchFound,
    MonthAgreed,
    MonthReopened,
    Party,
    ReportSubmitted,
)
from shared.kernel import Money
from tests.spec import given
from tests.unit.reconciliation.monthly import (
    AT,
    OURS,
    THEIRS,
    TOTALS,
    USAGE,
    A,
    B,
    after,
    agree,
    ask,
    attribute,
    attribute_all,
    deem,
    fail,
    found,
    record,
    reopen,
    state_of,
    submit,
    take,
)

PLACE: dict[str, Any] = {"partner_id": "adria", "month": "2026-03", "at": AT}
BY_ANA: dict[str, Any] = PLACE | {"by": "ana"}


def submitted(number: int = 1, digest: str = A, adjusted: bool = False) -> ReportSubmitted:
    return ReportSubmitted(**BY_ANA, number=number, adjusted=adjusted, digest=digest, name="march.csv", size=100)


def agreed(added: int = 0, **more: Any) -> MonthAgreed:
    said: dict[str, Any] = PLACE | {"by": "mira", "report": 1, "usage": USAGE} | more
    return MonthAgreed(theirs=Money(THEIRS, "EUR"), ours=Money(OURS, "EUR"), agreed=Money(OURS + added, "EUR"), **said)


def asked(*ids: str, number: int = 1, day: int = 20, digest: str = A) -> AdjustmentRequested:
    return AdjustmentRequested(
        **BY_ANA, number=number, report=1, mismatches=ids, lines=1, digest=digest, due=date(2026, 4, day)
    )


def test_the_same_file_is_the_same_report_and_another_one_the_next() -> None:
    given(month).when(submit()).then(submitted())
    given(month, *after(submit())).when(submit()).then()
    given(month, *after(submit())).when(submit(B)).then(submitted(2, B))
    given(month, *after(submit(), submit(B))).when(submit()).then(submitted(3))
    given(month, *after(submit(), record(), agree())).when(submit()).then()


def test_what_came_of_a_report_is_recorded_with_its_mismatches() -> None:
    done = MonthReconciled(
        **PLACE, report=1, kept=B, currency="EUR", lines=11, calls=11, totals=TOTALS, doubts=("No seconds.",)
    )
    one = MismatchFound(
        **PLACE, report=1, mismatch_id="E1", kind="wrong_amount", cause="single", party="partner", confidence="likely",
        lines=1, against=0, moved=Money(-300, "EUR"), proof="1 of 1", systematic=False,
    )  # fmt: skip
    command = record(found("E1", "partner", -300), doubts=("No seconds.",))
    given(month, submitted()).when(command).then(done, one)
    given(month, submitted(), done, one).when(command).then()


def test_why_nothing_came_of_a_report_is_recorded_once() -> None:
    said = ReconciliationFailed(**PLACE, report=1, code="header_not_found", detail="No row has titles.")
    given(month, submitted()).when(fail()).then(said)
    given(month, submitted(), said).when(fail()).then()
    given(month, submitted(), said).when(fail(code="too_large")).then(
        ReconciliationFailed(**PLACE, report=1, code="too_large", detail="No row has titles.")
    )


def test_a_run_of_an_earlier_report_says_nothing() -> None:
    before = after(submit(), submit(B))
    given(month, *before).when(record(report=1)).then()
    given(month, *before).when(fail(report=1)).then()


def test_a_failure_says_nothing_of_a_month_that_is_agreed() -> None:
    given(month, *after(submit(), record(), agree())).when(fail()).then()


def test_the_same_result_after_a_failure_is_recorded_anew() -> None:
    """A run that came to its end, one that did not, and a third that found what the first had."""
    outcome = given(month, *after(submit(), record(), fail())).when(record())
    assert [type(event) for event in outcome.events] == [MonthReconciled]
    assert outcome.state.failed is None


def test_a_named_person_says_whose_a_mismatch_is() -> None:
    before = after(submit(), record(found("E1", "partner")))
    said = MismatchAttributed(**BY_ANA, report=1, mismatch_id="E1", party="own", reason="A recording came.")
    outcome = given(month, *before).when(attribute("E1", "own")).then(said)
    assert (outcome.state.of("partner"), outcome.state.of("own")) == ([], ["E1"])
    given(month, *before).when(attribute("E1", "partner")).then()


def test_several_find_their_owner_at_once_or_none_of_them() -> None:
    before = after(
        submit(), record(found("E1", "own"), found("E2", "partner"), found("E3", "undetermined")), take("E3")
    )
    said = [
        MismatchAttributed(**BY_ANA, report=1, mismatch_id=one, party="partner", reason="They say so.")
        for one in ("E3", "E1")
    ]
    outcome = given(month, *before).when(attribute_all("E3", "E1", "E2", "E1")).then(*said)
    assert (outcome.state.of("partner"), outcome.state.taken) == (["E1", "E2", "E3"], {})
    given(month, *before, *said).when(attribute_all("E1", "E2", "E3")).then()
    given(month, *before).when(attribute_all("E1", "E9")).then_rejected("unknown_mismatch")


def test_what_nothing_settles_is_taken_with_an_amount_between_nothing_and_all_that_is_open() -> None:
    for party, moved, amount in (("undetermined", 300, 300), ("undetermined", 300, 0), ("own", -300, -300)):
        before = after(submit(), record(found("E1", party, moved)))  # type: ignore[arg-type]
        said = MismatchTaken(**BY_ANA, report=1, mismatch_id="E1", amount=Money(amount, "EUR"), reason="No recording.")
        given(month, *before).when(take("E1", amount)).then(said)


def test_another_owner_takes_back_what_was_taken() -> None:
    before = after(submit(), record(found("E1", "undetermined")), take("E1", 250))
    state = given(month, *before).when(attribute("E1", "partner")).state
    assert (state.taken, state.of("partner")) == ({}, ["E1"])


def test_the_same_owner_again_takes_back_what_was_taken() -> None:
    before = after(submit(), record(found("E1", "undetermined")), take("E1", 250))
    outcome = given(month, *before).when(attribute("E1", "undetermined", "By mistake."))
    assert (outcome.state.taken, outcome.state.of("undetermined")) == ({}, ["E1"])
    again = [*before, *outcome.events]
    given(month, *again).when(attribute("E1", "undetermined", "By mistake.")).then()


@pytest.mark.parametrize("decided", [attribute("E1", "explainable"), take("E1", 100)])
def test_who_decided_on_a_mismatch_does_not_agree_the_month(decided: MonthCommand) -> None:
    before = after(submit(), record(found("E1", "undetermined")), decided)
    given(month, *before).when(agree(by="ana")).then_rejected("separation_of_duties")
    given(month, *before).when(agree(by="mira")).then(agreed(100 if isinstance(decided, TakeMismatch) else 0))
    compared_again = [*before, *after(submit(), record(kept=A))[1:]]
    given(month, *compared_again).when(agree(by="ana")).then(agreed(by="ana"))


def test_a_partner_is_asked_about_what_is_its_own() -> None:
    before = after(submit(), record(found("E1", "partner"), found("E2", "partner")))
    given(month, *before).when(ask("E1", "E2")).then(asked("E1", "E2"))
    given(month, *before, asked("E1")).when(ask("E1")).then()
    given(month, *before, asked("E1")).when(ask("E2", digest=B)).then(asked("E2", number=2, digest=B))


def test_a_question_about_another_comparison_is_another_question() -> None:
    """The same words, and the same file: but what was answered to the first says nothing of the second."""
    theirs = found("E1", "partner")
    before = after(submit(), record(theirs), ask("E1"), record(theirs, kept=A))
    given(month, *before).when(ask("E1")).then(asked("E1", number=2))


def test_the_report_after_a_question_is_an_adjusted_one_and_has_to_be_compared_anew() -> None:
    before = after(submit(), record(found("E1", "partner")), ask("E1"))
    state = given(month, *before).when(submit(B)).then(submitted(2, B, adjusted=True)).state
    assert (state.mismatches, state.reconciled) == ({}, None)


def test_what_was_taken_is_added_to_our_count() -> None:
    before = after(submit(), record(found("E1", "undetermined"), found("E2", "explainable", 0)), take("E1", 250))
    given(month, *before).when(agree()).then(agreed(250))


def test_who_accepted_our_count_over_the_partners_report_is_kept() -> None:
    before = after(submit(), record(found("E1", "partner"), found("E2", "explainable"), found("E3", "partner")))
    accepted = CountAccepted(**PLACE, by="mira", report=1, mismatches=("E1", "E3"), accepted_by="M. P.")
    given(month, *before).when(agree("M. P.")).then(accepted, agreed())
    given(month, *after(submit(), record())).when(agree("M. P.")).then(agreed())


def test_silence_is_an_answer_only_to_a_question_and_after_its_day() -> None:
    theirs: list[MonthCommand] = [submit(), record(found("E1", "partner"))]
    given(month, *after(*theirs)).when(deem()).then_rejected("not_asked")
    given(month, *after(*theirs, ask("E1"))).when(deem(20)).then_rejected("not_due")
    given(month, *after(*theirs, ask("E1"))).when(deem(21)).then(agreed(deemed=True, by="clock"))


def test_silence_is_no_answer_to_what_nobody_asked() -> None:
    before = after(submit(), record(found("E1", "partner"), found("E2", "partner")), ask("E1"))
    given(month, *before).when(deem()).then_rejected("not_asked")
    later = after(submit(), record(found("E1", "partner"), found("E2", "own")), ask("E1"), attribute("E2", "partner"))
    given(month, *later).when(deem()).then_rejected("not_asked")
    both = after(submit(), record(found("E1", "partner"), found("E2", "partner")), ask("E1"), ask("E2", digest=B))
    given(month, *both).when(deem()).then(agreed(deemed=True, by="clock"))


def test_of_several_questions_the_latest_day_counts() -> None:
    both = (found("E1", "partner"), found("E2", "partner"))
    before = after(submit(), record(*both), ask("E1", day=25), ask("E2", day=20, digest=B))
    given(month, *before).when(deem(25)).then_rejected("not_due")
    given(month, *before).when(deem(26)).then(agreed(deemed=True, by="clock"))


def test_what_moved_unasked_does_not_wait_for_a_question() -> None:
    """Where it made a line differ from our count, that is a mismatch of its own, which can be asked about."""
    moved = found(UNREQUESTED, "partner", 0)
    before = after(submit(), record(found("E1", "partner"), moved), ask("E1"))
    given(month, *before).when(deem()).then(agreed(deemed=True, by="clock"))
    given(month, *before).when(agree()).then_rejected("open_corrections")


@pytest.mark.parametrize("between", [[record(found("E1", "partner"), kept=A)], [agree("M. P."), reopen()]])
def test_silence_to_an_old_question_is_no_answer(between: list[MonthCommand]) -> None:
    """What was compared again, or agreed and taken back, is asked about again."""
    before = after(submit(), record(found("E1", "partner")), ask("E1"), *between)
    given(month, *before).when(deem()).then_rejected("not_asked")
    given(month, *before, asked("E1", number=2)).when(deem()).then(agreed(deemed=True, by="clock"))


def test_a_month_that_was_reopened_can_be_agreed_again() -> None:
    back = MonthReopened(**BY_ANA, reason="A call was told late.")
    before = after(submit(), record(), agree())
    given(month, *before).when(reopen()).then(back)
    given(month, *before, back).when(reopen()).then()
    given(month, *before, back).when(reopen("Another reason.")).then_rejected("not_agreed")
    given(month, *before, back).when(agree(usage=A)).then(agreed(usage=A))
    given(month, *before, back, agreed()).when(reopen()).then(back)


@pytest.mark.parametrize(
    ("before", "command", "code"),
    [
        ([], agree(), "no_report"),
        ([], deem(), "no_report"),
        ([submit()], agree(), "not_reconciled"),
        ([submit(), fail()], agree(), "not_reconciled"),
        ([submit(), record(), submit(B)], agree(), "not_reconciled"),
        ([submit(), record(found("E1", "undetermined"))], agree("M. P."), "open_undetermined"),
        ([submit(), record(found("E1", "own"))], agree("M. P."), "open_defects"),
        ([submit(), record(found("E1", "partner"), found("E2", "own")), ask("E1")], deem(), "open_defects"),
        ([submit(), record(found("E1", "partner"))], agree(), "open_corrections"),
        ([submit(), record(found("E1", "partner"))], agree("  "), "open_corrections"),
        ([submit(), record(), agree()], agree(usage=A), "agreed_already"),
        ([submit(), record(), agree()], submit(B), "agreed_already"),
        ([submit(), record(), agree()], record(kept=A), "agreed_already"),
        ([submit(), record(found("E1", "explainable")), agree()], attribute("E1", "own"), "agreed_already"),
        ([submit(), record(found("E1", "explainable")), agree()], attribute_all("E1"), "agreed_already"),
        ([submit(), record(found("E1", "explainable")), agree()], take("E1"), "agreed_already"),
        ([submit(), record(found("E1", "partner")), agree("M. P.")], ask("E1"), "agreed_already"),
        ([], record(), "unknown_report"),
        ([submit()], record(report=2), "unknown_report"),
        ([submit()], fail(report=2), "unknown_report"),
        ([submit()], record(ours_minor=OURS + 1), "totals_differ"),
        ([submit()], record(theirs_minor=THEIRS - 1), "totals_differ"),
        ([submit(), record(found("E1", "partner"))], take("E1"), "not_to_be_taken"),
        ([submit(), record(found("E1", "explainable"))], take("E1"), "not_to_be_taken"),
        ([submit(), record(found("E1", "undetermined"))], take("E1", 301), "out_of_range"),
        ([submit(), record(found("E1", "undetermined"))], take("E1", -1), "out_of_range"),
        ([submit(), record(found("E1", "own", -300))], take("E1", 1), "out_of_range"),
        ([submit(), record(found("E1", "own", -300))], take("E1", -301), "out_of_range"),
        ([submit(), record(found("E1", "undetermined")), take("E1")], take("E1", 5), "taken_otherwise"),
        ([submit(), record()], take("E9"), "unknown_mismatch"),
        ([submit(), record()], attribute("E9", "own"), "unknown_mismatch"),
        ([submit(), record(found("E1", "partner")), submit(B)], ask("E1"), "unknown_mismatch"),
        ([submit(), record(found("E1", "own"))], ask("E1"), "not_the_partners"),
        ([submit(), record()], reopen(), "not_agreed"),
    ],
)
def test_what_the_rules_refuse(before: list[MonthCommand], command: MonthCommand, code: str) -> None:
    events = after(*before)
    outcome = given(month, *events).when(command).then_rejected(code)
    assert outcome.state == state_of(events)


PARTIES: st.SearchStrategy[Party] = st.sampled_from(["partner", "own", "explainable", "undetermined"])


@examples(st.lists(st.tuples(PARTIES, st.integers(-500, 500), st.integers(0, 100)), max_size=6))
def test_the_agreed_money_is_our_count_and_what_was_taken(drawn: list[tuple[Party, int, int]]) -> None:
    """Whatever mismatches there are: it is agreed as soon as all that is open is taken, and the sum is exact."""
    mismatches = [found(f"E{place}", party, moved) for place, (party, moved, _) in enumerate(drawn)]
    events = after(submit(), record(*mismatches))
    added = 0
    for place, (party, moved, percent) in enumerate(drawn):
        if party in ("undetermined", "own"):
            given(month, *events).when(agree("M. P.")).then_rejected(
                "open_undetermined" if state_of(events).of("undetermined") else "open_defects"
            )
            amount = abs(moved) * percent // 100 * (1 if moved > 0 else -1)
            added += amount
            events += given(month, *events).when(take(f"E{place}", amount)).events
    assert given(month, *events).when(agree("M. P.")).events[-1] == agreed(added)


@examples(st.sets(st.integers(1, 6), min_size=1), st.lists(st.sets(st.integers(1, 6), min_size=1), max_size=3))
def test_silence_agrees_what_was_asked_and_nothing_else(theirs: set[int], questions: list[set[int]]) -> None:
    events = after(submit(), record(*(found(f"E{number}", "partner") for number in sorted(theirs))))
    put: set[int] = set()
    for place, question in enumerate(questions):
        if wanted := question & theirs:
            events += (
                given(month, *events).when(ask(*(f"E{one}" for one in sorted(wanted)), digest=f"{place:064d}")).events
            )
            put |= wanted
    outcome = given(month, *events).when(deem())
    if theirs <= put:
        outcome.then(agreed(deemed=True, by="clock"))
    else:
        outcome.then_rejected("not_asked")
