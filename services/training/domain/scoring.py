"""The score of an evaluated call, exactly: fractions until the end, one rounding for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from services.training.events.forms import FormContent, Question
from shared.kernel import Rejected

NOT_APPLICABLE = "na"
"""The answer that leaves a question out."""
DECIMALS = 2
_HUNDREDTHS = 10**DECIMALS


@dataclass(frozen=True)
class Score:
    """`share`: of all that could be had, from 0 to 1. `fatal`: the questions that make the call fail, in the form's
    order. `passed` looks at the exact share, never at the rounded one."""

    share: Fraction
    fatal: tuple[str, ...]
    passed: bool

    @property
    def percent(self) -> str:
        """In per cent with two decimals, halves rounded up."""
        return percent_of(self.share)


def percent_of(share: Fraction) -> str:
    """A share from 0 to 1 in per cent, as a decimal with two places; exact halves are rounded up."""
    units = (share * 100 * _HUNDREDTHS + Fraction(1, 2)).__floor__()
    return f"{units // _HUNDREDTHS}.{units % _HUNDREDTHS:0{DECIMALS}d}"


def score_of(content: FormContent, answers: Mapping[str, str]) -> Score:
    """The weighted mean of what each applicable answer brings of its question's most:

        sum(weight x points / most points) / sum(weight), over the questions that apply.

    A fatal answer leaves the score as it is: it says how good the rest was. Rejected `unknown_question`,
    `answer_missing`, `unknown_answer`, `must_apply` for `na` where the question is not optional, `nothing_applies`.
    """
    known = {question.id for question in content.questions}
    if unknown := sorted(answers.keys() - known):
        raise Rejected("unknown_question", f"The form does not ask {', '.join(unknown)}.")
    reached, possible, fatal = Fraction(0), 0, []
    for question in content.questions:
        brings = _brings(question, answers.get(question.id))
        if brings is None:
            continue
        possible += question.weight
        reached += question.weight * brings
        if question.fatal and brings == 0:
            fatal.append(question.id)
    if possible == 0:
        raise Rejected("nothing_applies", "A call to which no question applies can't be evaluated.")
    share = reached / possible
    return Score(share, tuple(fatal), not fatal and share * 100 >= content.pass_percent)


def _brings(question: Question, answer: str | None) -> Fraction | None:
    """The answer's part of the question's most points; None where the question does not apply."""
    if answer is None:
        raise Rejected("answer_missing", f"{question.id} has no answer.")
    if answer == NOT_APPLICABLE:
        if not question.optional:
            raise Rejected("must_apply", f"{question.id} applies to every call.")
        return None
    points = {option.id: option.points for option in question.options}
    if answer not in points:
        raise Rejected("unknown_answer", f"{question.id} has no answer {answer}.")
    return Fraction(points[answer], max(points.values()))
