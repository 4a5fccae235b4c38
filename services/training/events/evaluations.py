"""Evaluations of calls by both sides' controllers, and disputes about them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from services.training.events.forms import Name
from shared.contracts.training import EvaluationRecorded
from shared.kernel import Event

Side = Literal["company", "partner"]
Party = Literal["company", "partner", "agent"]
Decision = Literal["stands", "changed"]


class EvaluationSubmitted(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A controller has answered the form's questions about a call; `awaits`: the other side has not, and must not see
    this before it has. Submitted again, this takes the place of what the side said before. `sample`: empty where the
    controller has picked the call.

    `answers`: question -> answer, `na` where it does not apply. `noted`: questions about which the controller wrote
    something -> the name under which the words lie sealed. `text` is such a name everywhere here.
    """

    partner_id: str
    call: str
    agent: str
    day: str
    sample: str
    form: Name
    version: int
    side: Side
    answers: dict[str, str]
    score_percent: str
    passed: bool
    fatal: tuple[str, ...] = ()
    noted: dict[str, str] = msgspec.field(default_factory=dict)
    awaits: bool = False
    at: datetime
    by: str


class WaitingEnded(Event, frozen=True, kw_only=True):
    """The other side's evaluation is not waited for any longer, and not taken any more."""

    partner_id: str
    call: str
    reason: str
    at: datetime
    by: str


class DisputeRaised(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody does not agree with an evaluation. `against`: whose it is; `questions`: those it is about, none where it
    is about all."""

    partner_id: str
    call: str
    dispute: str
    against: Side
    party: Party
    text: str
    questions: tuple[str, ...] = ()
    at: datetime
    by: str


class DisputeAnswered(Event, frozen=True, kw_only=True):
    """The controller who evaluated says why."""

    partner_id: str
    call: str
    dispute: str
    text: str
    at: datetime
    by: str


class DisputeDecided(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The evaluation stands or is changed, by somebody who is on neither side of the dispute. `answers`: those that
    hold from now on, where it is changed; the score that follows is recorded beside this."""

    partner_id: str
    call: str
    dispute: str
    decision: Decision
    text: str
    answers: dict[str, str] = msgspec.field(default_factory=dict)
    at: datetime
    by: str


EvaluationEvent = (
    EvaluationSubmitted | WaitingEnded | EvaluationRecorded | DisputeRaised | DisputeAnswered | DisputeDecided
)
