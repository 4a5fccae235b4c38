"""What is recorded of an agent's learning: manuals that were read, papers, and certificates."""

from __future__ import annotations

from datetime import datetime

import msgspec

from shared.contracts.training import AgentCertified, CertificationLapsed
from shared.kernel import Event


class LearningFact(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Of which agent, in which course."""

    partner_id: str
    agent: str
    course: str
    at: datetime
    by: str


class ManualAcknowledged(LearningFact, frozen=True, kw_only=True, omit_defaults=True):
    """The agent has read this version of the course's manual, as the agent says, or `by` for them."""

    version: str


class DrawnQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question on a paper, as worded in `revision`; `order`: its choices in the order in which they stand there."""

    question: str
    revision: int
    order: tuple[int, ...]


class PaperDrawn(LearningFact, frozen=True, kw_only=True, omit_defaults=True):
    """The agent sits a paper, which has to be answered until `ends_at`.

    Its questions follow from the bank as it was and from `seed`. What passing asks for and leads to stands here, so
    that a change of the course changes no paper. `version`: of the manual that it asks about.
    """

    paper: str
    certificate: str
    bank: str
    seed: int
    questions: tuple[DrawnQuestion, ...]
    version: str
    pass_percent: int
    valid_days: int
    ends_at: datetime


class PaperMarked(LearningFact, frozen=True, kw_only=True, omit_defaults=True):
    """A paper was answered: so many points of so many. `score_percent`: a decimal in text; `answers`: the choices that
    were ticked, by question."""

    paper: str
    answers: dict[str, tuple[int, ...]]
    points: int
    of_points: int
    score_percent: str
    passed: bool


class AttemptsGranted(LearningFact, frozen=True, kw_only=True, omit_defaults=True):
    """A trainer lets the agent try again, so many times more."""

    attempts: int
    reason: str


CertificateEvent = (
    ManualAcknowledged | PaperDrawn | PaperMarked | AttemptsGranted | AgentCertified | CertificationLapsed
)
