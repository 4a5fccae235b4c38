"""The routes of samples: drawn from the talks that we know of, and what of them is evaluated."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.training.api import quality_examples as examples
from services.training.api.callers import Controller, Service
from services.training.api.forms import MOST_PER_PAGE, content_of
from services.training.api.population import candidates
from services.training.api.sides import side_of
from services.training.domain.sample import DrawSample, SampleId, sample
from services.training.domain.sampling import Draw, draw
from services.training.events.evaluations import Side
from services.training.events.samples import DrawnCall, SamplePlan
from services.training.views.evaluations import KnownEvaluation, evaluations, seen_by
from services.training.views.samples import KnownSample, samples
from shared.http import Deps, body, command_id, invalid, json_response, limited, must_see, not_found, page, takes
from shared.security import Principal

router = APIRouter(prefix="/samples", tags=["quality"])


class SampleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A sample as it stands in the list. `evaluated`: calls that the caller's side has evaluated; `recorded`: those
    that are in the open."""

    sample: str
    partner: str
    plan: SamplePlan
    population: int
    calls: int
    evaluated: int
    recorded: int


class SampleCall(msgspec.Struct, frozen=True, kw_only=True):
    """A drawn call, and how far it is: `to_do` for the caller's side, `waiting` for the other, or in the open. The
    others' score is not told before."""

    evaluation: str
    drawn: DrawnCall
    state: str


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """What the plan would draw of the talks that are known by now: calls that it draws besides, and no more."""

    population: int
    same: bool
    added: list[str]
    gone: list[str]


@router.post(
    "/{sample_id}", status_code=202, summary="Draw a sample", openapi_extra=takes(SamplePlan), responses=examples.DRAWN
)
async def draw_sample(request: Request, sample_id: str, deps: Service, who: Controller) -> Response:
    """Draw calls of a partner by a plan, `<partner>:<name>`. The seed decides: the same talks give the same sample to
    whoever draws it again. 404 where there is no such form; 409 `drawn`, `days_wrong`, `plan_empty`, `nothing_drawn`,
    `too_many`."""
    plan = await body(request, SamplePlan)
    try:
        msgspec.convert(sample_id, SampleId)
    except msgspec.ValidationError as wrong:
        raise invalid("sample_id", str(wrong)) from None
    partner = sample_id.partition(":")[0]
    must_see(who, partner)
    await content_of(deps, plan.form, plan.version)
    drawn = await _draw(deps, partner, plan)
    command = DrawSample(
        sample=sample_id,
        plan=plan,
        population=drawn.population,
        calls=drawn.calls,
        at=deps.clock(),
        by=who.name,
    )
    accepted = await deps.door.handle(sample, sample_id, command, command_id=command_id(request), actor=who.name)
    told = {"sample": sample_id, "version": accepted.version, "population": drawn.population}
    return json_response(told, status=202)


@router.get("", summary="Samples", responses=examples.SAMPLES)
async def list_samples(
    deps: Service,
    who: Controller,
    partner: Annotated[str | None, Query(description="Only this partner's.")] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """By id, with how far each is."""
    if partner is not None:
        must_see(who, partner)
    found = await deps.reads.find(samples, {"partner": partner} if partner else {})
    shown = page(
        [(key, doc) for key, doc in found if who.sees(doc.drawn.partner_id)], limited(limit, MOST_PER_PAGE), cursor
    )
    rows = [_row(doc, await _evaluations(deps, doc), side_of(who)) for doc in shown.items]
    return json_response({"items": rows, "next": shown.next})


@router.get("/{sample_id}", summary="A sample", responses=examples.SAMPLE)
async def show_sample(sample_id: str, deps: Service, who: Controller) -> Response:
    """The plan, and each call with why it was drawn and how far it is for the caller's side."""
    found = await sample_of(deps, who, sample_id)
    known, side = await _evaluations(deps, found), side_of(who)
    calls = [_call(found, one, known, side) for one in found.drawn.calls]
    return json_response({"sample": _row(found, known, side), "calls": calls})


@router.get("/{sample_id}/again", summary="Draw a sample again", responses=examples.AGAIN)
async def draw_again(sample_id: str, deps: Service, who: Controller) -> Response:
    """By the same plan, from the talks that are known now; nothing is kept. So everybody can see that nobody chose: it
    differs only by calls that came late or were corrected since."""
    found = await sample_of(deps, who, sample_id)
    now = await _draw(deps, found.drawn.partner_id, found.drawn.plan)
    before, after = ({one.call for one in calls} for calls in (found.drawn.calls, now.calls))
    again = Again(
        population=now.population,
        same=found.drawn.calls == now.calls,
        added=sorted(after - before),
        gone=sorted(before - after),
    )
    return json_response(again)


async def sample_of(deps: Deps, who: Principal, sample_id: str) -> KnownSample:
    """A sample of a partner that the caller sees. 404."""
    must_see(who, sample_id.partition(":")[0])
    found = (await deps.reads.get(samples, [sample_id])).get(sample_id)
    if found is None:
        raise not_found("sample")
    return found


async def _draw(deps: Deps, partner: str, plan: SamplePlan) -> Draw:
    # Marks of a month's talks take a second or two: the server goes on meanwhile.
    talks = await candidates(deps, partner, plan.since, plan.until)
    return await asyncio.to_thread(draw, plan, talks)


async def _evaluations(deps: Deps, found: KnownSample) -> dict[str, KnownEvaluation]:
    return {doc.call: doc for _, doc in await deps.reads.find(evaluations, {"sample": found.sample})}


def _row(found: KnownSample, known: dict[str, KnownEvaluation], side: Side) -> SampleRow:
    return SampleRow(
        sample=found.sample,
        partner=found.drawn.partner_id,
        plan=found.drawn.plan,
        population=found.drawn.population,
        calls=len(found.drawn.calls),
        evaluated=sum(side in doc.submitted for doc in known.values()),
        recorded=sum(bool(doc.recorded) for doc in known.values()),
    )


def _call(found: KnownSample, one: DrawnCall, known: dict[str, KnownEvaluation], side: Side) -> SampleCall:
    doc = known.get(one.call)
    seen = seen_by(doc, side) if doc else None
    state = seen.state if seen else "to_do"
    return SampleCall(evaluation=f"{found.drawn.partner_id}:{one.call}", drawn=one, state=state)
