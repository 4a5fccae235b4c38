"""The routes of what agents learn: banks of questions, papers, certificates, and each agent's own training."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.training.api import learning_examples as examples
from services.training.api.callers import (
    MOST_PER_PAGE,
    NAME,
    Anyone,
    Everybody,
    Service,
    Staff,
    allowed_for,
    themselves,
)
from services.training.api.courses import known_course
from services.training.api.sessions import told_session
from services.training.domain.bank import RetireQuestion, WriteQuestion, bank
from services.training.domain.certificate import (
    AcknowledgeManual,
    DrawPaper,
    GrantAttempts,
    MarkPaper,
    WithdrawCertificate,
    certificate,
)
from services.training.domain.manual import in_force
from services.training.domain.paper import SEED_BITS, drawn, marked, seed_of
from services.training.views.banks import KnownBank, banks
from services.training.views.certificates import KnownCertificate, certificates
from services.training.views.courses import KnownCourse, courses
from services.training.views.sessions import sessions
from services.training.views.trainees import SatPaper, Trainee, trainees
from shared.http import (
    Deps,
    Problem,
    accepts,
    body,
    command_id,
    content_of,
    invalid,
    json_response,
    limited,
    must_see,
    not_found,
    page,
    takes,
)
from shared.http.requests import Day, parsed

router = APIRouter(tags=["certificates"])
OF_AGENT = "{partner_id}:{agent}"


async def _published(command: AcknowledgeManual, deps: Deps) -> None:
    """409 where the manual has no such version."""
    known = await known_course(deps, command.course)
    if command.version not in {one.version for one in known.versions}:
        raise Problem(409, "unknown_version", f"The manual of {command.course} has no version {command.version}.")


accepts(
    router,
    "/banks/{bank}/questions/{question}",
    bank,
    WriteQuestion,
    service=NAME,
    right="training.run",
    method="PUT",
    of_partner=False,
)
accepts(
    router,
    "/banks/{bank}/questions/{question}/retirement",
    bank,
    RetireQuestion,
    service=NAME,
    right="training.run",
    of_partner=False,
)
accepts(
    router,
    "/agents/{partner_id}/{agent}/courses/{course}/acknowledgement",
    certificate,
    AcknowledgeManual,
    service=NAME,
    allowed=themselves,
    stream=OF_AGENT,
    check=_published,
)
accepts(
    router,
    "/agents/{partner_id}/{agent}/courses/{course}/attempts",
    certificate,
    GrantAttempts,
    service=NAME,
    right="training.run",
    stream=OF_AGENT,
)
accepts(
    router,
    "/agents/{partner_id}/{agent}/courses/{course}/withdrawal",
    certificate,
    WithdrawCertificate,
    service=NAME,
    right="training.run",
    stream=OF_AGENT,
)


class AskedPaper(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a paper is drawn. `seed`: of a trainer, who wants the same one again; an agent's is made here."""

    seed: Annotated[int, msgspec.Meta(ge=0, lt=1 << SEED_BITS)] | None = None


class Answers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The choices that were ticked, by question."""

    answers: dict[str, Annotated[tuple[int, ...], msgspec.Meta(max_length=10)]]


@router.get("/banks/{bank}", summary="A bank of questions", responses=examples.BANK)
async def show_bank(bank: str, deps: Service, who: Staff) -> Response:
    """All questions in all their wordings, with what is right: for those who write them, and nobody who is asked."""
    return json_response(await _known_bank(deps, bank))


@router.post(
    "/agents/{partner_id}/{agent}/courses/{course}/papers",
    status_code=202,
    summary="Draw a paper",
    openapi_extra=takes(AskedPaper),
    responses=examples.DRAWN,
)
async def draw_paper(
    request: Request, partner_id: str, agent: str, course: str, deps: Service, who: Everybody
) -> Response:
    """The agent begins an assessment: questions drawn from the course's bank by a seed, with choices in an order of
    their own, to be answered in time. 409 `no_exam`, `no_manual`, `too_few_questions`, `manual_not_read`, `paper_open`,
    `no_attempts_left`, `course_closed`."""
    await themselves(request)
    content = await content_of(request)
    asked = parsed(content, AskedPaper) if content else AskedPaper()
    if asked.seed is not None and who.role == "agent":
        raise invalid("seed", "an agent's is made here")
    known = await known_course(deps, course)
    described = known.described
    exam = described.exam if described is not None else None
    if described is None or exam is None:
        raise Problem(409, "no_exam", f"Nobody is assessed in {course}.")
    if known.closed is not None:
        raise Problem(409, "course_closed", f"{course} is taught no more.")
    published = in_force(known.versions, deps.clock().date())
    if published is None:
        raise Problem(409, "no_manual", f"{course} has no manual in force to ask about.")
    by = command_id(request)
    paper = hashlib.sha256(f"{partner_id}:{agent}:{course}:{by}".encode()).hexdigest()[:24]
    seed = asked.seed if asked.seed is not None else seed_of(paper)
    questions = (await _known_bank(deps, exam.bank)).asked
    command = DrawPaper(
        partner_id=partner_id,
        agent=agent,
        course=course,
        paper=paper,
        certificate=described.certificate,
        bank=exam.bank,
        seed=seed,
        questions=drawn(questions, exam.questions, seed),
        version=published.version,
        pass_percent=exam.pass_percent,
        attempts=exam.attempts,
        minutes=exam.minutes,
        valid_days=exam.valid_days,
        at=deps.clock(),
        by=who.name,
    )
    accepted = await deps.door.handle(certificate, f"{partner_id}:{agent}", command, command_id=by, actor=who.name)
    return json_response({"stream": accepted.stream, "version": accepted.version, "paper": paper}, status=202)


@router.get("/agents/{partner_id}/{agent}/papers/{paper}", summary="A paper", responses=examples.PAPER)
async def show_paper(partner_id: str, agent: str, paper: str, deps: Service, who: Everybody) -> Response:
    """Its questions and choices as they stand on it, and its mark once it was handed in; not what was right."""
    allowed_for(who, partner_id, agent)
    sat = await _known_paper(deps, partner_id, agent, paper)
    questions = await _known_bank(deps, sat.drawn.bank)
    return json_response(_told_paper(sat, questions))


@router.post(
    "/agents/{partner_id}/{agent}/papers/{paper}/answers",
    status_code=202,
    summary="Hand a paper in",
    openapi_extra=takes(Answers),
    responses=examples.HANDED_IN,
)
async def hand_in(request: Request, partner_id: str, agent: str, paper: str, deps: Service, who: Everybody) -> Response:
    """It is marked at once; who passes is certified. 409 `unknown_answer`, `already_marked`, `paper_over`."""
    await themselves(request)
    given = await body(request, Answers)
    sat = await _known_paper(deps, partner_id, agent, paper)
    questions = await _known_bank(deps, sat.drawn.bank)
    key = {one.question: questions.worded(one.question, one.revision) for one in sat.drawn.questions}
    mark = marked(sat.drawn.questions, key, given.answers)
    command = MarkPaper(
        partner_id=partner_id,
        agent=agent,
        course=sat.drawn.course,
        paper=paper,
        answers={name: tuple(sorted(set(ticked))) for name, ticked in given.answers.items()},
        points=mark.points,
        of_points=mark.of_points,
        at=deps.clock(),
        by=who.name,
    )
    accepted = await deps.door.handle(
        certificate, f"{partner_id}:{agent}", command, command_id=command_id(request), actor=who.name
    )
    passed = mark.reaches(sat.drawn.pass_percent)
    told = {"stream": accepted.stream, "version": accepted.version, "score_percent": mark.percent, "passed": passed}
    return json_response(told, status=202)


@router.get("/certificates", summary="Certificates", responses=examples.CERTIFICATES)
async def list_certificates(
    deps: Service,
    who: Anyone,
    partner: Annotated[str | None, Query(description="Only of agents of this partner.")] = None,
    course: Annotated[str | None, Query(description="Only of this course.")] = None,
    certificate: Annotated[str | None, Query(description="Only this one, as campaigns ask for it.")] = None,
    held: Annotated[bool | None, Query(description="Only those that hold, or that lapsed.")] = None,
    before: Annotated[Day | None, Query(description="Only those that hold and expire before this day.")] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """By partner, agent and course, each as last given, and how it lapsed if it did."""
    if partner is not None:
        must_see(who, partner)
    wanted = (("partner", partner), ("course", course), ("certificate", certificate))
    equal: dict[str, str | int] = {name: value for name, value in wanted if value is not None}
    if held is not None or before is not None:
        equal["held"] = 1 if held is not False else 0
    ends = before.toordinal() if before is not None else None
    found = await deps.reads.find(certificates, equal, "expires" if ends is not None else None, None, ends)
    items = [(key, told_certificate(one)) for key, one in found if who.sees(one.partner)]
    return json_response(page(items, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/agents/{partner_id}/{agent}", summary="An agent's training", responses=examples.AGENT)
async def show_agent(partner_id: str, agent: str, deps: Service, who: Everybody) -> Response:
    """Certificates, papers, sessions, the versions of manuals that were `read`, and what is `due`: versions that are in
    force and were not acknowledged, of courses in which the agent holds or held a certificate or has read anything."""
    allowed_for(who, partner_id, agent)
    key = f"{partner_id}:{agent}"
    learned = (await deps.reads.get(trainees, [key])).get(key) or Trainee(partner=partner_id, agent=agent)
    known: dict[str, KnownCourse] = dict(await deps.reads.find(courses, {}))
    keys = [f"{key}:{name}" for name in known]
    found: dict[str, KnownCertificate] = await deps.reads.get(certificates, keys) if keys else {}
    invited = await deps.reads.get(sessions, sorted(learned.sessions)) if learned.sessions else {}
    mine = {one.course for one in found.values()} | learned.read.keys()
    told: dict[str, Any] = {
        "partner": partner_id,
        "agent": agent,
        "certificates": [told_certificate(one) for _, one in sorted(found.items())],
        "read": {name: [said.version for said in acknowledged] for name, acknowledged in learned.read.items()},
        "due": _due(learned, {name: known[name] for name in sorted(mine) if name in known}, deps.clock().date()),
        "papers": [_told_sat(one) for one in learned.papers.values()],
        "sessions": [told_session(one, who) for _, one in sorted(invited.items())],
    }
    return json_response(told)


def told_certificate(one: KnownCertificate) -> dict[str, Any]:
    """The certificate as it is told."""
    return {
        "partner": one.partner,
        "agent": one.agent,
        "course": one.course,
        "held": one.certified is not None and one.lapsed is None,
        "certified": one.certified,
        "lapsed": one.lapsed,
    }


def _due(learned: Trainee, known: dict[str, KnownCourse], day: date) -> list[dict[str, Any]]:
    due = []
    for name, one in known.items():
        now = in_force(one.versions, day)
        if now is not None and now.version not in {said.version for said in learned.read.get(name, [])}:
            due.append({"course": name, "version": now.version, "changed": now.changed, "valid_from": now.valid_from})
    return due


def _told_sat(sat: SatPaper) -> dict[str, Any]:
    mark = sat.marked
    return {
        "paper": sat.drawn.paper,
        "course": sat.drawn.course,
        "drawn_at": sat.drawn.at,
        "ends_at": sat.drawn.ends_at,
        "score_percent": mark.score_percent if mark is not None else None,
        "passed": mark.passed if mark is not None else None,
    }


def _told_paper(sat: SatPaper, questions: KnownBank) -> dict[str, Any]:
    shown = []
    for one in sat.drawn.questions:
        worded = questions.worded(one.question, one.revision)
        choices = [{"choice": number, "text": worded.choices[number]} for number in one.order]
        shown.append({"question": one.question, "text": worded.text, "points": worded.points, "choices": choices})
    return {**_told_sat(sat), "seed": sat.drawn.seed, "questions": shown}


async def _known_bank(deps: Deps, name: str) -> KnownBank:
    doc = (await deps.reads.get(banks, [name])).get(name)
    if doc is None:
        raise not_found("bank of questions")
    return doc


async def _known_paper(deps: Deps, partner: str, agent: str, paper: str) -> SatPaper:
    key = f"{partner}:{agent}"
    learned = (await deps.reads.get(trainees, [key])).get(key)
    sat = learned.papers.get(paper) if learned is not None else None
    if sat is None:
        raise not_found("paper")
    return sat
