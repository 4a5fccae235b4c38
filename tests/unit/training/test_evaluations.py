"""Both sides evaluate blind; what they said is opened together, disputed by those concerned, decided by a third."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.training.domain.evaluation import (
    AnswerDispute,
    DecideDispute,
    EndWaiting,
    RaiseDispute,
    SubmitEvaluation,
    evaluation,
)
from services.training.events.evaluations import (
    DisputeAnswered,
    DisputeDecided,
    DisputeRaised,
    EvaluationEvent,
    EvaluationSubmitted,
    Side,
    WaitingEnded,
)
from services.training.views.evaluations import KnownEvaluation, evaluations, seen_by
from shared.contracts.training import EvaluationRecorded
from shared.kernel import Event, Rejected
from tests.spec import given, seen
from tests.unit.training.quality import AT, CALL, CONTENT, EVALUATION, GOOD, PLACE, submitted

LATER = AT + timedelta(hours=1)
POOR = GOOD | {"greeting": "p0"}


def submit(side: Side, answers: dict[str, str] | None = None, **more: Any) -> SubmitEvaluation:
    told: dict[str, Any] = {
        "evaluation": EVALUATION,
        "agent": "a7",
        "day": "2026-03-04",
        "sample": "adria:w10",
        "form": "inbound",
        "version": 1,
        "content": CONTENT,
        "sides": "both",
        "side": side,
        "answers": answers or GOOD,
        "at": AT,
        "by": "Ana" if side == "company" else "Mia",
    }
    return SubmitEvaluation(**{**told, **more})


def recorded(side: Side, percent: str = "100.00", **more: Any) -> EvaluationRecorded:
    told: dict[str, Any] = {
        **PLACE,
        "agent": "a7",
        "form": "inbound",
        "version": 1,
        "side": side,
        "score_percent": percent,
        "at": AT,
        "by": "Ana" if side == "company" else "Mia",
    }
    return EvaluationRecorded(**{**told, **more})


BLIND = submitted("company", awaits=True)
OPEN = (BLIND, submitted("partner"), recorded("company"), recorded("partner"))


def test_the_first_side_is_not_told_of_and_both_are_when_the_second_is_in() -> None:
    given(evaluation).when(submit("company")).then(BLIND)
    poor = submitted("partner", POOR, score_percent="83.33")
    given(evaluation, BLIND).when(submit("partner", POOR)).then(poor, recorded("company"), recorded("partner", "83.33"))


def test_a_side_that_is_asked_alone_waits_for_nobody() -> None:
    alone = submitted("company")
    given(evaluation).when(submit("company", sides="company")).then(alone, recorded("company"))
    given(evaluation).when(submit("partner", sides="company")).then_rejected("not_asked")


def test_a_controller_may_think_again_until_it_is_in_the_open() -> None:
    again = submitted("company", POOR, score_percent="83.33", awaits=True)
    given(evaluation, BLIND).when(submit("company", POOR)).then(again)
    given(evaluation, *OPEN).when(submit("company")).then()
    given(evaluation, *OPEN).when(submit("company", POOR)).then_rejected("recorded")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"by": "Eva"}, "submitted_by_another"),
        ({"sample": "adria:w11"}, "other_sample"),
        ({"answers": {"greeting": "p1"}}, "answer_missing"),
        ({"answers": POOR, "noted": {"smile": "n1"}}, "unknown_question"),
    ],
)
def test_what_does_not_fit_is_refused(more: dict[str, Any], code: str) -> None:
    given(evaluation, BLIND).when(submit("company", **more)).then_rejected(code)


def test_who_is_late_is_not_waited_for_and_does_not_see_before_saying() -> None:
    ended = WaitingEnded(**PLACE, reason="No controller this month.", at=LATER, by="Ana")
    end = EndWaiting(evaluation=EVALUATION, reason="No controller this month.", at=LATER, by="Ana")
    given(evaluation, BLIND).when(end).then(ended, recorded("company", at=LATER))
    given(evaluation, BLIND, ended, recorded("company")).when(submit("partner")).then_rejected("waiting_over")
    given(evaluation).when(end).then_rejected("nothing_submitted")
    given(evaluation, *OPEN).when(end).then_rejected("recorded")


def dispute(by: str = "a7", **more: Any) -> RaiseDispute:
    told: dict[str, Any] = {
        "dispute": "d1",
        "against": "partner",
        "party": "agent",
        "text": "t1",
        "questions": ("greeting",),
        "at": LATER,
    }
    return RaiseDispute(evaluation=EVALUATION, by=by, **{**told, **more})


RAISED = DisputeRaised(
    **PLACE, dispute="d1", against="partner", party="agent", text="t1", questions=("greeting",), at=LATER, by="a7"
)
ANSWERED = DisputeAnswered(**PLACE, dispute="d1", text="t2", at=LATER, by="Mia")


def decision(**more: Any) -> DecideDispute:
    told: dict[str, Any] = {"decision": "stands", "text": "t3", "content": CONTENT, "by": "Eva", "at": LATER, **more}
    return DecideDispute(evaluation=EVALUATION, dispute="d1", **told)


def decided(**more: Any) -> DisputeDecided:
    told: dict[str, Any] = {"decision": "stands", "text": "t3", "by": "Eva", "at": LATER, **more}
    return DisputeDecided(**PLACE, dispute="d1", **told)


def test_a_dispute_is_raised_answered_and_decided() -> None:
    given(evaluation, *OPEN).when(dispute()).then(RAISED)
    answer = AnswerDispute(evaluation=EVALUATION, dispute="d1", text="t2", at=LATER, by="Mia")
    given(evaluation, *OPEN, RAISED).when(answer).then(ANSWERED)
    given(evaluation, *OPEN, RAISED, ANSWERED).when(decision()).then(decided())
    changed = decision(decision="changed", answers=POOR)
    given(evaluation, *OPEN, RAISED, ANSWERED).when(changed).then(
        decided(decision="changed", answers=POOR), recorded("partner", "83.33", at=LATER)
    )


def test_only_the_evaluator_answers_and_once() -> None:
    others = AnswerDispute(evaluation=EVALUATION, dispute="d1", text="t2", at=LATER, by="Ana")
    given(evaluation, *OPEN, RAISED).when(others).then_rejected("not_evaluator")
    more = AnswerDispute(evaluation=EVALUATION, dispute="d1", text="t9", at=LATER, by="Mia")
    given(evaluation, *OPEN, RAISED, ANSWERED).when(more).then_rejected("answered")
    given(evaluation, *OPEN).when(others).then_rejected("unknown_dispute")
    unanswered = (*OPEN, RAISED, decided(at=LATER + timedelta(days=8)))
    given(evaluation, *unanswered).when(more).then_rejected("decided")


@pytest.mark.parametrize(
    ("before", "command", "code"),
    [
        ((BLIND,), dispute(against="company"), "not_recorded"),
        (OPEN, dispute("Mia"), "own_evaluation"),
        ((*OPEN, RAISED), dispute(dispute="d2"), "dispute_open"),
        (OPEN, dispute(at=AT + timedelta(days=31)), "too_late"),
        (OPEN, dispute(questions=("smile",)), "unknown_question"),
        ((*OPEN, RAISED), decision(), "not_answered"),
        ((*OPEN, RAISED, ANSWERED), decision(by="Mia"), "own_case"),
        ((*OPEN, RAISED, ANSWERED), decision(by="a7"), "own_case"),
        ((*OPEN, RAISED, ANSWERED, decided()), decision(decision="changed", answers=POOR), "decided"),
        ((*OPEN, RAISED, ANSWERED), decision(decision="changed", answers=GOOD), "nothing_changed"),
        ((*OPEN, RAISED, ANSWERED), decision(answers=POOR), "answers_wrong"),
        ((*OPEN, RAISED, ANSWERED), decision(decision="changed", answers={"price": "p1"}), "answer_missing"),
    ],
)
def test_a_dispute_has_its_rules(before: tuple[Event, ...], command: Any, code: str) -> None:
    given(evaluation, *before).when(command).then_rejected(code)


def test_after_seven_days_a_dispute_is_decided_without_an_answer() -> None:
    late = LATER + timedelta(days=7)
    given(evaluation, *OPEN, RAISED).when(decision(at=late)).then(decided(at=late))


def folded(*events: Event) -> KnownEvaluation:
    return seen(evaluations, *events)[EVALUATION]


def test_a_side_sees_its_own_and_an_agent_nothing_until_both_are_in() -> None:
    waiting = folded(BLIND)
    assert waiting.state == "waiting"
    assert seen_by(waiting, "partner") is None
    assert seen_by(waiting, None) is None
    mine = seen_by(waiting, "company")
    assert mine is not None
    assert mine.submitted == {"company": BLIND}
    whole = folded(*OPEN)
    assert seen_by(whole, "partner") == seen_by(whole, None) == whole
    assert whole.state == "recorded"


def test_a_decision_changes_what_stands_and_not_what_was_said() -> None:
    changed = decided(decision="changed", answers=POOR)
    doc = folded(*OPEN, RAISED)
    assert doc.state == "disputed"
    doc = folded(*OPEN, RAISED, ANSWERED, changed, recorded("partner", "83.33"))
    assert (doc.state, doc.recorded["partner"].score_percent) == ("recorded", "83.33")
    assert doc.submitted["partner"].answers == GOOD
    assert (doc.answers("partner"), doc.answers("company")) == (POOR, GOOD)


answers = st.fixed_dictionaries(
    {
        "greeting": st.sampled_from(["p0", "p1"]),
        "needs": st.sampled_from(["p0", "p3", "na"]),
        "price": st.sampled_from(["p0", "p1"]),
    }
)
commands = st.lists(
    st.one_of(
        st.builds(submit, st.sampled_from(["company", "partner"]), answers, by=st.sampled_from(["Ana", "Mia"])),
        st.just(EndWaiting(evaluation=EVALUATION, reason="Nobody came.", at=LATER, by="Ana")),
        st.builds(dispute, st.sampled_from(["a7", "Ana", "Mia"]), against=st.sampled_from(["company", "partner"])),
        st.builds(decision, decision=st.just("changed"), answers=answers, at=st.just(AT + timedelta(days=9))),
    ),
    max_size=12,
)


@drawn(commands)
def test_whatever_happens_nobody_is_shown_the_others_before_they_are_in(said: list[Any]) -> None:
    state, happened = evaluation.initial, list[EvaluationEvent]()
    for command in said:
        try:
            events = evaluation.decide(command, state)
        except Rejected:
            continue
        for event in events:
            state = evaluation.evolve(state, event)
        happened += events
        public = [event for event in happened if isinstance(event, EvaluationRecorded)]
        sides = {event.side for event in happened if isinstance(event, EvaluationSubmitted)}
        ended = any(isinstance(event, WaitingEnded) for event in happened)
        assert bool(public) == (len(sides) == 2 or ended)
        if not happened:
            continue
        doc = seen(evaluations, *happened)[f"adria:{CALL}"]
        for side in ("company", "partner"):
            shown = seen_by(doc, side)
            assert public or shown is None or shown.submitted.keys() == {side}
        for side, last in doc.recorded.items():
            rescored = evaluation.decide(
                submit(side, dict(doc.answers(side)), sides=side, by="Ana"), evaluation.initial
            )
            standing = next(event for event in rescored if isinstance(event, EvaluationRecorded))
            assert (standing.score_percent, standing.fatal) == (last.score_percent, last.fatal)


def test_the_names_of_texts_are_all_that_events_hold_of_them() -> None:
    told = {**msgspec.to_builtins(RAISED), **msgspec.to_builtins(ANSWERED), **msgspec.to_builtins(decided())}
    assert {name for name, value in told.items() if isinstance(value, str) and value.startswith("t")} <= {"text"}


# A call that was picked


def test_a_picked_call_is_evaluated_by_one_side_and_open_at_once() -> None:
    picked = submit("company", sample="", sides="company")
    given(evaluation).when(picked).then(submitted("company", sample=""), recorded("company"))


def test_a_picked_call_belongs_to_no_sample_and_a_drawn_one_is_not_picked() -> None:
    open_ = (submitted("company", sample=""), recorded("company"))
    given(evaluation, *open_).when(submit("partner")).then_rejected("other_sample")
    given(evaluation, *open_).when(submit("partner", sample="", sides="partner")).then_rejected("waiting_over")
    given(evaluation, BLIND).when(submit("partner", sample="", sides="partner")).then_rejected("other_sample")
