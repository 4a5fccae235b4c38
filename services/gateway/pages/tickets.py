"""The pages of tickets: the queue with its clocks, and one ticket with its thread."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from services.gateway.api.asking import Asker, everything
from services.gateway.pages.acting import OVER, Fields, Form, back, part, went_wrong
from services.gateway.pages.meanwhile import Field, Overtaken, asked_again, state_of
from services.gateway.pages.meanwhile import over as written_over
from services.gateway.pages.partners import Short
from services.gateway.pages.site import page, wants_file
from services.gateway.views.attention import home_of, over
from services.gateway.views.codes.partners import POLICIES, PRIORITIES, TICKET_CATEGORIES, TICKET_LINKS, TICKET_STATES
from services.gateway.views.words import KEPT, _, call_link, link
from shared.clock import now
from shared.http import Problem, not_found, require
from shared.security import Principal

router = APIRouter()
Speaks = Annotated[Principal, Depends(require("tickets.write"))]
"""Whoever may speak for one of the two sides."""
Said = Annotated[str, Query(max_length=500)]
Doc = Mapping[str, Any]

ROUTE = "/api/v1/tickets"
EDITS = {"assign": "assignee", "prioritise": "priority"}
"""What of a ticket is written over."""
FIELDS = {"assignee": Field(_("Assign to")), "priority": Field(_("Priority"), PRIORITIES)}
PER_PAGE = 500
SHOWN = 200
_ORDER = tuple(PRIORITIES)


@router.get("/tickets")
async def tickets(
    request: Request,
    ask: Asker,
    viewer: Speaks,
    partner: Short = "",
    state: Short = "",
    category: Short = "",
    priority: Short = "",
    assignee: Short = "",
    late: Short = "",
    said: Said = "",
    wrong: Said = "",
) -> Response:
    """Those that the viewer may see: what is past its promise first, then by when it is due. Without a state, those
    that are not done."""
    return await _queue(
        request,
        ask,
        viewer,
        {
            "partner": partner,
            "state": state,
            "category": category,
            "priority": priority,
            "assignee": assignee,
            "late": late,
        },
        said=said,
        wrong=wrong,
    )


@router.post("/tickets")
async def open_ticket(request: Request, ask: Asker, viewer: Speaks, form: Form) -> Response:
    """Open a ticket; why it can't be is told, and what was typed stays."""
    body = form.some("partner_id", "subject", "text", "category", "priority", "handled_by")
    if ref := form.text("ref"):
        body["links"] = [{"kind": form.text("kind") or "call", "ref": ref}]
    try:
        made = await ask.do(ROUTE, body)
    except Problem as problem:
        return await _queue(request, ask, viewer, {}, form, wrong=went_wrong(problem), status=problem.status)
    return back(f"/tickets/{part(made['id'])}", _("The ticket is open."))


@router.get("/tickets/{ticket}")
async def ticket(
    request: Request, ask: Asker, viewer: Speaks, ticket: str, said: Said = "", wrong: Said = ""
) -> Response:
    """The thread, both clocks, what it is about, and what can be said."""
    return await _one(request, ask, viewer, ticket, said=said, wrong=wrong)


@router.post("/tickets/{ticket}/{what}")
async def act(request: Request, ask: Asker, viewer: Speaks, ticket: str, what: str, form: Form) -> Response:
    """Say something, resolve, reopen, give on; why it can't be is told, and what was typed stays."""
    asked: dict[str, tuple[str, str, dict[str, Any], str]] = {
        "answer": ("POST", "/messages", _message(form), _("Said.")),
        "resolve": ("POST", "/resolution", form.some("outcome"), _("Resolved.")),
        "reopen": ("POST", "/reopening", form.some("reason"), _("Open again.")),
        "assign": ("PUT", "/assignee", form.some("assignee"), _("Given to {name}.").format(name=form.text("assignee"))),
        "prioritise": ("PUT", "/priority", form.some("priority"), _("The priority is another one.")),
        "link": ("POST", "/links", form.some("kind", "ref"), _("Linked.")),
        "unlink": ("DELETE", "/links", form.some("kind", "ref"), _("Not linked any more.")),
        "merge": ("POST", "/merge", form.some("into"), _("It goes on here.")),
    }
    if what not in asked:
        raise not_found("action")
    method, below, body, told = asked[what]
    path = f"{ROUTE}/{part(ticket)}"

    def edited(doc: Doc | None) -> object:
        if doc is None:
            raise not_found("ticket")
        return doc[EDITS[what]]

    try:
        if what in EDITS:
            write = lambda tag: ask.do(path + below, body, method, match=tag)  # noqa: E731
            await written_over(ask, path, form.text(OVER), edited, write)
        else:
            await ask.do(path + below, body, method)
    except Overtaken as found:
        name = EDITS[what]
        fields, theirs = {name: FIELDS[name]}, {name: found.now[name] or ""}
        return asked_again(request, form, fields, theirs, found.state, f"/tickets/{part(ticket)}")
    except Problem as problem:
        return await _one(request, ask, viewer, ticket, form, wrong=went_wrong(problem), status=problem.status)
    return back(f"/tickets/{part(ticket)}", told)


def clock_of(measured: Doc, at: datetime) -> tuple[str, str]:
    """A clock of a ticket in words, and its state: `bad` when the promise is broken, `warn` in its last quarter, `ok`
    while it runs, `idle` while it stands, `done`."""
    promised = _hours(measured["promised_s"])
    if measured["done"]:
        took = _hours(measured["running_s"])
        if measured["over"]:
            return _("took {took} of {promised}").format(took=took, promised=promised), "bad"
        return _("kept: {took} of {promised}").format(took=took, promised=promised), "done"
    if measured["over"]:
        past = _hours(measured["running_s"] - measured["promised_s"])
        return _("{past} past {promised}").format(past=past, promised=promised), "bad"
    left = measured["promised_s"] - measured["running_s"]
    if measured["due"] is None:
        return _("stands: {left} of {promised} left").format(left=_hours(left), promised=promised), "idle"
    due = datetime.fromisoformat(measured["due"])
    text = _("{left} of {promised} left").format(left=_hours(left), promised=promised)
    if due.date() != at.date():
        text += _(", due {day}").format(day=f"{due:%m-%d %H:%M}")
    return text, "warn" if left < measured["promised_s"] / 4 else "ok"


async def _queue(
    request: Request,
    ask: Asker,
    viewer: Principal,
    wanted: Mapping[str, str],
    form: Fields | None = None,
    said: str = "",
    wrong: str = "",
    status: int = 200,
) -> Response:
    chosen = {name: wanted.get(name, "") for name in ("partner", "state", "category", "priority", "assignee", "late")}
    query = {name: value or None for name, value in chosen.items() if name != "late"}
    listed, policy, partners = await asyncio.gather(
        everything(ask, ROUTE, **query, limit=PER_PAGE),
        ask(f"{ROUTE}/policy"),
        everything(ask, "/api/v1/partners", limit=PER_PAGE),
    )
    found = [one for one in listed if chosen["state"] or one["state"] in ("open", "waiting")]
    if chosen["late"]:
        found = [one for one in found if over(one)]
    found.sort(key=_urgency)
    at = now()
    return page(
        request,
        "tickets.html",
        status,
        tickets=found if wants_file(request) else found[:SHOWN],
        found=len(found),
        late=sum(over(one) for one in found),
        chosen=chosen,
        states=TICKET_STATES,
        categories=TICKET_CATEGORIES,
        priorities=PRIORITIES,
        policy=policy["items"],
        meanings=POLICIES,
        partners={one["partner_id"]: one["name"] for one in sorted(partners, key=lambda one: str(one["name"]))},
        clock=lambda measured: clock_of(measured, at),
        hours=_hours,
        company=viewer.partners is None,
        form=form,
        said=said,
        wrong=wrong,
    )


async def _one(
    request: Request,
    ask: Asker,
    viewer: Principal,
    ticket: str,
    form: Fields | None = None,
    said: str = "",
    wrong: str = "",
    status: int = 200,
) -> Response:
    doc = await ask(f"{ROUTE}/{part(ticket)}")
    if doc is None:
        raise not_found("ticket")
    known = await ask(f"/api/v1/partners/{part(doc['partner_id'])}")
    at = now()
    return page(
        request,
        "ticket.html",
        status,
        one=doc,
        partner=known["name"] if known else doc["partner_id"],
        states=TICKET_STATES,
        categories=TICKET_CATEGORIES,
        priorities=PRIORITIES,
        kinds=TICKET_LINKS,
        clock=lambda measured: clock_of(measured, at),
        leads_to=leads_to,
        company=viewer.partners is None,
        may_run=viewer.may("tickets.run") and viewer.partners is None,
        partner_home=home_of(doc["partner_id"]),
        form=form,
        over={what: state_of(doc[name]) for what, name in EDITS.items()},
        said=said,
        wrong=wrong,
    )


def leads_to(of: Doc, partner: str) -> str:
    """Where the page is of what a ticket is about."""
    if of["kind"] == "call":
        return call_link(of["ref"])
    if of["kind"] == "partner":
        return home_of(of["ref"])
    return link(home_of(partner, "months"), ref=of["ref"])


def _urgency(one: Doc) -> tuple[bool, bool, str, int, str]:
    due = one["resolution"]["due"] or "9"
    return (not over(one), one["state"] != "open", due, _ORDER.index(one["priority"]), one["id"])


def _message(form: Fields) -> dict[str, Any]:
    return form.some("text") | {name: True for name in ("internal", "asks") if name in form}


def _hours(seconds: float) -> str:
    """`3:20 h`, also beyond a day."""
    hours, rest = divmod(max(0, int(seconds)), 3600)
    return _("{time} h").format(time=f"{hours}:{rest // 60:02}").replace(" ", KEPT)
