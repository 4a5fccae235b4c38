"""The routes of scorecards and evaluations: for ourselves, who see all partners. Who still scores does not see what
others gave."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.partners.api.files import must_be_stored
from services.partners.api.rules import MOST_PER_PAGE, Everything, Service, Staff
from services.partners.domain.evaluation import DecideEvaluation, OpenEvaluation, ScoreCandidate, evaluation
from services.partners.domain.scorecard import (
    CRITERIA,
    EVALUATORS,
    STANDARD,
    DefineScorecard,
    ScorecardId,
    scorecard,
)
from services.partners.domain.scores import standing
from services.partners.events import Criterion
from services.partners.views.evaluations import KnownEvaluation, evaluations
from services.partners.views.scorecards import scorecards
from shared.http import (
    Deps,
    accepts,
    answers,
    body,
    command_id,
    json_response,
    limited,
    not_found,
    page,
    takes,
)
from shared.names import PartnerId, Slug

router = APIRouter(tags=["evaluations"])
accepts(
    router,
    "/scorecards/{scorecard_id}",
    scorecard,
    DefineScorecard,
    service="partners",
    right="partners.run",
    method="PUT",
    of_partner=False,
)


async def _evident(command: ScoreCandidate, deps: Deps) -> None:
    for criterion, score in command.scores.items():
        await must_be_stored(deps, f"scores.{criterion}.evidence", score.evidence)


accepts(
    router,
    "/evaluations/{evaluation_id}/scores",
    evaluation,
    ScoreCandidate,
    service="partners",
    right="partners.run",
    method="PUT",
    of_partner=False,
    check=_evident,
)
accepts(
    router,
    "/evaluations/{evaluation_id}/decision",
    evaluation,
    DecideEvaluation,
    service="partners",
    right="partners.run",
    of_partner=False,
)

_CRITERION = {"id": "cost", "text": "Cost for what we get", "weight": 15, "guidance": "", "minimum": None}
_CARD = {"scorecard_id": "standard", "title": "Standard", "criteria": [_CRITERION], "evaluators": 2}
_SHOWN = {
    "evaluation_id": "adria:first",
    "partner_id": "adria",
    "scorecard_id": "standard",
    "evaluators": 2,
    "scored_by": ["A. Novak", "J. Horvat"],
    "criteria": [_CRITERION],
    "scores": {"A. Novak": {"cost": {"points": 4, "comment": "Cheapest of five."}}},
    "standing": {
        "criteria": [
            {"id": "cost", "weight": 15, "points": {"A. Novak": 4}, "total": 4, "n": 1, "spread": 0, "disagree": False}
        ],
        "complete": ["A. Novak"],
        "below_minimum": [],
        "percent": 8000,
    },
    "decided": None,
}


class NewEvaluation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A candidate to evaluate, by the criteria of a scorecard as they are now."""

    partner_id: PartnerId
    name: Slug = "first"
    scorecard_id: ScorecardId = STANDARD


@router.post(
    "/evaluations",
    status_code=201,
    summary="Evaluate a candidate",
    openapi_extra=takes(NewEvaluation),
    responses=answers("Opened.", {"stream": "evaluation-adria:first", "version": 1}, 403, 404, 409, 422, status=201),
)
async def open_evaluation(request: Request, deps: Service, who: Staff) -> Response:
    """Its id is `<partner>:<name>`. 409 `evaluation_exists`."""
    asked = await body(request, NewEvaluation)
    card = await _card(deps, asked.scorecard_id)
    command = OpenEvaluation(
        evaluation_id=f"{asked.partner_id}:{asked.name}",
        partner_id=asked.partner_id,
        scorecard_id=asked.scorecard_id,
        criteria=card[0],
        evaluators=card[1],
        at=deps.clock(),
        by=who.name,
    )
    by = command_id(request)
    accepted = await deps.door.handle(evaluation, command.evaluation_id, command, command_id=by, actor=who.name)
    return json_response(accepted, status=201)


@router.get("/scorecards", summary="All scorecards", responses=answers("All.", {"items": [_CARD], "next": None}, 304))
async def list_scorecards(deps: Service, who: Everything) -> Response:
    """The one that comes with the system, and those that were defined; one defined under its name takes its place."""
    cards = {STANDARD: _shown_card(STANDARD, "Standard", CRITERIA, EVALUATORS)}
    for key, doc in await deps.reads.find(scorecards, {}):
        cards[key] = _shown_card(key, doc.defined.title, doc.defined.criteria, doc.defined.evaluators)
    return json_response({"items": [cards[key] for key in sorted(cards)], "next": None})


@router.get(
    "/evaluations", summary="Evaluations", responses=answers("One page.", {"items": [_SHOWN], "next": None}, 422)
)
async def list_evaluations(
    deps: Service,
    who: Everything,
    of_partner: Annotated[str | None, Query(alias="partner")] = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Response:
    """By id; of one partner, or all."""
    wanted = {} if of_partner is None else {"partner": of_partner}
    found = [(k, _shown(k, doc, who.name)) for k, doc in await deps.reads.find(evaluations, wanted)]
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))


@router.get(
    "/evaluations/compare",
    summary="Candidates side by side",
    responses=answers("A row a candidate, the best first.", {"items": [_SHOWN], "next": None}, 422),
)
async def compare(
    deps: Service, who: Everything, scorecard_id: Annotated[str, Query(alias="scorecard")] = STANDARD
) -> Response:
    """All evaluations by one scorecard, the best first; those that the caller still scores
    are left out."""
    found = await deps.reads.find(evaluations, {"scorecard": scorecard_id})
    rows = [_shown(key, doc, who.name) for key, doc in found if _open_to(doc, who.name)]
    rows.sort(key=lambda row: (-(row["standing"].percent or -1), row["evaluation_id"]))
    return json_response({"items": rows, "next": None})


@router.get("/evaluations/{evaluation_id}", summary="One evaluation", responses=answers("It.", _SHOWN, 304, 404))
async def get_evaluation(evaluation_id: str, deps: Service, who: Everything) -> Response:
    """What others gave is shown to those who have scored every criterion themselves, and to all once it is decided."""
    doc = (await deps.reads.get(evaluations, [evaluation_id])).get(evaluation_id)
    if doc is None:
        raise not_found("evaluation")
    return json_response(_shown(evaluation_id, doc, who.name))


async def _card(deps: Deps, scorecard_id: str) -> tuple[tuple[Criterion, ...], int]:
    doc = (await deps.reads.get(scorecards, [scorecard_id])).get(scorecard_id)
    if doc is not None:
        return doc.defined.criteria, doc.defined.evaluators
    if scorecard_id != STANDARD:
        raise not_found("scorecard")
    return CRITERIA, EVALUATORS


def _shown_card(scorecard_id: str, title: str, criteria: tuple[Criterion, ...], evaluators: int) -> dict[str, Any]:
    return {"scorecard_id": scorecard_id, "title": title, "criteria": criteria, "evaluators": evaluators}


def _open_to(doc: KnownEvaluation, reader: str) -> bool:
    return doc.decided is not None or all(c.id in doc.scores.get(reader, {}) for c in doc.opened.criteria)


def _shown(evaluation_id: str, doc: KnownEvaluation, reader: str) -> dict[str, Any]:
    scores = doc.scores if _open_to(doc, reader) else {by: s for by, s in doc.scores.items() if by == reader}
    return {
        "evaluation_id": evaluation_id,
        "partner_id": doc.opened.partner_id,
        "scorecard_id": doc.opened.scorecard_id,
        "evaluators": doc.opened.evaluators,
        "scored_by": sorted(doc.scores),
        "criteria": doc.opened.criteria,
        "scores": scores,
        "standing": standing(doc.opened.criteria, scores),
        "decided": doc.decided,
    }
