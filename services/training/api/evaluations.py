"""The routes of evaluations: answered blind by both sides, opened, disputed and decided."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, NamedTuple

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.training.api import quality_examples as examples
from services.training.api.callers import NAME, Controller, Everybody, Service, Staff
from services.training.api.forms import MOST_PER_PAGE, content_of
from services.training.api.population import talks_between
from services.training.api.samples import sample_of
from services.training.api.sides import (
    AtTexts,
    Written,
    id_by,
    named,
    party_of,
    side_of,
)
from services.training.domain.evaluation import (
    AnswerDispute,
    Answers,
    DecideDispute,
    EndWaiting,
    Questions,
    RaiseDispute,
    SubmitEvaluation,
    evaluation,
)
from services.training.events.evaluations import Decision, Side
from services.training.events.forms import Name
from services.training.events.samples import Sides
from services.training.views.evaluations import KnownEvaluation, evaluations, seen_by
from services.training.views.surveys import call_surveys
from shared.http import (
    Deps,
    accepts,
    body,
    command_id,
    invalid,
    json_response,
    limited,
    must_see,
    not_found,
    page,
    require,
    takes,
)
from shared.kernel import Rejected
from shared.security import Principal

router = APIRouter(prefix="/evaluations", tags=["quality"])


class AskedEvaluation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A side's answers about a call, and what the controller has to say to some of the questions. Of a call of a
    `sample`, that says by which form; of one that the controller has picked, `day` is when the talk ended (in the
    partner's zone), and `form` and `version` are the form's."""

    answers: Answers
    sample: Annotated[str, msgspec.Meta(max_length=200)] = ""
    day: date | None = None
    form: Name | None = None
    version: Annotated[int, msgspec.Meta(ge=1)] | None = None
    notes: Annotated[dict[Name, Written], msgspec.Meta(max_length=100)] = {}


class AskedDispute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose evaluation is wrong, in which questions, and why."""

    against: Side
    text: Written
    questions: Questions = ()


class AskedAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the controller evaluated so."""

    text: Written


class AskedDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was decided and why; `answers`: all of them, where they are changed."""

    decision: Decision
    text: Written
    answers: Answers = msgspec.field(default_factory=dict)


class EvaluationRow(msgspec.Struct, frozen=True, kw_only=True):
    """An evaluation as it stands in the list; `scores`: in per cent by side, of what the caller may see."""

    evaluation: str
    partner: str
    call: str
    agent: str
    day: str
    form: str
    version: int
    state: str
    scores: dict[Side, str]
    fatal: dict[Side, tuple[str, ...]]


@router.put(
    "/{evaluation_id}", status_code=202, summary="Evaluate a call", openapi_extra=takes(AskedEvaluation),
    responses=examples.EVALUATED,
)  # fmt: skip
async def submit(request: Request, evaluation_id: str, deps: Service, texts: AtTexts, who: Controller) -> Response:
    """For the caller's own side, of the call `<partner>:<call>`: one of a sample, or any that the caller has picked.
    Where both sides evaluate a call of a sample, neither sees the other's before both are in; until then a controller
    may say something else. A picked call is evaluated by one side, and open at once: it says nothing of how often
    something happens.

    409 `not_drawn` where the call is not in the sample, `not_talked` where no talk of the call ended that day,
    `not_asked`, `recorded`, `submitted_by_another`,
    `waiting_over`, `other_sample`, `unknown_question`, `answer_missing`, `unknown_answer`, `must_apply`,
    `nothing_applies`.
    """
    asked = await body(request, AskedEvaluation)
    partner, _, call = evaluation_id.partition(":")
    must_see(who, partner)
    side, at = side_of(who), deps.clock()
    place = await (_drawn if asked.sample else _picked)(deps, who, partner, call, asked)
    about = f"evaluation {evaluation_id} {side}"
    command = SubmitEvaluation(
        evaluation=evaluation_id,
        agent=place.agent,
        day=place.day,
        sample=asked.sample,
        form=place.form,
        version=place.version,
        content=await content_of(deps, place.form, place.version),
        sides=place.sides,
        side=side,
        answers=asked.answers,
        noted={name: await texts.keep(partner, f"{about} {name}", at, text) for name, text in asked.notes.items()},
        at=at,
        by=who.name,
    )
    return await _handled(request, deps, command, who)


class _Place(NamedTuple):
    """What an evaluation is about, by which form, and who is asked."""

    agent: str
    day: str
    form: str
    version: int
    sides: Sides


async def _drawn(deps: Deps, who: Principal, partner: str, call: str, asked: AskedEvaluation) -> _Place:
    if (asked.day, asked.form, asked.version) != (None, None, None):
        raise invalid("sample", "says day, form and version")
    known = await sample_of(deps, who, asked.sample)
    drawn = known.call(call) if known.drawn.partner_id == partner else None
    if drawn is None:
        raise Rejected("not_drawn", f"The call is not in the sample {asked.sample}.")
    plan = known.drawn.plan
    return _Place(drawn.agent, drawn.day, plan.form, plan.version, plan.sides)


async def _picked(deps: Deps, who: Principal, partner: str, call: str, asked: AskedEvaluation) -> _Place:
    if asked.day is None or asked.form is None or asked.version is None:
        raise invalid("sample", "or else day, form and version")
    talks = [one for one in await talks_between(deps, partner, asked.day, asked.day) if one.call == call]
    if not talks:
        raise Rejected("not_talked", f"No talk of the call ended on {asked.day}.")
    # As in a draw: a call is one evaluation, of the agent who talked longest.
    longest = min(talks, key=lambda one: (-one.talk.talk_ms, one.agent))
    return _Place(longest.agent, longest.day, asked.form, asked.version, side_of(who))


@router.get("", summary="Evaluations", responses=examples.EVALUATIONS)
async def list_evaluations(
    deps: Service,
    who: Everybody,
    partner: Annotated[str | None, Query(description="Only this partner's.")] = None,
    agent: Annotated[str | None, Query(description="Of this agent's calls, by the vendor's id.")] = None,
    form: Annotated[str | None, Query(description="By this form.")] = None,
    sample: Annotated[str | None, Query(description="Of this sample.")] = None,
    since: Annotated[
        str | None, Query(alias="from", pattern=r"^\d{4}-\d\d-\d\d$", description="Calls of this day or later.")
    ] = None,
    until: Annotated[
        str | None, Query(alias="to", pattern=r"^\d{4}-\d\d-\d\d$", description="Calls before this day.")
    ] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """Those that the caller may see, by id: of the own side all, of the other side what is in the open. An agent sees
    what is in the open of its own calls."""
    if partner is not None:
        must_see(who, partner)
    wanted = {"partner": partner, "agent": who.agent if who.role == "agent" else agent, "form": form, "sample": sample}
    equal: dict[str, str | int] = {name: value for name, value in wanted.items() if value is not None}
    found = await deps.reads.find(evaluations, equal, "day" if since or until else None, since, until)
    rows = [(key, _row(seen)) for key, doc in found if (seen := _seen(doc, who)) is not None]
    return json_response(page(rows, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/{evaluation_id}", summary="An evaluation", responses=examples.EVALUATION)
async def show_evaluation(evaluation_id: str, deps: Service, texts: AtTexts, who: Everybody) -> Response:
    """What the caller may see of it: each side's answers and notes, what stands, the disputes, and what the customer
    answered to surveys about the call. `texts`: by the names that stand in it, as far as they can still be read."""
    doc = await _visible(deps, who, evaluation_id)
    survey = (await deps.reads.get(call_surveys, [evaluation_id])).get(evaluation_id)
    told = {
        "evaluation": doc,
        "state": doc.state,
        "standing": {side: doc.answers(side) for side in doc.submitted},
        "texts": await texts.of(_names(doc)),
        "survey": sorted(survey.answers.values(), key=lambda one: one.step) if survey else [],
    }
    return json_response(told)


accepts(
    router,
    "/{evaluation}/waiting-end",
    evaluation,
    EndWaiting,
    service=NAME,
    allowed=require("training.run", "company"),
)


@router.post(
    "/{evaluation_id}/disputes", status_code=201, summary="Dispute an evaluation", openapi_extra=takes(AskedDispute),
    responses=examples.DISPUTED,
)  # fmt: skip
async def dispute(request: Request, evaluation_id: str, deps: Service, texts: AtTexts, who: Everybody) -> Response:
    """By the agent whose call it is, or by either side. 409 `not_recorded`, `own_evaluation`, `dispute_open`,
    `too_late`, `unknown_question`."""
    asked = await body(request, AskedDispute)
    doc = await _visible(deps, who, evaluation_id)
    by, at = command_id(request), deps.clock()
    ident = id_by(who, by)
    command = RaiseDispute(
        evaluation=evaluation_id,
        dispute=ident,
        against=asked.against,
        party=party_of(who),
        text=await texts.keep(doc.partner, f"dispute {evaluation_id} {ident}", at, asked.text),
        questions=asked.questions,
        at=at,
        by=named(who),
    )
    accepted = await deps.door.handle(evaluation, evaluation_id, command, command_id=by, actor=named(who))
    return json_response({"id": ident, "stream": accepted.stream, "version": accepted.version}, status=201)


@router.post(
    "/{evaluation_id}/disputes/{dispute_id}/answer", status_code=202, summary="Answer a dispute",
    openapi_extra=takes(AskedAnswer), responses=examples.EVALUATED,
)  # fmt: skip
async def answer(
    request: Request, evaluation_id: str, dispute_id: str, deps: Service, texts: AtTexts, who: Controller
) -> Response:
    """As the controller who evaluated. 409 `unknown_dispute`, `not_evaluator`, `answered`, `decided`."""
    asked = await body(request, AskedAnswer)
    doc = await _visible(deps, who, evaluation_id)
    at = deps.clock()
    text = await texts.keep(doc.partner, f"dispute {evaluation_id} {dispute_id} answer", at, asked.text)
    command = AnswerDispute(evaluation=evaluation_id, dispute=dispute_id, text=text, at=at, by=who.name)
    return await _handled(request, deps, command, who)


@router.post(
    "/{evaluation_id}/disputes/{dispute_id}/decision", status_code=202, summary="Decide a dispute",
    openapi_extra=takes(AskedDecision), responses=examples.EVALUATED,
)  # fmt: skip
async def decide(
    request: Request, evaluation_id: str, dispute_id: str, deps: Service, texts: AtTexts, who: Staff
) -> Response:
    """For the company, by somebody who neither evaluated nor raised it. A changed evaluation is recorded anew, and
    takes the place of the one before. 409 `unknown_dispute`, `own_case`, `not_answered` within seven days, `decided`,
    `nothing_changed`, `answers_wrong`, and what is wrong with the answers."""
    asked = await body(request, AskedDecision)
    doc = await _visible(deps, who, evaluation_id)
    at = deps.clock()
    command = DecideDispute(
        evaluation=evaluation_id,
        dispute=dispute_id,
        decision=asked.decision,
        text=await texts.keep(doc.partner, f"dispute {evaluation_id} {dispute_id} decision", at, asked.text),
        content=await content_of(deps, doc.first.form, doc.first.version),
        answers=asked.answers,
        at=at,
        by=who.name,
    )
    return await _handled(request, deps, command, who)


async def _handled(
    request: Request, deps: Deps, command: SubmitEvaluation | AnswerDispute | DecideDispute, who: Principal
) -> Response:
    accepted = await deps.door.handle(
        evaluation, command.evaluation, command, command_id=command_id(request), actor=who.name
    )
    return json_response(accepted, status=202)


def _seen(doc: KnownEvaluation, who: Principal) -> KnownEvaluation | None:
    if not who.sees(doc.partner) or (who.role == "agent" and doc.first.agent != who.agent):
        return None
    return seen_by(doc, None if who.role == "agent" else side_of(who))


async def _visible(deps: Deps, who: Principal, evaluation_id: str) -> KnownEvaluation:
    """404 where there is none that the caller may see."""
    found = (await deps.reads.get(evaluations, [evaluation_id])).get(evaluation_id)
    seen = _seen(found, who) if found is not None else None
    if seen is None:
        raise not_found("evaluation")
    return seen


def _row(doc: KnownEvaluation) -> EvaluationRow:
    first = doc.first
    told: dict[Side, Any] = {**doc.submitted, **doc.recorded}
    return EvaluationRow(
        evaluation=doc.evaluation,
        partner=doc.partner,
        call=doc.call,
        agent=first.agent,
        day=first.day,
        form=first.form,
        version=first.version,
        state=doc.state,
        scores={side: one.score_percent for side, one in told.items()},
        fatal={side: one.fatal for side, one in told.items()},
    )


def _names(doc: KnownEvaluation) -> list[str]:
    names = [name for one in doc.submitted.values() for name in one.noted.values()]
    for one in doc.disputes.values():
        names += [said.text for said in (one.raised, one.answered, one.decided) if said is not None]
    return names
