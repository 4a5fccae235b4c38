"""A bank of questions with choices: written, worded anew, retired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated

import msgspec

from services.training.domain.course import Id, Text
from services.training.events.banks import BankEvent, QuestionRetired, QuestionWritten
from shared.kernel import Command, Decider, Rejected, said

Choice = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class WriteQuestion(Command, frozen=True, kw_only=True):
    """Write a question, or word it anew; papers that were drawn keep the old wording. `right`: the choices, counted
    from 0, that are to be ticked. 409 `choices_wrong` for a choice that stands twice, and right ones that are none or
    stand twice."""

    bank: Id
    question: Id
    text: Text
    choices: Annotated[tuple[Choice, ...], msgspec.Meta(min_length=2, max_length=10)]
    right: Annotated[tuple[int, ...], msgspec.Meta(min_length=1, max_length=10)]
    points: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    topic: Annotated[str, msgspec.Meta(max_length=60)] = ""
    at: datetime
    by: str


class RetireQuestion(Command, frozen=True, kw_only=True):
    """Let it come into no more papers; written again, it does. 409 `unknown_question`."""

    bank: Id
    question: Id
    at: datetime
    by: str


BankCommand = WriteQuestion | RetireQuestion


@dataclass(frozen=True)
class Bank:
    """The questions as last worded, and those that are retired."""

    questions: Mapping[str, QuestionWritten] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()


def decide(command: BankCommand, state: Bank) -> list[BankEvent]:
    """What each command leads to."""
    known = state.questions.get(command.question)
    match command:
        case WriteQuestion():
            right = tuple(sorted(command.right))
            if len(set(command.choices)) < len(command.choices):
                raise Rejected("choices_wrong", "A choice stands there twice.")
            if len(set(right)) < len(right) or right[0] < 0 or right[-1] >= len(command.choices):
                raise Rejected("choices_wrong", "The right ones are numbers of choices, each once, counted from 0.")
            revision = known.revision if known is not None else 0
            event = said(QuestionWritten, command, right=right, revision=revision)
            same = known is not None and msgspec.structs.replace(known, at=event.at, by=event.by) == event
            if same and command.question not in state.retired:
                return []
            return [msgspec.structs.replace(event, revision=revision + 1)]
        case RetireQuestion(question=question):
            if known is None:
                raise Rejected("unknown_question", f"There is no question {question} in {command.bank}.")
            return [] if question in state.retired else [said(QuestionRetired, command)]


def evolve(state: Bank, event: BankEvent) -> Bank:
    """The last wording counts."""
    match event:
        case QuestionWritten(question=question):
            questions = {**state.questions, question: event}
            return replace(state, questions=questions, retired=state.retired - {question})
        case QuestionRetired(question=question):
            return replace(state, retired=state.retired | {question})


bank: Decider[BankCommand, BankEvent, Bank] = Decider("bank", BankEvent, Bank(), decide, evolve)
