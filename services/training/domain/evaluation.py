"""A call on its way through evaluation: both sides blind, then in the open; disputed, answered, and decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec

from services.training.domain.scoring import score_of
from services.training.events.evaluations import (
    Decision,
    DisputeAnswered,
    DisputeDecided,
    DisputeRaised,
    EvaluationEvent,
    EvaluationSubmitted,
    Party,
    Side,
    WaitingEnded,
)
from services.training.events.forms import FormContent, Name
from services.training.events.samples import Sides
from shared.contracts.training import EvaluationRecorded
from shared.kernel import Command, Decider, Rejected, said
from shared.masking import masked

EvaluationId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}:.{1,300}$(?!\n)")]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Said = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Answers = Annotated[dict[Name, Name], msgspec.Meta(max_length=100)]
Questions = Annotated[tuple[Name, ...], msgspec.Meta(max_length=100)]
DISPUTED_WITHIN = timedelta(days=30)
"""After so long an evaluation stands."""
ANSWERED_WITHIN = timedelta(days=7)
"""After so long a dispute is decided without the controller's answer."""


class SubmitEvaluation(Command, frozen=True, kw_only=True):
    """Answer the form's questions about a call. Of one that was drawn, the sample says form, version, agent, day and
    who else evaluates; one that a controller has picked belongs to no sample (empty), and its side evaluates it alone.
    The same once more is nothing new.

    409 `recorded` once both sides are in, `submitted_by_another` where a colleague has answered for the side,
    `not_asked` where the sample does not ask this side, `waiting_over`, `other_sample` where the call is evaluated for
    another sample, and what is wrong with the answers.
    """

    evaluation: EvaluationId
    agent: Id
    day: str
    sample: Annotated[str, msgspec.Meta(max_length=300)] = ""
    form: Name
    version: int
    content: FormContent
    sides: Sides
    side: Side
    answers: Answers
    noted: dict[Name, Id] = msgspec.field(default_factory=dict)
    at: datetime
    by: str


class EndWaiting(Command, frozen=True, kw_only=True):
    """Wait for the other side no longer: what is in is recorded, and the other side's is not taken any more. 409
    `nothing_submitted`, `recorded`."""

    evaluation: EvaluationId
    reason: Said
    at: datetime
    by: str


class RaiseDispute(Command, frozen=True, kw_only=True):
    """Say that an evaluation is wrong. 409 `not_recorded`, `own_evaluation`, `dispute_open` where one against it is,
    `too_late` 30 days after it was recorded, `unknown_question`."""

    evaluation: EvaluationId
    dispute: Id
    against: Side
    party: Party
    text: Id
    questions: Questions = ()
    at: datetime
    by: str


class AnswerDispute(Command, frozen=True, kw_only=True):
    """Say, as the controller who evaluated, why. 409 `unknown_dispute`, `not_evaluator`, `answered` with other words,
    `decided`."""

    evaluation: EvaluationId
    dispute: Id
    text: Id
    at: datetime
    by: str


class DecideDispute(Command, frozen=True, kw_only=True):
    """Decide a dispute, for the company: the evaluation stands, or these are the answers. 409 `unknown_dispute`,
    `own_case` for who evaluated or who raised it, `not_answered` where the controller has not and seven days are not
    over, `decided` otherwise than said now, `nothing_changed`, `answers_wrong` where it stands with answers."""

    evaluation: EvaluationId
    dispute: Id
    decision: Decision
    text: Id
    content: FormContent
    answers: Answers = msgspec.field(default_factory=dict)
    at: datetime
    by: str


EvaluationCommand = SubmitEvaluation | EndWaiting | RaiseDispute | AnswerDispute | DecideDispute


@dataclass(frozen=True)
class Dispute:
    """A dispute, and what became of it."""

    raised: DisputeRaised
    answered: DisputeAnswered | None = None
    decided: DisputeDecided | None = None


@dataclass(frozen=True)
class Evaluation:
    """What each side said, what of it was recorded, and the disputes by their ids."""

    submitted: Mapping[Side, EvaluationSubmitted] = field(default_factory=dict)
    recorded: Mapping[Side, EvaluationRecorded] = field(default_factory=dict)
    ended: WaitingEnded | None = None
    disputes: Mapping[str, Dispute] = field(default_factory=dict)


def decide(command: EvaluationCommand, state: Evaluation) -> list[EvaluationEvent]:
    """What each command leads to."""
    match command:
        case SubmitEvaluation():
            return _submit(command, state)
        case EndWaiting():
            return _end_waiting(command, state)
        case RaiseDispute():
            return _raise(command, state)
        case AnswerDispute():
            return _answer(command, state)
        case DecideDispute():
            return _decide(command, state)


def _submit(command: SubmitEvaluation, state: Evaluation) -> list[EvaluationEvent]:
    side, before = command.side, state.submitted.get(command.side)
    if any(one.sample != command.sample for one in state.submitted.values()):
        raise Rejected("other_sample", "The call is evaluated for another sample, or for none.")
    if command.sides not in (side, "both"):
        raise Rejected("not_asked", f"The sample asks the side of the {command.sides} alone.")
    if before is not None:
        if (before.answers, before.noted) == (command.answers, command.noted) and before.by == command.by:
            return []
        if before.by != command.by:
            raise Rejected("submitted_by_another", f"{before.by} has evaluated it for your side.")
    if state.recorded:
        code = "waiting_over" if before is None else "recorded"
        raise Rejected(code, "What was said is in the open: nobody evaluates it blind any more.")
    score = score_of(command.content, command.answers)
    if unknown := sorted(command.noted.keys() - command.answers.keys()):
        raise Rejected("unknown_question", f"The form does not ask {', '.join(unknown)}.")
    other = next((one for name, one in state.submitted.items() if name != side), None)
    submitted = said(
        EvaluationSubmitted,
        command,
        **_place(command.evaluation),
        score_percent=score.percent,
        passed=score.passed,
        fatal=score.fatal,
        awaits=command.sides == "both" and other is None,
    )
    if submitted.awaits:
        return [submitted]
    return [submitted, *(_recorded(one, command.at) for one in (other, submitted) if one is not None)]


def _recorded(one: EvaluationSubmitted, at: datetime) -> EvaluationRecorded:
    return EvaluationRecorded(
        partner_id=one.partner_id,
        agent=one.agent,
        call=one.call,
        form=one.form,
        version=one.version,
        side=one.side,
        score_percent=one.score_percent,
        fatal=one.fatal,
        at=at,
        by=one.by,
    )


def _end_waiting(command: EndWaiting, state: Evaluation) -> list[EvaluationEvent]:
    if state.ended is not None:
        return []
    if not state.submitted:
        raise Rejected("nothing_submitted", "Neither side has evaluated it.")
    if state.recorded:
        raise Rejected("recorded", "Nobody is waited for.")
    recorded = [_recorded(one, command.at) for one in state.submitted.values()]
    return [said(WaitingEnded, command, reason=masked(command.reason), **_place(command.evaluation)), *recorded]


def _raise(command: RaiseDispute, state: Evaluation) -> list[EvaluationEvent]:
    if command.dispute in state.disputes:
        return []
    against = state.submitted.get(command.against)
    recorded = state.recorded.get(command.against)
    if against is None or recorded is None:
        raise Rejected("not_recorded", "No evaluation of that side is in the open.")
    if against.by == command.by:
        raise Rejected("own_evaluation", "It is your own evaluation.")
    if any(one.raised.against == command.against and one.decided is None for one in state.disputes.values()):
        raise Rejected("dispute_open", "A dispute about it is not decided yet.")
    if command.at - recorded.at > DISPUTED_WITHIN:
        raise Rejected("too_late", f"It stands {DISPUTED_WITHIN.days} days after it was recorded.")
    if unknown := sorted(set(command.questions) - against.answers.keys()):
        raise Rejected("unknown_question", f"The form does not ask {', '.join(unknown)}.")
    return [said(DisputeRaised, command, **_place(command.evaluation))]


def _answer(command: AnswerDispute, state: Evaluation) -> list[EvaluationEvent]:
    dispute = _known(state, command.dispute)
    if state.submitted[dispute.raised.against].by != command.by:
        raise Rejected("not_evaluator", "Who evaluated answers.")
    if dispute.answered is not None:
        if dispute.answered.text == command.text:
            return []
        raise Rejected("answered", "It is answered.")
    if dispute.decided is not None:
        raise Rejected("decided", "It is decided.")
    return [said(DisputeAnswered, command, **_place(command.evaluation))]


def _decide(command: DecideDispute, state: Evaluation) -> list[EvaluationEvent]:
    dispute = _known(state, command.dispute)
    against = state.submitted[dispute.raised.against]
    if (known := dispute.decided) is not None:
        if (known.decision, known.answers) == (command.decision, command.answers):
            return []
        raise Rejected("decided", f"It is decided: {known.decision}.")
    if command.by in (against.by, dispute.raised.by):
        raise Rejected("own_case", "Somebody decides who is on neither side.")
    if dispute.answered is None and command.at - dispute.raised.at < ANSWERED_WITHIN:
        raise Rejected("not_answered", f"Who evaluated has {ANSWERED_WITHIN.days} days to answer.")
    decided = said(DisputeDecided, command, **_place(command.evaluation))
    if command.decision == "stands":
        if command.answers:
            raise Rejected("answers_wrong", "An evaluation that stands keeps its answers.")
        return [decided]
    score = score_of(command.content, command.answers)
    if command.answers == against.answers:
        raise Rejected("nothing_changed", "These are the answers that it has.")
    # It takes the place of the one before, and is still that controller's.
    before = state.recorded[against.side]
    return [
        decided,
        msgspec.structs.replace(before, score_percent=score.percent, fatal=score.fatal, at=command.at),
    ]


def _known(state: Evaluation, dispute: str) -> Dispute:
    if dispute not in state.disputes:
        raise Rejected("unknown_dispute", "There is no such dispute.")
    return state.disputes[dispute]


def _place(evaluation: str) -> dict[str, Any]:
    partner_id, _, call = evaluation.partition(":")
    return {"partner_id": partner_id, "call": call}


def evolve(state: Evaluation, event: EvaluationEvent) -> Evaluation:
    """What happened counts; a decision that changes an evaluation changes the answers that stand."""
    match event:
        case EvaluationSubmitted(side=side):
            return replace(state, submitted={**state.submitted, side: event})
        case WaitingEnded():
            return replace(state, ended=event)
        case EvaluationRecorded(side=side):
            return replace(state, recorded={**state.recorded, side: event})
        case DisputeRaised(dispute=dispute):
            return replace(state, disputes={**state.disputes, dispute: Dispute(event)})
        case DisputeAnswered(dispute=dispute):
            return _with(state, dispute, answered=event)
        case DisputeDecided(dispute=dispute):
            return _decided(_with(state, dispute, decided=event), event)


def _with(state: Evaluation, dispute: str, **changes: Any) -> Evaluation:
    changed = replace(state.disputes[dispute], **changes)
    return replace(state, disputes={**state.disputes, dispute: changed})


def _decided(state: Evaluation, event: DisputeDecided) -> Evaluation:
    if event.decision == "stands":
        return state
    side = state.disputes[event.dispute].raised.against
    changed = msgspec.structs.replace(state.submitted[side], answers=event.answers)
    return replace(state, submitted={**state.submitted, side: changed})


evaluation = Decider("evaluation", EvaluationEvent, Evaluation(), decide, evolve)
