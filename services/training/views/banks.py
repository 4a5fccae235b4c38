"""Which questions has each bank, in which wordings?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.training.events.banks import BankEvent, QuestionRetired, QuestionWritten
from shared.contracts.training import TOPIC
from shared.kernel import View


class KnownQuestion(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A question in all its wordings, oldest first."""

    wordings: list[QuestionWritten] = []
    retired: bool = False


class KnownBank(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A bank; `questions` by id."""

    bank: str
    questions: dict[str, KnownQuestion] = {}
    changes: int = 0

    @property
    def asked(self) -> list[QuestionWritten]:
        """Those of which papers are drawn, as last worded."""
        return [one.wordings[-1] for one in self.questions.values() if one.wordings and not one.retired]

    def worded(self, question: str, revision: int) -> QuestionWritten:
        """As it was on a paper."""
        return self.questions[question].wordings[revision - 1]


def by_bank(event: BankEvent) -> Iterable[tuple[str, BankEvent]]:
    """One document a bank."""
    return [(event.bank, event)]


def fold(doc: KnownBank | None, event: BankEvent, sign: int) -> KnownBank:
    """A command's events are never reversed."""
    doc = doc or KnownBank(bank=event.bank)
    doc.changes += 1
    question = doc.questions.setdefault(event.question, KnownQuestion())
    match event:
        case QuestionWritten():
            # Written again as it was, after it was retired, it is a wording of its own too.
            question.wordings.append(event)
            question.retired = False
        case QuestionRetired():
            question.retired = True
    return doc


def newer(one: KnownBank, other: KnownBank) -> KnownBank:
    """A bank is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


banks = View("banks", 1, TOPIC, BankEvent, KnownBank, by_bank, fold, newer)
