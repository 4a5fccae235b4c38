"""The pages of training: courses, sessions and who is certified; and for an agent, what is theirs of it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Request, Response

from services.gateway.api.asking import Asker
from services.gateway.api.gateway import Door, Taught
from services.gateway.api.readers import CourseRow, CoverageRow, SessionRow
from services.gateway.pages.acting import Form, Shown, back, carried_out, part, place_of, went_wrong, whole
from services.gateway.pages.panel import Agent
from services.gateway.pages.site import page
from services.gateway.views.codes.people import PANELS, SESSION_STATES
from services.gateway.views.words import _
from shared.clock import now
from shared.http import Problem, not_found
from shared.security import Principal

router = APIRouter()
MINE = "/training/mine"
MOST_SESSIONS = 50


class CourseFigures(msgspec.Struct, frozen=True):
    """How many agents hold a course's certificate, of how many, and how many of those not for 30 days more."""

    certified: int
    registered: int
    lapsing: int


@router.get("/training")
async def training(request: Request, gateway: Door, viewer: Taught) -> Response:
    """Courses with who is certified, sessions, and each partner's coverage: of the partners that the viewer may see."""
    courses = await gateway.training.courses()
    coverage = [row for row in await gateway.training.coverage() if viewer.sees(row.partner)]
    sessions = [shown_to(row, viewer) for row in await gateway.training.sessions()]
    return page(
        request,
        "training.html",
        courses=courses,
        figures=figures_of(courses, coverage),
        coverage=coverage,
        sessions=sessions[:MOST_SESSIONS],
        titles={one.course: one.title for one in courses},
        panels=PANELS,
        states=SESSION_STATES,
        names=await gateway.calls.names(),
        local=local,
    )


@router.get(MINE)
async def mine(request: Request, gateway: Door, viewer: Agent, said: Shown = "", wrong: Shown = "") -> Response:
    """An agent's certificates, manuals to be read, and sessions."""
    partner, agent = place_of(viewer)
    own = await gateway.training.own(partner, agent)

    def calendar(row: SessionRow) -> str:
        """Where the agent's invitation is, as a calendar file."""
        session, who = (quote(name, safe="") for name in (row.session, viewer.agent or ""))
        return f"/api/v1/training/sessions/{session}/invitations/{partner}/{who}/calendar"

    return page(
        request,
        "my_training.html",
        own=own,
        states=SESSION_STATES,
        local=local,
        calendar=calendar,
        said=said,
        wrong=wrong,
    )


@router.post(MINE + "/{course}/reading")
async def read(ask: Asker, viewer: Agent, form: Form, course: str) -> Response:
    """A version of the manual was read."""
    path = f"{_own(viewer)}/courses/{part(course)}/acknowledgement"
    return await carried_out(ask.do(path, form.some("version")), MINE, _("Kept."))


@router.post(MINE + "/{course}/papers")
async def begin(ask: Asker, viewer: Agent, course: str) -> Response:
    """A paper is drawn, and its time begins."""
    try:
        drawn = (await ask.do(f"{_own(viewer)}/courses/{part(course)}/papers"))["paper"]
    except Problem as problem:
        return back(MINE, wrong=went_wrong(problem))
    return back(f"/training/papers/{part(drawn)}")


@router.get("/training/papers/{paper}")
async def paper(request: Request, gateway: Door, viewer: Agent, paper: str, wrong: Shown = "") -> Response:
    """A paper of the agent, to be answered until its time is over. 404 for anybody else's."""
    found = await gateway.training.paper(*place_of(viewer), paper)
    if found is None:
        raise not_found("paper")
    open_ = found.passed is None and now() < found.ends_at
    return page(request, "paper.html", paper=found, open=open_, wrong=wrong)


@router.post("/training/papers/{paper}")
async def hand_in(ask: Asker, viewer: Agent, form: Form, paper: str) -> Response:
    """The answers: the choices that were ticked, of every question of the paper."""
    at, here = f"{_own(viewer)}/papers/{part(paper)}", f"/training/papers/{part(paper)}"
    found = await ask(at)
    if found is None:
        raise not_found("paper")
    asked = [one["question"] for one in found["questions"]]
    answers = {name: [choice for one in form.all(name) if (choice := whole(one)) is not None] for name in asked}
    return await carried_out(ask.do(f"{at}/answers", {"answers": answers}), here)


def _own(viewer: Principal) -> str:
    """Where the agent's own training is."""
    partner, agent = place_of(viewer)
    return f"/api/v1/training/agents/{part(partner)}/{part(agent)}"


def figures_of(courses: list[CourseRow], coverage: list[CoverageRow]) -> dict[str, CourseFigures]:
    """By certificate: the sum over the partners where anybody holds it or has to."""
    certified, registered, lapsing = Counter[str](), Counter[str](), Counter[str]()
    for row in coverage:
        certified[row.certificate] += row.certified
        registered[row.certificate] += row.registered
        lapsing[row.certificate] += row.lapsing
    return {
        one.certificate: CourseFigures(
            certified[one.certificate], registered[one.certificate], lapsing[one.certificate]
        )
        for one in courses
    }


def shown_to(row: SessionRow, viewer: Principal) -> SessionRow:
    """The session as the viewer may see it: with the agents of their partners."""
    if viewer.partners is None:
        return row
    invited = {partner: n for partner, n in row.invited.items() if viewer.sees(partner)}
    attended = None
    if row.attended is not None:
        attended = {partner: n for partner, n in row.attended.items() if viewer.sees(partner)}
    return msgspec.structs.replace(row, invited=invited, attended=attended)


def local(at: datetime, zone: str) -> str:
    """A time as the session's own clock shows it."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
