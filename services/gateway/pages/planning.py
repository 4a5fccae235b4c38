"""The page on which rotas are made: people and rules go in; a rota comes out, or what makes it impossible."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from services.gateway.api.asking import Asker, AsViewer, everything
from services.gateway.api.gateway import Door, allowed_partner
from services.gateway.pages.acting import back, went_wrong
from services.gateway.pages.site import page
from services.gateway.views.codes.people import ROTA_RULES
from services.gateway.views.cover import cover
from services.gateway.views.people_lines import MINUTES, lines_of, people_of
from services.gateway.views.words import _
from shared.clock import now
from shared.http import Problem, require
from shared.security import Principal

router = APIRouter()
Planner = Annotated[Principal, Depends(require("staffing.run"))]
Short = Annotated[str, Query(max_length=200)]
Said = Annotated[str, Form(max_length=200)]
People = Annotated[str, Form(max_length=200_000)]

ROUTE = "/api/v1/training/partners"
EMPTY = {"weeks": "1", "lengths": "8", "every": "60", "rest": "11", "most": "40", "off": "2", "people": ""}
MOST_GAPS = 20


@router.get("/rota/plan")
async def plan(
    request: Request, gateway: Door, ask: Asker, viewer: Planner, partner: Short = "", name: Short = ""
) -> Response:
    """The form, with the people and the rules of the rota that is named, of the newest one, or of all agents."""
    partners = await _partners(gateway, viewer)
    chosen = allowed_partner(viewer, partner) or next(iter(partners), "")
    filled = {**EMPTY, "partner": chosen, "name": name, "first": _monday(now().date()).isoformat()}
    if chosen:
        filled |= await _before(ask, gateway, chosen, name)
    return _page(request, partners, filled)


@router.post("/rota/plan")
async def planned(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Planner,
    partner: Said,
    name: Said,
    first: Said,
    weeks: Said,
    lengths: Said,
    every: Said,
    rest: Said,
    most: Said,
    off: Said,
    action: Said,
    people: People = "",
) -> Response:
    """Try a rota, or draft it. A trial keeps nothing, so its answer is this page again; a draft leads to the rota."""
    filled = {
        "partner": partner, "name": name, "first": first, "weeks": weeks, "people": people, "lengths": lengths,
        "every": every, "rest": rest, "most": most, "off": off,
    }  # fmt: skip
    partners = await _partners(gateway, viewer)
    path = f"{ROUTE}/{quote(partner, safe='')}/rotas/{quote(name, safe='')}"
    try:
        wish = wish_of(filled)
        if action == "draft":
            await ask.do(f"{path}/draft", wish)
            return back("/rota", _("It is drafted."), partner=partner, name=name)
        tried = await ask.do(f"{path}/trial", wish)
        zone = (await ask(f"{ROUTE}/{quote(partner, safe='')}/staffing"))["time_zone"]
    except ValueError as wrong:
        return _page(request, partners, filled, said=str(wrong))
    except Problem as problem:
        nobody = problem.status == 404
        said = _("Nobody has said yet how the partner is staffed.") if nobody else went_wrong(problem)
        return _page(request, partners, filled, said=said)
    names = {rule: ROTA_RULES.get(rule, rule) for rules in tried.get("without", ()) for rule in rules}
    return _page(
        request,
        partners,
        filled,
        tried=tried,
        without=[[names[rule] for rule in rules] for rules in tried.get("without", ())],
        drawn=cover(
            date.fromisoformat(first),
            int(weeks),
            zone,
            tried["need"],
            [(datetime.fromisoformat(one["starts"]), datetime.fromisoformat(one["ends"])) for one in tried["shifts"]],
        ),
        zone=zone,
    )


@router.post("/rota/publication")
async def publish(ask: Asker, viewer: Planner, partner: Said, name: Said) -> Response:
    """Let a rota hold."""
    path = f"{ROUTE}/{quote(partner, safe='')}/rotas/{quote(name, safe='')}/publication"
    return await _carried_out(ask, path, {}, partner, name, _("It holds: people see their shifts."))


@router.post("/rota/swaps")
async def swap(ask: Asker, viewer: Planner, partner: Said, name: Said, shift: Said, to: Said, reason: Said) -> Response:
    """Give a shift to somebody else. `shift`: when it begins, and whose it is."""
    starts, _bar, agent = shift.partition("|")
    path = f"{ROUTE}/{quote(partner, safe='')}/rotas/{quote(name, safe='')}/swaps"
    body = {"agent": agent, "starts": starts, "to": to, "reason": reason}
    return await _carried_out(ask, path, body, partner, name, _("The shift is theirs."))


async def _carried_out(ask: AsViewer, path: str, body: Any, partner: str, name: str, said: str) -> Response:
    try:
        await ask.do(path, body)
    except Problem as problem:
        return back("/rota", wrong=went_wrong(problem, 404), partner=partner, name=name)
    return back("/rota", said, partner=partner, name=name)


def wish_of(filled: dict[str, str]) -> dict[str, Any]:
    """What the training service is asked for. ValueError with what can't be read."""
    people = people_of(filled["people"])
    if not people:
        raise ValueError(_("A rota needs people."))
    try:
        lengths = [round(float(part) * MINUTES) for part in filled["lengths"].split(",") if part.strip()]
        rules = {
            "shift_minutes": lengths,
            "starts_every_minutes": int(filled["every"]),
            "rest_minutes": round(float(filled["rest"]) * MINUTES),
            "most_minutes_week": round(float(filled["most"]) * MINUTES),
            "days_off": int(filled["off"]),
        }
        weeks, first = int(filled["weeks"]), date.fromisoformat(filled["first"]).isoformat()
    except (ValueError, OverflowError):
        raise ValueError(_("The rules are numbers, and the first day is a day.")) from None
    return {"first": first, "weeks": weeks, "people": people, "rules": rules}


async def _partners(gateway: Door, viewer: Principal) -> dict[str, str]:
    names = await gateway.calls.names()
    return {id_: known for id_, known in sorted(names.partners.items()) if viewer.sees(id_)}


async def _before(ask: AsViewer, gateway: Door, partner: str, name: str) -> dict[str, str]:
    """People and rules as they were last; of a partner without a rota, its agents with what they speak."""
    rows = await gateway.rotas.rotas(partner)
    wanted = name or (rows[0].rota if rows else "")
    found = await ask(f"{ROUTE}/{quote(partner, safe='')}/rotas/{quote(wanted, safe='')}") if wanted else None
    if found is None or found["drafted"] is None:
        agents = await everything(ask, "/api/v1/agents", partner=partner, limit=200)
        return {"people": lines_of(one for one in agents if one.get("languages"))}
    drafted, rules = found["drafted"], found["drafted"]["rules"]
    return {
        "people": lines_of(drafted["people"]),
        "weeks": str(drafted["weeks"]),
        "lengths": ", ".join(f"{minutes / MINUTES:g}" for minutes in rules["shift_minutes"]),
        "every": str(rules["starts_every_minutes"]),
        "rest": f"{rules['rest_minutes'] / MINUTES:g}",
        "most": f"{rules['most_minutes_week'] / MINUTES:g}",
        "off": str(rules["days_off"]),
        "first": (date.fromisoformat(drafted["first"]) + timedelta(weeks=0 if name else drafted["weeks"])).isoformat(),
    }


def _monday(day: date) -> date:
    """The next one."""
    return day + timedelta(days=7 - day.weekday())


def _page(request: Request, partners: dict[str, str], filled: dict[str, str], **more: Any) -> Response:
    known = {"tried": None, "without": [], "drawn": None, "zone": "", "said": "", "most_gaps": MOST_GAPS, **more}
    return page(request, "rota_plan.html", partners=partners, filled=filled, **known)
