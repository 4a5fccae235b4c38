"""What did customers answer to a survey, by its fields?

Worked out from the walks of calls when it is asked for: nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.calls.views.script_steps import CallWalk, GivenAnswer


class FieldAnswers(msgspec.Struct, kw_only=True):
    """The answers to one field, a call counted once, by what it said last.

    `choices`: calls by the choice's id. `numbers`: how many gave a number; together they come to `sum`, and lie between
    `least` and `most`. `texts`: how many answered in words of their own.
    """

    answered: int = 0
    choices: dict[str, int] = {}
    numbers: int = 0
    sum: int = 0
    least: int | None = None
    most: int | None = None
    texts: int = 0


class SurveyAnswers(msgspec.Struct, kw_only=True):
    """The answers of all calls: `calls` began the survey, `finished` of them came to its end."""

    calls: int = 0
    finished: int = 0
    fields: dict[str, FieldAnswers] = {}


def last_answers(walk: CallWalk) -> dict[str, tuple[int, GivenAnswer]]:
    """Of each field the step with the highest number, and its answer: who went back and answered anew meant that."""
    return {walk.answers[step].field: (step, walk.answers[step]) for step in sorted(walk.answers)}


def survey_answers(walks: Iterable[CallWalk], ends: frozenset[str]) -> SurveyAnswers:
    """Count the answers, in whatever order the walks come. `ends`: the nodes at which the survey is over."""
    told = SurveyAnswers()
    for walk in walks:
        if not walk.steps:
            continue
        told.calls += 1
        told.finished += any(step.node in ends for step in walk.steps.values())
        for field, (_, given) in last_answers(walk).items():
            _count(told.fields.setdefault(field, FieldAnswers()), given)
    return told


def _count(here: FieldAnswers, given: GivenAnswer) -> None:
    here.answered += 1
    if given.choice is not None:
        here.choices[given.choice] = here.choices.get(given.choice, 0) + 1
    elif given.number is not None:
        here.numbers += 1
        here.sum += given.number
        here.least = given.number if here.least is None else min(here.least, given.number)
        here.most = given.number if here.most is None else max(here.most, given.number)
    elif given.sealed:
        here.texts += 1
