"""Papers: the same seed draws the same one, every topic has its turn, and only what is right gives points."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st

from services.training.domain.bank import RetireQuestion, WriteQuestion, bank
from services.training.domain.paper import SEED_BITS, Mark, drawn, marked, seed_of
from services.training.events.banks import QuestionRetired, QuestionWritten
from services.training.views.banks import banks
from shared.kernel import Rejected
from tests.spec import given, seen

AT = datetime(2026, 11, 18, 9, tzinfo=UTC)
WHO: dict[str, Any] = {"bank": "k", "at": AT, "by": "jelena"}


def question(name: str, topic: str = "", points: int = 1, **more: Any) -> QuestionWritten:
    said = {"question": name, "revision": 1, "text": f"{name}?", "choices": ("a", "b", "c"), "right": (1,), **WHO}
    return QuestionWritten(**said | {"topic": topic, "points": points} | more)


def write(name: str = "dose", **more: Any) -> WriteQuestion:
    said = {"question": name, "text": f"{name}?", "choices": ("a", "b", "c"), "right": (1,), **WHO}
    return WriteQuestion(**said | more)


QUESTIONS = [question(f"q{number}", "abc"[number % 3]) for number in range(12)]
SEEDS = st.integers(0, (1 << SEED_BITS) - 1)


def test_a_question_is_worded_anew_and_retired() -> None:
    given(bank).when(write()).then(question("dose"))
    reworded = question("dose", revision=2, right=(0, 2))
    given(bank, question("dose")).when(write(right=(2, 0))).then(reworded)
    retired = QuestionRetired(question="dose", **WHO)
    given(bank, question("dose")).when(RetireQuestion(question="dose", **WHO)).then(retired)
    given(bank, question("dose"), retired).when(write()).then(question("dose", revision=2))
    given(bank).when(RetireQuestion(question="dose", **WHO)).then_rejected("unknown_question")


@pytest.mark.parametrize("wrong", [{"right": (3,)}, {"right": (-1,)}, {"right": (1, 1)}, {"choices": ("a", "a")}])
def test_choices_make_sense(wrong: dict[str, Any]) -> None:
    given(bank).when(write(**wrong)).then_rejected("choices_wrong")


def test_a_bank_knows_every_wording() -> None:
    doc = seen(banks, question("dose"), question("price"), question("dose", revision=2, text="New?"))["k"]
    assert doc.worded("dose", 1).text == "dose?"
    assert {one.question: one.revision for one in doc.asked} == {"dose": 2, "price": 1}
    retired = seen(banks, question("dose"), QuestionRetired(question="dose", **WHO))["k"]
    assert retired.asked == []
    assert retired.worded("dose", 1).text == "dose?"


@whatever(SEEDS, st.integers(1, 12), st.randoms())
def test_a_seed_draws_one_paper_whatever_order_the_questions_came_in(seed: int, count: int, order: Any) -> None:
    shuffled = list(QUESTIONS)
    order.shuffle(shuffled)
    paper = drawn(shuffled, count, seed)
    assert paper == drawn(QUESTIONS, count, seed)
    assert len({one.question for one in paper}) == count
    topics = Counter(int(one.question[1:]) % 3 for one in paper)
    assert max(topics.values()) - min(topics[topic] for topic in range(3)) <= 1, "each topic has its turn"
    assert all(sorted(one.order) == [0, 1, 2] for one in paper)


def test_seeds_spread_over_questions_and_places() -> None:
    papers = [drawn(QUESTIONS, 3, seed) for seed in range(1200)]
    counts = Counter(one.question for paper in papers for one in paper)
    assert set(counts) == {one.question for one in QUESTIONS}
    assert min(counts.values()) > 220
    assert max(counts.values()) < 380, "300 each on average"
    first = Counter(paper[0].order[0] for paper in papers)
    assert min(first.values()) > 330, "the right one is not always in the same place"


def test_a_bank_must_have_enough() -> None:
    with pytest.raises(Rejected) as refused:
        drawn(QUESTIONS, 13, 1)
    assert refused.value.code == "too_few_questions"


def test_only_exactly_the_right_choices_give_points() -> None:
    key = {"one": question("one", points=3), "two": question("two", right=(0, 2))}
    paper = drawn(list(key.values()), 2, 7)
    assert marked(paper, key, {"one": [1], "two": [2, 0]}) == Mark(4, 4)
    assert marked(paper, key, {"one": [1], "two": [0]}) == Mark(3, 4)
    assert marked(paper, key, {"one": [0, 1], "two": [0, 1, 2]}) == Mark(0, 4)
    assert marked(paper, key, {}) == Mark(0, 4)
    for strange in ({"three": [0]}, {"one": [3]}):
        with pytest.raises(Rejected) as refused:
            marked(paper, key, strange)
        assert refused.value.code == "unknown_answer"


@whatever(st.integers(0, 300), st.integers(1, 300), st.integers(1, 100))
def test_a_mark_passes_by_its_points_and_never_by_rounding(points: int, of: int, percent: int) -> None:
    mark = Mark(min(points, of), of)
    exact = Fraction(100 * mark.points, of)
    assert mark.reaches(percent) == (exact >= percent)
    assert Fraction(mark.percent) <= exact < Fraction(mark.percent) + Fraction(1, 100)


def test_a_seed_comes_from_what_makes_a_paper_this_one() -> None:
    assert seed_of("a") == seed_of("a") != seed_of("b")
    assert 0 <= seed_of("a") < 1 << SEED_BITS
