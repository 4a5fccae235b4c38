"""The pages of training: courses, sessions and who is certified; and for an agent, what is theirs of it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Request, Response

from services.gateway.api.gateway import Door, Taught
from services.gateway.api.readers import CourseRow, CoverageRow, SessionRow
from services.gateway.pages.panel import Agent
from services.gateway.pages.site import embedded_words, page
from services.gateway.views.codes.people import PANELS, SESSION_STATES
from services.gateway.views.words import _
from shared.clock import now
from shared.http import not_found
from shared.security import Principal

router = APIRouter()
WORDS = {
    "failed": _("It did not work: {why}"),
    "signin": _("Your session is over. Sign in again."),
    "passed": _("{score} %: passed."),
    "missed": _("{score} %: not passed."),
}
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
    sessions = [seen(row, viewer) for row in await gateway.training.sessions()]
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


@router.get("/training/mine")
async def mine(request: Request, gateway: Door, viewer: Agent) -> Response:
    """An agent's certificates, manuals to be read, and sessions."""
    partner = next(iter(viewer.partners or ()), "")
    own = await gateway.training.own(partner, viewer.agent or "")
    told = {"words": WORDS, "agent": [partner, viewer.agent]}

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
        data=embedded_words(told),
    )


@router.get("/training/papers/{paper}")
async def paper(request: Request, gateway: Door, viewer: Agent, paper: str) -> Response:
    """A paper of the agent, to be answered until its time is over. 404 for anybody else's."""
    partner = next(iter(viewer.partners or ()), "")
    found = await gateway.training.paper(partner, viewer.agent or "", paper)
    if found is None:
        raise not_found("paper")
    told = {"words": WORDS, "agent": [partner, viewer.agent], "paper": found.paper}
    open_ = found.passed is None and now() < found.ends_at
    return page(request, "paper.html", paper=found, open=open_, data=embedded_words(told))


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


def seen(row: SessionRow, viewer: Principal) -> SessionRow:
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
