"""What is recorded of banks of questions, from which papers are drawn."""

from __future__ import annotations

from datetime import datetime

from shared.kernel import Event


class QuestionWritten(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A question, or a new wording of it. `revision`: from 1; papers that were drawn keep theirs.

    `right`: the choices, counted from 0, that are to be ticked, all of them and no other; `topic`: what it is about, so
    that a paper has something of everything.
    """

    bank: str
    question: str
    revision: int
    text: str
    choices: tuple[str, ...]
    right: tuple[int, ...]
    points: int = 1
    topic: str = ""
    at: datetime
    by: str


class QuestionRetired(Event, frozen=True, kw_only=True):
    """The question comes into no more papers."""

    bank: str
    question: str
    at: datetime
    by: str


BankEvent = QuestionWritten | QuestionRetired
