"""Answers to surveys: a call counts once, by what it answered last, in whatever order its steps came."""

from __future__ import annotations

import random

from hypothesis import given as drawn
from hypothesis import strategies as st

from services.calls.views.script_steps import CallWalk, GivenAnswer, WalkedStep
from services.calls.views.survey_answers import FieldAnswers, SurveyAnswers, survey_answers
from tests.unit.calls.selling.catalogue import AT

ENDS = frozenset({"thanks"})


def walked(call: str, **answers: GivenAnswer) -> CallWalk:
    """A call that answered at steps 1, 2 …, each at a node of its own, and came to the end."""
    given = dict(enumerate(answers.values(), 1))
    steps = {step: WalkedStep(node=f"n{step}", at=AT) for step in given} | {99: WalkedStep(node="thanks", at=AT)}
    return CallWalk(call=call, partner="adria", script="s", version=1, steps=steps, answers=given)


def test_answers_are_counted_by_field_and_form() -> None:
    told = survey_answers(
        [
            walked(
                "c1",
                a=GivenAnswer(field="heard", choice="tv"),
                b=GivenAnswer(field="age", number=41),
                c=GivenAnswer(field="why", sealed=True),
            ),
            walked("c2", a=GivenAnswer(field="heard", choice="tv"), b=GivenAnswer(field="age", number=23)),
            walked("c3", a=GivenAnswer(field="heard", choice="friend")),
        ],
        ENDS,
    )
    assert told == SurveyAnswers(
        calls=3,
        finished=3,
        fields={
            "heard": FieldAnswers(answered=3, choices={"tv": 2, "friend": 1}),
            "age": FieldAnswers(answered=2, numbers=2, sum=64, least=23, most=41),
            "why": FieldAnswers(answered=1, texts=1),
        },
    )


def test_who_goes_back_and_answers_anew_is_counted_by_the_last_word() -> None:
    again = walked("c1", a=GivenAnswer(field="heard", choice="tv"), b=GivenAnswer(field="heard", choice="friend"))
    assert survey_answers([again], ENDS).fields["heard"] == FieldAnswers(answered=1, choices={"friend": 1})


def test_a_call_that_hung_up_has_not_finished() -> None:
    walk = walked("c1", a=GivenAnswer(field="heard", choice="tv"))
    del walk.steps[99]
    told = survey_answers([walk, CallWalk(call="c2", partner="adria", script="s", version=1)], ENDS)
    assert (told.calls, told.finished) == (1, 0)


def _given(field: str) -> st.SearchStrategy[GivenAnswer]:
    return st.one_of(
        st.sampled_from("xyz").map(lambda choice: GivenAnswer(field=field, choice=choice)),
        st.integers(-9, 9).map(lambda number: GivenAnswer(field=field, number=number)),
        st.just(GivenAnswer(field=field, sealed=True)),
    )


@drawn(
    st.lists(st.dictionaries(st.sampled_from("abc"), st.sampled_from("fg").flatmap(_given)), max_size=8), st.randoms()
)
def test_every_answer_is_in_one_place_in_any_order(said: list[dict[str, GivenAnswer]], dice: random.Random) -> None:
    walks = [walked(f"c{n}", **answers) for n, answers in enumerate(said)]
    told = survey_answers(walks, ENDS)
    shuffled = walks.copy()
    dice.shuffle(shuffled)
    assert survey_answers(shuffled, ENDS) == told
    assert told.calls == told.finished == len(walks)
    for field in told.fields.values():
        assert field.answered == sum(field.choices.values()) + field.numbers + field.texts <= told.calls
        if field.numbers and field.least is not None and field.most is not None:
            assert field.least * field.numbers <= field.sum <= field.most * field.numbers
