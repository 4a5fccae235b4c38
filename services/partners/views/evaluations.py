"""How were candidates scored, by whom, and what was decided?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.partners.events import (
    CandidateScored,
    EvaluationDecided,
    EvaluationEvent,
    EvaluationOpened,
    Score,
)
from shared.contracts.partners import TOPIC
from shared.kernel import View


class KnownEvaluation(msgspec.Struct, kw_only=True):
    """An evaluation: how it began, the last scores of each evaluator, and the decision."""

    opened: EvaluationOpened
    scores: dict[str, dict[str, Score]] = {}
    decided: EvaluationDecided | None = None
    changes: int = 0


def by_evaluation(event: EvaluationEvent) -> Iterable[tuple[str, EvaluationEvent]]:
    """One document an evaluation."""
    return [(event.evaluation_id, event)]


def fold(doc: KnownEvaluation | None, event: EvaluationEvent, sign: int) -> KnownEvaluation:
    """An evaluator's last scores count. A command's events are never reversed."""
    if isinstance(event, EvaluationOpened):
        return KnownEvaluation(opened=event, changes=1)
    if doc is None:
        raise ValueError(f"{event.evaluation_id} was never opened")
    doc.changes += 1
    match event:
        case CandidateScored(by=by, scores=scores):
            doc.scores[by] = scores
        case EvaluationDecided():
            doc.decided = event
    return doc


def newer(one: KnownEvaluation, other: KnownEvaluation) -> KnownEvaluation:
    """An evaluation's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownEvaluation) -> dict[str, str | int | None]:
    """Found by partner and by scorecard."""
    return {"partner": doc.opened.partner_id, "scorecard": doc.opened.scorecard_id}


evaluations = View(
    "evaluations",
    1,
    TOPIC,
    EvaluationEvent,
    KnownEvaluation,
    by_evaluation,
    fold,
    newer,
    indexes=("partner", "scorecard"),
    fields=indexed,
)
