"""What customers answered to surveys about a call, for whoever evaluates it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.calls import TOPIC
from shared.contracts.selling import SurveyAnswered
from shared.kernel import View


class CallSurvey(msgspec.Struct, kw_only=True):
    """A call's answers by script and field; of two to the same field that of the later step is the one that was meant.
    Free text is not among them: `sealed` says that there is one, and the calls service keeps it."""

    partner: str
    call: str
    answers: dict[str, SurveyAnswered] = {}


def by_call(event: SurveyAnswered) -> Iterable[tuple[str, SurveyAnswered]]:
    """One document a call."""
    return [(f"{event.partner}:{event.call}", event)]


def fold(doc: CallSurvey | None, event: SurveyAnswered, sign: int) -> CallSurvey:
    """A command's events are never reversed. Steps come in any order."""
    doc = doc or CallSurvey(partner=event.partner, call=event.call)
    _keep(doc.answers, event)
    return doc


def _keep(answers: dict[str, SurveyAnswered], event: SurveyAnswered) -> None:
    place = f"{event.script}/{event.field}"
    if place not in answers or answers[place].step <= event.step:
        answers[place] = event


def later(one: CallSurvey, other: CallSurvey) -> CallSurvey:
    """Two shards, in a moment of a move."""
    answers = dict(one.answers)
    for event in other.answers.values():
        _keep(answers, event)
    return msgspec.structs.replace(one, answers=answers)


call_surveys = View("call_surveys", 1, TOPIC, SurveyAnswered, CallSurvey, by_call, fold, later)
