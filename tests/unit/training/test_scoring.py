"""Scores are exact: weights, answers that don't apply, fatal answers, and one rounding at the end."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.training.domain.form import PublishForm, form
from services.training.domain.scoring import NOT_APPLICABLE, percent_of, score_of
from services.training.events.forms import FormContent, FormPublished, Question
from shared.kernel import Rejected
from tests.spec import given
from tests.unit.training.quality import AT, CONTENT, GOOD, question


@pytest.mark.parametrize(
    ("answers", "percent", "passed"),
    [
        ({}, "100.00", True),
        ({"greeting": "p0"}, "83.33", True),  # (0 + 2 + 3) / 6
        ({"needs": "p1"}, "77.78", False),  # (1 + 2/3 + 3) / 6 = 14/18
        ({"needs": "na"}, "100.00", True),  # (1 + 3) / 4
        ({"needs": "na", "greeting": "p0"}, "75.00", False),
    ],
)
def test_a_score_is_the_weighted_share_of_what_applies(answers: dict[str, str], percent: str, passed: bool) -> None:
    score = score_of(CONTENT, GOOD | answers)
    assert (score.percent, score.passed, score.fatal) == (percent, passed, ())


def test_a_fatal_answer_fails_the_call_and_leaves_the_score_as_it_is() -> None:
    lenient = msgspec.structs.replace(CONTENT, pass_percent=0)
    score = score_of(lenient, GOOD | {"price": "p0"})
    assert (score.percent, score.passed, score.fatal) == ("50.00", False, ("price",))


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (GOOD | {"smile": "p1"}, "unknown_question"),
        ({"greeting": "p1", "price": "p1"}, "answer_missing"),
        (GOOD | {"price": "p7"}, "unknown_answer"),
        (GOOD | {"price": "na"}, "must_apply"),
    ],
)
def test_answers_that_the_form_does_not_know_are_refused(answers: dict[str, str], code: str) -> None:
    with pytest.raises(Rejected) as refused:
        score_of(CONTENT, answers)
    assert refused.value.code == code


def test_a_call_to_which_nothing_applies_has_no_score() -> None:
    content = FormContent(title="One", questions=(question("only", 1, 0, 1, optional=True),))
    with pytest.raises(Rejected) as refused:
        score_of(content, {"only": "na"})
    assert refused.value.code == "nothing_applies"


@pytest.mark.parametrize(
    ("share", "percent"),
    [(Fraction(0), "0.00"), (Fraction(1), "100.00"), (Fraction(1, 3), "33.33"), (Fraction(2, 3), "66.67"),
     (Fraction(12345, 1000000), "1.23"), (Fraction(1235, 100000), "1.24"), (Fraction(1, 20000), "0.01")],
)  # fmt: skip
def test_halves_are_rounded_up(share: Fraction, percent: str) -> None:
    # 1.2345 % is rounded to 1.23, 1.235 % is a half, and so is 0.005 %.
    assert percent_of(share) == percent


def test_the_exact_score_decides_whether_a_call_passes() -> None:
    questions = (question("one", 999, 0, 800, 1000), question("two", 1, 0, 760, 1000))
    content = FormContent(title="Edge", questions=questions, pass_percent=80)
    below = score_of(content, {"one": "p800", "two": "p760"})
    assert (below.share, below.percent, below.passed) == (Fraction(79_996, 100_000), "80.00", False)
    reached = FormContent(title="Edge", questions=(question("one", 4, 0, 1), question("two", 1, 0, 1)), pass_percent=80)
    assert score_of(reached, {"one": "p1", "two": "p0"}).passed


@st.composite
def evaluated(draw: st.DrawFn) -> tuple[FormContent, dict[str, str]]:
    """A form, and answers to it of which at least one applies."""
    questions, answers = [], {}
    for number in range(draw(st.integers(1, 6))):
        points = sorted(draw(st.sets(st.integers(0, 1000), min_size=2, max_size=5)))
        optional = number > 0 and draw(st.booleans())
        fatal = points[0] == 0 and draw(st.booleans())
        questions.append(question(f"q{number}", draw(st.integers(1, 1000)), *points, fatal=fatal, optional=optional))
        names = [f"p{n}" for n in points] + [NOT_APPLICABLE] * optional
        answers[f"q{number}"] = draw(st.sampled_from(names))
    return FormContent(title="Any", questions=tuple(questions)), answers


@drawn(evaluated(), st.integers(2, 50))
def test_a_score_lies_between_nothing_and_all_and_only_the_ratio_of_weights_counts(
    case: tuple[FormContent, dict[str, str]], factor: int
) -> None:
    content, answers = case
    score = score_of(content, answers)
    assert 0 <= score.share <= 1
    assert not (score.passed and score.fatal)

    def heavier(one: Question) -> Question:
        return msgspec.structs.replace(one, weight=one.weight * factor)

    assert score_of(_with(content, [heavier(one) for one in content.questions]), answers) == score
    assert score_of(_with(content, list(content.questions)[::-1]), answers).share == score.share


@drawn(evaluated(), st.data())
def test_a_better_answer_never_lowers_the_score(case: tuple[FormContent, dict[str, str]], data: st.DataObject) -> None:
    content, answers = case
    chosen = data.draw(st.sampled_from(content.questions))
    if answers[chosen.id] == NOT_APPLICABLE:
        return
    best = max(chosen.options, key=lambda option: option.points).id
    assert score_of(content, answers | {chosen.id: best}).share >= score_of(content, answers).share


@drawn(evaluated())
def test_a_form_that_can_be_scored_can_be_published(case: tuple[FormContent, dict[str, str]]) -> None:
    content, _ = case
    assert len(form.decide(publish(content), form.initial)) == 1


def _with(content: FormContent, questions: list[Question]) -> FormContent:
    return msgspec.structs.replace(content, questions=tuple(questions))


def publish(content: FormContent) -> PublishForm:
    return PublishForm(form="inbound", content=content, reason="As agreed.", at=AT, by="Ana")


def published(version: int, content: FormContent) -> FormPublished:
    return FormPublished(form="inbound", version=version, content=content, reason="As agreed.", at=AT, by="Ana")


def test_each_change_of_a_form_is_a_version_and_the_same_again_is_none() -> None:
    given(form).when(publish(CONTENT)).then(published(1, CONTENT))
    given(form, published(1, CONTENT)).when(publish(CONTENT)).then()
    changed = msgspec.structs.replace(CONTENT, pass_percent=90)
    given(form, published(1, CONTENT)).when(publish(changed)).then(published(2, changed))


@pytest.mark.parametrize(
    ("questions", "code"),
    [
        ((question("one", 1, 0, 1), question("one", 2, 0, 1)), "question_twice"),
        ((question("one", 1, 1, 1),), "answer_twice"),
        ((question("one", 1, 1, 2, fatal=True),), "cannot_fail"),
    ],
)
def test_a_form_that_does_not_hold_together_is_refused(questions: tuple[Question, ...], code: str) -> None:
    given(form).when(publish(FormContent(title="Odd", questions=questions))).then_rejected(code)


def test_answers_have_points_that_differ_and_names_that_mean_nothing_else() -> None:
    one = question("one", 1, 0, 1)
    first, second = one.options
    for changed, code in (
        (msgspec.structs.replace(second, id="na"), "answer_reserved"),
        (msgspec.structs.replace(second, points=0), "worth_nothing"),
    ):
        odd = msgspec.structs.replace(one, options=(first, changed))
        given(form).when(publish(FormContent(title="Odd", questions=(odd,)))).then_rejected(code)
    equal = msgspec.structs.replace(one, options=(msgspec.structs.replace(first, points=1), second))
    given(form).when(publish(FormContent(title="Odd", questions=(equal,)))).then_rejected("same_points")
