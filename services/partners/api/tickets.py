"""The routes of tickets. Our own side's notes are shown to nobody who stands on a partner's side."""

from __future__ import annotations

import hashlib
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.partners.api import examples
from services.partners.api.rules import (
    MOST_PER_PAGE,
    Anyone,
    Participant,
    RunsTickets,
    Service,
    must_be_zone,
    side_of,
)
from services.partners.domain.sla import POLICY, Turn, due
from services.partners.domain.ticket import (
    AddMessage,
    AssignTicket,
    LinkTicket,
    MergeTicket,
    OpenTicket,
    PrioritiseTicket,
    ReopenTicket,
    ResolveTicket,
    TicketId,
    UnlinkTicket,
    ticket,
)
from services.partners.domain.ticket_figures import Handled, Timed, figures, first_response, resolution
from services.partners.events.support import (
    Calendar,
    Category,
    Link,
    LinkKind,
    Opener,
    Priority,
    Side,
)
from services.partners.views.partners import partners
from services.partners.views.tickets import KnownTicket, Message, tickets
from shared.http import (
    Deps,
    accepts,
    body,
    command_id,
    command_of,
    invalid,
    json_response,
    limited,
    must_see,
    not_found,
    page,
    takes,
    time_range,
)
from shared.security import Principal

router = APIRouter(tags=["tickets"])
State = Literal["open", "waiting", "resolved", "merged"]
Group = Literal["partner", "category", "priority"]


class Measured(msgspec.Struct, frozen=True):
    """A clock of a ticket: how long it has run and stood, what is promised, when that will be reached, and whether
    the promise is broken. `due` is None while the clock stands, and once it is done."""

    running_s: float
    stopped_s: float
    promised_s: int
    done: bool
    over: bool
    due: datetime | None


class ListedTicket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket in a list."""

    id: str
    partner_id: str
    subject: str
    category: Category
    priority: Priority
    opener: Opener
    agent: str | None
    by: str
    handled_by: Side
    state: str
    assignee: str | None
    opened_at: datetime | None
    first_response: Measured
    resolution: Measured
    links: list[Link]
    merged_into: str | None


class ShownTicket(ListedTicket, frozen=True, kw_only=True):
    """A ticket with its thread, oldest first, and those of the tickets that were merged into it."""

    text: str
    outcome: str | None
    reopened: list[str]
    merged: list[str]
    calendar: Calendar | None
    thread: list[Message]


class Into(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ticket in which this one goes on."""

    into: TicketId


def id_of(partner_id: str, who: str, by: str) -> str:
    """The id of a ticket follows from who opens it by which command, so that a repeated command opens nothing twice."""
    digest = hashlib.sha256("\n".join((partner_id, who, by)).encode()).hexdigest()
    return f"{partner_id}:{digest[:12]}"


def _message_id(who: Principal, by: str) -> str:
    return hashlib.sha256(f"{who.name}\n{by}".encode()).hexdigest()[:16]


def _side(who: Principal, by: str) -> Side:
    return side_of(who)


_TICKET = "/tickets/{ticket_id}"
accepts(
    router,
    _TICKET + "/messages",
    ticket,
    AddMessage,
    service="partners",
    right="tickets.write",
    fills={"side": _side, "message_id": _message_id},
)
accepts(
    router,
    _TICKET + "/resolution",
    ticket,
    ResolveTicket,
    service="partners",
    right="tickets.write",
    fills={"side": _side},
)
accepts(router, _TICKET + "/reopening", ticket, ReopenTicket, service="partners", right="tickets.write")
accepts(router, _TICKET + "/links", ticket, LinkTicket, service="partners", right="tickets.write")
accepts(router, _TICKET + "/links", ticket, UnlinkTicket, service="partners", right="tickets.write", method="DELETE")
for path, kind in (("/assignee", AssignTicket), ("/priority", PrioritiseTicket)):
    accepts(router, _TICKET + path, ticket, kind, service="partners", right="tickets.run", method="PUT")


@router.post(
    "/tickets",
    status_code=201,
    summary="Open a ticket",
    openapi_extra=takes(OpenTicket, without=("ticket_id", "opener", "at", "by")),
    responses=examples.TICKET_OPENED,
)
async def open_ticket(request: Request, deps: Service, who: Participant) -> Response:
    """For oneself, or for an agent of the partner. Whom it has to be done by, and by which calendar the promise is
    counted, only our own side says."""
    by = command_id(request)
    ours = side_of(who) == "us"
    asked = await command_of(
        request, OpenTicket, {"ticket_id": "", "opener": "staff", "at": deps.clock(), "by": who.name}
    )
    must_see(who, asked.partner_id)
    if asked.partner_id not in await deps.reads.get(partners, [asked.partner_id]):
        raise not_found("partner")
    if not ours and (asked.handled_by, asked.calendar) != ("us", None):
        raise invalid("handled_by" if asked.calendar is None else "calendar", "is for our own side to say")
    if asked.calendar is not None:
        _must_be_open(asked.calendar)
    opener: Opener = "staff" if ours else "partner" if asked.agent is None else "agent"
    ticket_id = id_of(asked.partner_id, who.name, by)
    command = msgspec.structs.replace(asked, ticket_id=ticket_id, opener=opener)
    accepted = await deps.door.handle(ticket, ticket_id, command, command_id=by, actor=who.name)
    return json_response({"id": ticket_id, "stream": accepted.stream, "version": accepted.version}, status=201)


@router.post(
    "/tickets/{ticket_id}/merge",
    status_code=202,
    summary="Go on in another ticket",
    openapi_extra=takes(Into),
    responses=examples.TICKET_MERGED,
)
async def merge_ticket(request: Request, ticket_id: str, deps: Service, who: RunsTickets) -> Response:
    """Both are of one partner, and the other one is older: 409 `other_partner`, `merge_into_the_older`. From then on
    this ticket answers with the other one, whose thread has both."""
    asked = await body(request, Into)
    target = (await deps.reads.get(tickets, [asked.into])).get(asked.into)
    if target is None or target.opened_at is None:
        raise invalid("into", "there is no such ticket")
    command = MergeTicket(
        ticket_id=ticket_id, into=asked.into, into_opened_at=target.opened_at, at=deps.clock(), by=who.name
    )
    by = command_id(request)
    return json_response(await deps.door.handle(ticket, ticket_id, command, command_id=by, actor=who.name), status=202)


@router.get("/tickets", summary="All tickets", responses=examples.TICKETS)
async def list_tickets(
    deps: Service,
    who: Anyone,
    of_partner: Annotated[str | None, Query(alias="partner")] = None,
    state: State | None = None,
    category: Category | None = None,
    priority: Priority | None = None,
    assignee: str | None = None,
    kind: LinkKind | None = None,
    ref: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Response:
    """Those that the caller may see, by id; with `kind` and `ref`, those about one call, report, invoice or partner."""
    wanted = {"partner": of_partner, "state": state, "assignee": assignee}
    found = await deps.reads.find(tickets, {name: value for name, value in wanted.items() if value is not None})
    now = deps.clock()
    rows = [
        (key, _listed(doc, now))
        for key, doc in found
        if who.sees(doc.partner_id)
        and category in (None, doc.category)
        and priority in (None, doc.priority)
        and (ref is None or any(link.ref == ref and kind in (None, link.kind) for link in doc.links))
        and (kind is None or any(link.kind == kind for link in doc.links))
    ]
    return json_response(page(rows, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/tickets/policy", summary="What is promised for tickets", responses=examples.TICKET_POLICY)
async def show_policy(who: Anyone) -> Response:
    """By priority: within how many hours a ticket is answered first, and resolved, and what the priority is for."""
    rows = [{"priority": priority, **policy._asdict()} for priority, policy in POLICY.items()]
    return json_response({"items": rows, "next": None})


@router.get("/tickets/figures", summary="How quickly tickets are answered and resolved", responses=examples.FIGURES)
async def show_figures(
    deps: Service,
    who: Anyone,
    by: Group = "partner",
    of_partner: Annotated[str | None, Query(alias="partner")] = None,
    opened_from: Annotated[str | None, Query(alias="from")] = None,
    to: str | None = None,
) -> Response:
    """By partner, category or priority, with how many tickets each figure rests on. Merged ones do not count: they go
    on elsewhere. `from` and `to`: opened in this range, half-open."""
    if (opened_from is None) != (to is None):
        raise invalid("to" if to is None else "from", "a range has both ends")
    span = time_range(opened_from, to, ZoneInfo("UTC")) if opened_from and to else None
    found = await deps.reads.find(tickets, {} if of_partner is None else {"partner": of_partner})
    group = {"partner": "partner_id"}.get(by, by)
    rows = [
        _handled(doc, getattr(doc, group))
        for _, doc in found
        if who.sees(doc.partner_id)
        and doc.merged_into is None
        and doc.opened_at
        and (span is None or span[0] <= doc.opened_at < span[1])
    ]
    return json_response({"items": figures(rows, deps.clock()), "next": None})


@router.get("/tickets/{ticket_id}", summary="One ticket with its thread", responses=examples.TICKET)
async def get_ticket(ticket_id: str, deps: Service, who: Anyone) -> Response:
    """One that was merged answers with the ticket in which it goes on. Its tag stays while only its clocks move; it
    changes when a promise breaks."""
    must_see(who, ticket_id.partition(":")[0])
    doc = (await deps.reads.get(tickets, [ticket_id])).get(ticket_id)
    while doc is not None and doc.merged_into is not None:
        doc = (await deps.reads.get(tickets, [doc.merged_into])).get(doc.merged_into)
    if doc is None:
        raise not_found("ticket")
    parts = [doc, *await _absorbed(deps, doc)]
    thread = [message for part in parts for message in (_first(part), *part.messages)]
    mine = [message for message in thread if side_of(who) == "us" or not message.internal]
    listed = _listed(doc, deps.clock())
    shown = ShownTicket(
        **{name: getattr(listed, name) for name in listed.__struct_fields__},
        text=doc.text,
        outcome=doc.outcome,
        reopened=doc.reopened,
        merged=sorted(part.ticket_id for part in parts[1:]),
        calendar=doc.calendar,
        thread=sorted(mine, key=lambda message: (message.at, message.message_id)),
    )
    clocks = {name: _still(getattr(shown, name)) for name in ("first_response", "resolution")}
    return json_response(shown, state=msgspec.structs.replace(shown, **clocks))


def _still(clock: Measured) -> Measured:
    """A clock without the seconds that run while one looks."""
    return msgspec.structs.replace(clock, running_s=0, stopped_s=0)


async def _absorbed(deps: Deps, doc: KnownTicket) -> list[KnownTicket]:
    """All tickets that go on in this one, also by way of another one."""
    found: list[KnownTicket] = []
    wanted = doc.absorbed
    while wanted:
        docs = list((await deps.reads.get(tickets, wanted)).values())
        found += docs
        wanted = [source for one in docs for source in one.absorbed]
    return found


def _first(doc: KnownTicket) -> Message:
    """What a ticket was opened with, as the first message of its thread."""
    side: Side = "us" if doc.opener == "staff" else "partner"
    at = doc.opened_at or doc.turns[0].at
    return Message(message_id="", side=side, text=doc.text, at=at, by=doc.by)


def _handled(doc: KnownTicket, group: str) -> Handled:
    turns = [Turn(turn.side, turn.at) for turn in doc.turns]
    return Handled(group, doc.handled_by, turns, doc.answered_at, doc.promise, doc.calendar)


def _listed(doc: KnownTicket, now: datetime) -> ListedTicket:
    handled = _handled(doc, "")

    def clock(timed: Timed) -> Measured:
        done = timed.took_s is not None or doc.merged_into is not None
        reached = None if done else due(handled.turns, doc.handled_by, timed.promised_s, doc.calendar)
        return Measured(timed.running_s, timed.stopped_s, timed.promised_s, done, timed.over, reached)

    shown: dict[str, Any] = {
        name: getattr(doc, name) for name in ListedTicket.__struct_fields__ if name in KnownTicket.__struct_fields__
    }
    return ListedTicket(
        **shown,
        id=doc.ticket_id,
        state=doc.state,
        first_response=clock(first_response(handled, now)),
        resolution=clock(resolution(handled, now)),
    )


def _must_be_open(calendar: Calendar) -> None:
    """422 for hours that end before they begin, and for a zone that there is not."""
    must_be_zone("calendar.time_zone", calendar.time_zone)
    if any(opening.from_minute >= opening.to_minute for opening in calendar.open):
        raise invalid("calendar.open", "an opening ends after it begins")
    by_day = sorted((o.weekday, o.from_minute, o.to_minute) for o in calendar.open)
    if any(one[0] == two[0] and two[1] < one[2] for one, two in pairwise(by_day)):
        raise invalid("calendar.open", "openings of a day do not overlap")
