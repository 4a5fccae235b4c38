"""An evaluation form and its versions: what was once published stays, and is evaluated by to the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

from services.training.domain.scoring import NOT_APPLICABLE
from services.training.events.forms import FormContent, FormEvent, FormPublished, Name, Question
from shared.kernel import Command, Decider, Rejected
from shared.masking import masked

Said = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class PublishForm(Command, frozen=True, kw_only=True):
    """Publish a form's next version. The same content as the version before is no new version.

    409 `question_twice`, `answer_twice`, `answer_reserved` for an answer called `na`, `worth_nothing` where no answer
    to a question has points, `same_points` where all have the same, `cannot_fail` for a fatal question each of whose
    answers has points.
    """

    form: Name
    content: FormContent
    reason: Said
    at: datetime
    by: str


@dataclass(frozen=True)
class Form:
    """The last version; None before the first."""

    last: FormPublished | None = None


def decide(command: PublishForm, state: Form) -> list[FormEvent]:
    """The next version, once the form holds together."""
    last = state.last
    if last is not None and last.content == command.content:
        return []
    _once([one.id for one in command.content.questions], "question_twice", "question")
    for question in command.content.questions:
        _check(question)
    return [
        FormPublished(
            form=command.form,
            version=last.version + 1 if last is not None else 1,
            content=command.content,
            reason=masked(command.reason),
            at=command.at,
            by=command.by,
        )
    ]


def _check(question: Question) -> None:
    names = [option.id for option in question.options]
    _once(names, "answer_twice", f"answer to {question.id}")
    points = {option.points for option in question.options}
    if NOT_APPLICABLE in names:
        raise Rejected("answer_reserved", f"{question.id}: `{NOT_APPLICABLE}` says that a question does not apply.")
    if max(points) == 0:
        raise Rejected("worth_nothing", f"No answer to {question.id} has points.")
    if len(points) == 1:
        raise Rejected("same_points", f"All answers to {question.id} have the same points: it asks for nothing.")
    if question.fatal and min(points) > 0:
        raise Rejected("cannot_fail", f"{question.id} is fatal, and each of its answers has points.")


def _once(names: list[str], code: str, what: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Rejected(code, f"There are two with the name of {what} {', '.join(twice)}.")


def evolve(state: Form, event: FormEvent) -> Form:
    """The last version is the one to compare with."""
    return Form(event)


form = Decider("form", FormEvent, Form(), decide, evolve)
