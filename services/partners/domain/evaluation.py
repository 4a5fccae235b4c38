"""The evaluation of one candidate: several people score apart, then it is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from services.partners.domain.partner import Said
from services.partners.domain.scores import standing
from services.partners.events import (
    CandidateScored,
    Criterion,
    EvaluationDecided,
    EvaluationEvent,
    EvaluationOpened,
    Score,
)
from shared.kernel import Command, Decider, Rejected, said
from shared.names import OfPartner, PartnerId

EvaluationId = OfPartner


class OpenEvaluation(Command, frozen=True, kw_only=True):
    """Evaluate a candidate by these criteria. 409 `evaluation_exists` when the id has others already."""

    evaluation_id: EvaluationId
    partner_id: PartnerId
    scorecard_id: str
    criteria: tuple[Criterion, ...]
    evaluators: int
    at: datetime
    by: str


class ScoreCandidate(Command, frozen=True, kw_only=True):
    """Give your scores, by criterion; they take the place of those that you gave before.

    409 `unknown_criterion`, `evaluation_decided`.
    """

    evaluation_id: EvaluationId
    scores: Annotated[dict[str, Score], msgspec.Meta(min_length=1)]
    at: datetime
    by: str


class DecideEvaluation(Command, frozen=True, kw_only=True):
    """Take the candidate further, or leave it.

    409 `scores_missing` until enough people have scored every criterion, `below_minimum` when one is below its
    minimum and the candidate is to be taken, `evaluation_decided` when it was decided otherwise.
    """

    evaluation_id: EvaluationId
    decision: Literal["take", "leave"]
    reason: Said
    at: datetime
    by: str


EvaluationCommand = OpenEvaluation | ScoreCandidate | DecideEvaluation


@dataclass(frozen=True)
class Evaluation:
    """Its criteria, the scores by evaluator, and the decision."""

    opened: EvaluationOpened | None = None
    scores: Mapping[str, Mapping[str, Score]] = field(default_factory=dict)
    decided: EvaluationDecided | None = None


def decide(command: EvaluationCommand, state: Evaluation) -> list[EvaluationEvent]:
    """Scores come in until it is decided."""
    if isinstance(command, OpenEvaluation):
        return _open(command, state)
    if state.opened is None:
        raise Rejected("unknown_evaluation", f"There is no evaluation {command.evaluation_id}.")
    match command:
        case ScoreCandidate():
            return _score(command, state, state.opened)
        case DecideEvaluation():
            return _decide(command, state, state.opened)


def _open(command: OpenEvaluation, state: Evaluation) -> list[EvaluationEvent]:
    opened, known = said(EvaluationOpened, command), state.opened
    if known is None:
        return [opened]
    if opened != msgspec.structs.replace(known, at=opened.at, by=opened.by):
        raise Rejected("evaluation_exists", f"The evaluation {command.evaluation_id} has begun with other criteria.")
    return []


def _score(command: ScoreCandidate, state: Evaluation, opened: EvaluationOpened) -> list[EvaluationEvent]:
    if state.scores.get(command.by) == command.scores:
        return []
    if state.decided is not None:
        raise Rejected("evaluation_decided", "It is decided; open another evaluation.")
    if unknown := sorted(set(command.scores) - {criterion.id for criterion in opened.criteria}):
        raise Rejected("unknown_criterion", f"The scorecard has no criterion {', '.join(unknown)}.")
    return [
        CandidateScored(
            evaluation_id=command.evaluation_id,
            partner_id=opened.partner_id,
            scores=command.scores,
            at=command.at,
            by=command.by,
        )
    ]


def _decide(command: DecideEvaluation, state: Evaluation, opened: EvaluationOpened) -> list[EvaluationEvent]:
    if state.decided is not None:
        if state.decided.decision == command.decision:
            return []
        raise Rejected("evaluation_decided", "It is decided otherwise; open another evaluation.")
    now = standing(opened.criteria, state.scores)
    if len(now.complete) < opened.evaluators:
        raise Rejected(
            "scores_missing",
            f"{opened.evaluators} people have to score every criterion; so far: {', '.join(now.complete) or 'nobody'}.",
        )
    if command.decision == "take" and now.below_minimum:
        raise Rejected("below_minimum", f"Below the least that is asked for: {', '.join(now.below_minimum)}.")
    return [
        EvaluationDecided(
            evaluation_id=command.evaluation_id,
            partner_id=opened.partner_id,
            decision=command.decision,
            reason=command.reason,
            at=command.at,
            by=command.by,
        )
    ]


def evolve(state: Evaluation, event: EvaluationEvent) -> Evaluation:
    """An evaluator's last scores count."""
    match event:
        case EvaluationOpened():
            return replace(state, opened=event)
        case CandidateScored(by=by, scores=scores):
            return replace(state, scores={**state.scores, by: scores})
        case EvaluationDecided():
            return replace(state, decided=event)


evaluation = Decider("evaluation", EvaluationEvent, Evaluation(), decide, evolve)
