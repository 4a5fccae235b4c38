"""The route of calibration: how far both sides agree who evaluated the same calls blind."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from services.training.api import quality_examples as examples
from services.training.api.callers import Controller, Service
from services.training.api.forms import content_of
from services.training.domain.scoring import NOT_APPLICABLE, score_of
from services.training.events.evaluations import EvaluationSubmitted
from services.training.events.forms import FormContent
from services.training.measuring.agreement import LEAST_CALLS, Agreement, ScoreAgreement, of_question, of_scores
from services.training.views.evaluations import evaluations
from shared.http import json_response, must_see

router = APIRouter(prefix="/calibration", tags=["quality"])
Pair = tuple[EvaluationSubmitted, EvaluationSubmitted]


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """`questions` in the form's order. `fatal_agreed`: calls that both or neither let fail by a fatal answer.
    `least_calls`: below so many nothing is said of agreement."""

    form: str
    version: int
    calls: int
    fatal_agreed: int
    passed_agreed: int
    least_calls: int
    score: ScoreAgreement
    questions: list[Agreement]


@router.get("", summary="How far both sides agree", responses=examples.CALIBRATION)
async def calibrate(
    deps: Service,
    who: Controller,
    form: Annotated[str, Query(description="Which form.")],
    version: Annotated[int, Query(description="Which version of it.")],
    partner: Annotated[str | None, Query(description="Only this partner's.")] = None,
    since: Annotated[
        str | None, Query(alias="from", pattern=r"^\d{4}-\d\d-\d\d$", description="Calls of this day or later.")
    ] = None,
    until: Annotated[
        str | None, Query(alias="to", pattern=r"^\d{4}-\d\d-\d\d$", description="Calls before this day.")
    ] = None,
) -> Response:
    """Of the calls that both sides have evaluated, by what each said before it knew of the other: Krippendorff's alpha
    and Cohen's kappa for each question, alpha of the scores, and by how much the company gives more than the partner.
    Disputes change nothing in it."""
    if partner is not None:
        must_see(who, partner)
    content = await content_of(deps, form, version)
    equal: dict[str, str | int] = {"form": form, **({"partner": partner} if partner else {})}
    found = await deps.reads.find(evaluations, equal, "day" if since or until else None, since, until)
    pairs = [
        (doc.submitted["company"], doc.submitted["partner"])
        for _, doc in found
        if who.sees(doc.partner) and doc.recorded and len(doc.submitted) == 2 and doc.first.version == version
    ]
    return json_response(await asyncio.to_thread(calibrated, form, version, content, pairs))


def calibrated(form: str, version: int, content: FormContent, pairs: Sequence[Pair]) -> Calibration:
    """The agreement of these pairs."""
    questions = [
        of_question(
            question.id,
            {option.id: option.points for option in question.options},
            [(one.answers[question.id], other.answers[question.id]) for one, other in pairs],
            NOT_APPLICABLE,
        )
        for question in content.questions
    ]
    return Calibration(
        form=form,
        version=version,
        calls=len(pairs),
        fatal_agreed=sum(bool(one.fatal) == bool(other.fatal) for one, other in pairs),
        passed_agreed=sum(one.passed == other.passed for one, other in pairs),
        least_calls=LEAST_CALLS,
        score=of_scores([(_percent(content, one), _percent(content, other)) for one, other in pairs]),
        questions=questions,
    )


def _percent(content: FormContent, one: EvaluationSubmitted) -> Fraction:
    """Exact, where the event has it rounded."""
    return score_of(content, one.answers).share * 100
