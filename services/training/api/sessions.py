"""The routes of live sessions: planned, invited to by calendar files, held, and judged by those who were there."""

from __future__ import annotations

import asyncio
import uuid
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from services.training.api import session_examples as examples
from services.training.api.callers import (
    MOST_PER_PAGE,
    NAME,
    Anyone,
    Everybody,
    Service,
    allowed_for,
    supervising,
    themselves,
)
from services.training.api.courses import known_course
from services.training.comments import Comments
from services.training.domain.invitation import Invited, as_calendar
from services.training.domain.session import (
    FORM,
    CancelSession,
    GiveFeedback,
    HoldSession,
    InviteAgent,
    LinkRecording,
    Mark,
    NoteAttendance,
    PlanSession,
    WithdrawInvitation,
)
from services.training.domain.session import session as stream
from services.training.views.people import people
from services.training.views.sessions import Invitation, KnownSession, SessionState, sessions
from shared.http import Deps, accepts, body, command_id, json_response, limited, not_found, page, takes
from shared.security import Principal

router = APIRouter(tags=["sessions"])
HUNDREDTH = Decimal("0.01")
INVITATION = "/sessions/{session}/invitations/{partner_id}/{agent}"
"""A partner's supervisors give the places to their own agents."""


async def _known_course(command: PlanSession, deps: Deps) -> None:
    """404 where there is no such course."""
    await known_course(deps, command.course)


accepts(
    router,
    "/sessions/{session}",
    stream,
    PlanSession,
    service=NAME,
    right="training.run",
    method="PUT",
    of_partner=False,
    check=_known_course,
)
accepts(
    router,
    INVITATION,
    stream,
    InviteAgent,
    service=NAME,
    method="PUT",
    of_partner=False,
    allowed=supervising,
)
accepts(
    router,
    f"{INVITATION}/withdrawal",
    stream,
    WithdrawInvitation,
    service=NAME,
    of_partner=False,
    allowed=supervising,
)
accepts(
    router,
    "/sessions/{session}/cancellation",
    stream,
    CancelSession,
    service=NAME,
    right="training.run",
    of_partner=False,
)
accepts(
    router, f"{INVITATION}/attendance", stream, NoteAttendance, service=NAME, right="training.run", of_partner=False
)
accepts(router, "/sessions/{session}/held", stream, HoldSession, service=NAME, right="training.run", of_partner=False)
accepts(
    router,
    "/sessions/{session}/recording",
    stream,
    LinkRecording,
    service=NAME,
    right="training.run",
    method="PUT",
    of_partner=False,
)


class AskedFeedback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mark for each question of the form, and words of the agent's own."""

    marks: dict[str, Mark]
    comment: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


async def _comments(request: Request) -> Comments:
    found: Comments = request.app.state.session_comments
    return found


Said = Annotated[Comments, Depends(_comments)]


@router.post(
    "/sessions/{session}/feedback/{partner_id}/{agent}",
    status_code=202,
    summary="Give feedback",
    openapi_extra=takes(AskedFeedback),
    responses=examples.GIVEN,
)
async def give_feedback(
    request: Request, session: str, partner_id: str, agent: str, deps: Service, comments: Said, who: Everybody
) -> Response:
    """How it was: a mark from 1 to 5 for each question of the form, and a comment, which is kept under seal and told
    without a name. Said again, the last word holds. 409 `unknown_session`, `not_there`, `form_not_filled`,
    `session_cancelled`."""
    await themselves(request)
    given = await body(request, AskedFeedback)
    at = deps.clock()
    command = GiveFeedback(session=session, partner_id=partner_id, agent=agent, marks=given.marks, at=at, by=who.name)
    accepted = await deps.door.handle(stream, session, command, command_id=command_id(request), actor=who.name)
    # After the command, which knows who was there; a repeat writes the same place again.
    if given.comment.strip():
        await comments.keep(session, partner_id, agent, at, given.comment)
    return json_response(accepted, status=202)


@router.get("/sessions/{session}/comments", summary="What was said of a session", responses=examples.COMMENTS)
async def list_comments(session: str, deps: Service, comments: Said, who: Anyone) -> Response:
    """The comments of agents of partners that the caller may see, without who said them, and in no order of time."""
    await _known_session(deps, session)
    items = [{"partner": partner, "text": text} for partner, text in await comments.of(session) if who.sees(partner)]
    return json_response({"items": items, "next": None})


@router.get("/sessions", summary="Live sessions", responses=examples.SESSIONS)
async def list_sessions(
    deps: Service,
    who: Anyone,
    course: Annotated[str | None, Query(description="Only of this course.")] = None,
    state: Annotated[SessionState | None, Query(description="Only in this state.")] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """By id, each with those invited whom the caller may see, and how many places are free."""
    asked: dict[str, str | int] = {
        name: value for name, value in (("course", course), ("state", state)) if value is not None
    }
    found = await deps.reads.find(sessions, asked)
    items = [(key, told_session(doc, who)) for key, doc in found]
    return json_response(page(items, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/sessions/form", summary="The feedback form", responses=examples.FORM)
async def show_form(who: Everybody) -> Response:
    """Its questions; each is answered by a mark from 1, not at all, to 5, wholly."""
    items = [{"question": name, "text": text} for name, text in FORM.items()]
    return json_response({"items": items, "next": None})


@router.get("/sessions/{session}", summary="A live session", responses=examples.SESSION)
async def show_session(session: str, deps: Service, who: Everybody) -> Response:
    """The session with those invited whom the caller may see; an agent sees its own invitation. `feedback`: the mean of
    the marks by question, with how many gave one."""
    doc = await _known_session(deps, session)
    mine = told_session(doc, who)
    if who.role == "agent" and not mine["invitations"]:
        raise not_found("session")
    return json_response(mine)


@router.get(
    f"{INVITATION}/calendar",
    summary="An invitation as a calendar file",
    response_class=Response,
    responses=examples.CALENDAR,
)
async def invitation_file(session: str, partner_id: str, agent: str, deps: Service, who: Everybody) -> Response:
    """The invitation as it stands now (iCalendar, RFC 5545): a request, or the cancellation of one. A file that is
    asked for after a change has a higher sequence, and takes the place of the one before in the agent's calendar."""
    allowed_for(who, partner_id, agent)
    doc = await _known_session(deps, session)
    one = doc.invitations.get(f"{partner_id}:{agent}")
    if one is None:
        raise not_found("invitation")
    person = (await deps.reads.get(people, [f"{partner_id}:{agent}"])).get(f"{partner_id}:{agent}")
    told = invited_to(doc, one, person.name if person is not None and person.name else agent)
    content = await asyncio.to_thread(as_calendar, told)
    headers = {
        "content-disposition": f'attachment; filename="{told.method.lower()}.ics"',
        "cache-control": "private, no-store",
    }
    return Response(content, headers=headers, media_type=f"text/calendar; charset=utf-8; method={told.method}")


def invited_to(doc: KnownSession, one: Invitation, name: str) -> Invited:
    """What the invitation says now. A place that was given back is a cancellation for this agent alone."""
    planned, cancelled = doc.planned, doc.cancelled
    if planned is None:
        raise not_found("session")
    changed = (cancelled.at if cancelled is not None else planned.at, one.said_at)
    return Invited(
        session=doc.session,
        method="CANCEL" if one.withdrawn or cancelled is not None else "REQUEST",
        sequence=one.sequence if one.withdrawn and cancelled is None else doc.sequence,
        said_at=max(changed),
        title=planned.title,
        starts_at=planned.starts_at,
        minutes=planned.minutes,
        time_zone=planned.time_zone,
        place=planned.place,
        contact=planned.contact,
        trainer=planned.trainer,
        agent=name,
        address=uuid.uuid5(uuid.NAMESPACE_URL, f"tallyline:agent:{one.partner}:{one.agent}").urn,
        why=cancelled.reason if cancelled is not None else "",
    )


def told_session(doc: KnownSession, who: Principal) -> dict[str, Any]:
    """The session as this caller may see it."""
    seen = {
        key: one
        for key, one in doc.invitations.items()
        if who.sees(one.partner) and (who.role != "agent" or who.agent == one.agent)
    }
    capacity = doc.planned.capacity if doc.planned is not None else 0
    return {
        "session": doc.session,
        "state": doc.state,
        "planned": doc.planned,
        "sequence": doc.sequence,
        "held": doc.held,
        "cancelled": doc.cancelled,
        "recording": doc.recording,
        "places_left": max(0, capacity - len(doc.invited)),
        "invitations": [_told_invitation(one) for _, one in sorted(seen.items())],
        "feedback": _feedback(doc),
    }


def _told_invitation(one: Invitation) -> dict[str, Any]:
    """Without the marks: what somebody said of a session is told as a part of the mean."""
    return {"partner": one.partner, "agent": one.agent, "withdrawn": one.withdrawn, "present": one.present}


def _feedback(doc: KnownSession) -> dict[str, Any]:
    given = [one.marks for one in doc.invitations.values() if one.marks]
    if not given:
        return {"given": 0, "means": {}}
    sums = {name: Decimal(sum(marks[name] for marks in given)) for name in FORM}
    return {"given": len(given), "means": {name: str((s / len(given)).quantize(HUNDREDTH)) for name, s in sums.items()}}


async def _known_session(deps: Deps, name: str) -> KnownSession:
    doc = (await deps.reads.get(sessions, [name])).get(name)
    if doc is None or doc.planned is None:
        raise not_found("session")
    return doc
