"""The page on which rotas are made: people and rules go in; a rota comes out, or what makes it impossible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Form as Part

from services.gateway.api.asking import Ask, Asker, AsViewer, everything
from services.gateway.api.gateway import Door, chosen_partner
from services.gateway.pages.acting import OVER, Form, Short, back, carried_out, went_wrong
from services.gateway.pages.meanwhile import Field, Overtaken, asked_again, over, state_in, state_of, states_of
from services.gateway.pages.site import page
from services.gateway.views.called import Called
from services.gateway.views.codes.people import ROTA_RULES
from services.gateway.views.cover import cover
from services.gateway.views.people_lines import MINUTES, lines_of, people_of
from services.gateway.views.words import UNKNOWN, _, link, plural
from shared.clock import now
from shared.http import Problem, require
from shared.security import Principal

router = APIRouter()
Planner = Annotated[Principal, Depends(require("staffing.run"))]
Said = Annotated[str, Part(max_length=200)]

ROUTE = "/api/v1/training/partners"
EMPTY = {"over": "", "weeks": "1", "lengths": "8", "every": "60", "rest": "11", "most": "40", "off": "2", "people": ""}
MOST_GAPS = 20
MOST_NAME = 200
FIELDS = {
    "first": Field(_("First day")),
    "weeks": Field(_("Weeks")),
    "lengths": Field(_("Lengths of shifts, hours")),
    "every": Field(_("Begin every, minutes")),
    "rest": Field(_("Rest, hours")),
    "most": Field(_("Hours a week at most")),
    "off": Field(_("Days off a week")),
    "people": Field(_("People, one a line: name: languages; hours a week; days away")),
}
SHIFTS = {"shifts": Field(_("Shifts"), {})}


@router.get("/rota/plan")
async def plan(
    request: Request, gateway: Door, ask: Asker, viewer: Planner, partner: Short = "", name: Short = ""
) -> Response:
    """The form, with the people and the rules of the rota that is named, of the newest one, or of all agents."""
    partners, chosen = chosen_partner(viewer, await gateway.calls.names(), partner)
    filled = {**EMPTY, "partner": chosen, "name": name, "first": _monday(now().date()).isoformat()}
    if chosen:
        filled |= await _before(ask, gateway, chosen, name)
        filled["over"] = states_of({name: await _drafted(ask, chosen, name)} if name else {})
    return _page(request, partners, filled)


@router.post("/rota/plan")
async def planned(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Planner,
    form: Form,
) -> Response:
    """Try a rota, or draft it. A trial keeps nothing, so its answer is this page again; a draft leads to the rota."""
    partner, name = form.text("partner")[:MOST_NAME], form.text("name")[:MOST_NAME]
    filled = {"partner": partner, "name": name, "over": form.text(OVER)} | {field: form.text(field) for field in FIELDS}
    partners = (await gateway.calls.names()).choice(viewer.sees, partner)
    path = _of(partner, name)
    try:
        wish = wish_of(filled, _called(await _agents(ask, partner)))
        if form.text("action") == "draft":
            was = state_in(form.text(OVER), name)
            await over(ask, path, was, _content, lambda tag: ask.do(f"{path}/draft", wish, match=tag))
            return back("/rota", _("It is drafted."), partner=partner, name=name)
        tried = await ask.do(f"{path}/trial", wish)
        zone = (await ask(f"{ROUTE}/{quote(partner, safe='')}/staffing"))["time_zone"]
    except Overtaken as found:
        theirs = await _before(ask, gateway, partner, name)
        state = states_of({name: _content(found.now)})
        by, at = _last(found.now)
        return asked_again(request, form, FIELDS, theirs, state, link("/rota", partner=partner, name=name), by, at)
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
            date.fromisoformat(filled["first"]),
            int(filled["weeks"]),
            zone,
            tried["need"],
            [(datetime.fromisoformat(one["starts"]), datetime.fromisoformat(one["ends"])) for one in tried["shifts"]],
        ),
        zone=zone,
    )


@router.post("/rota/publication")
async def publish(request: Request, gateway: Door, ask: Asker, viewer: Planner, form: Form) -> Response:
    """Let a rota hold, as it was looked at."""
    partner, name = form.text("partner")[:MOST_NAME], form.text("name")[:MOST_NAME]
    path = _of(partner, name)
    try:
        await over(ask, path, form.text(OVER), _content, lambda tag: ask.do(f"{path}/publication", match=tag))
    except Overtaken as found:
        names, content = await gateway.calls.names(), _content(found.now) or {"shifts": []}
        theirs = {"shifts": shifts_told(content["shifts"], lambda who: names.agent(partner, who))}
        by, at = _last(found.now)
        where = link("/rota", partner=partner, name=name)
        return asked_again(request, form, SHIFTS, theirs, found.state, where, by, at)
    except Problem as problem:
        return back("/rota", wrong=went_wrong(problem, 404), partner=partner, name=name)
    return back("/rota", _("It holds: people see their shifts."), partner=partner, name=name)


@router.post("/rota/swaps")
async def swap(ask: Asker, viewer: Planner, partner: Said, name: Said, shift: Said, to: Said, reason: Said) -> Response:
    """Give a shift to somebody else. `shift`: when it begins, and whose it is."""
    starts, _bar, agent = shift.partition("|")
    body = {"agent": agent, "starts": starts, "to": to, "reason": reason}
    doing = ask.do(f"{_of(partner, name)}/swaps", body)
    return await carried_out(doing, "/rota", _("The shift is theirs."), 404, partner=partner, name=name)


def shifts_told(shifts: Iterable[Any], agent_name: Callable[[str], str]) -> str:
    """Shifts in a sentence: how many, and of whom."""
    agents = [one["agent"] for one in shifts]
    of = ", ".join(f"{agent_name(who)} {agents.count(who)}" for who in sorted(set(agents)))
    return f"{plural('%(n)s shift', '%(n)s shifts', len(agents))}: {of}" if agents else UNKNOWN


async def state_of_rota(ask: Ask, partner: str, name: str) -> str:
    """What the button that publishes was drawn from."""
    return state_of(await _drafted(ask, partner, name))


async def _drafted(ask: Ask, partner: str, name: str) -> Any:
    return _content(await ask(_of(partner, name)))


def _content(rota: Any) -> Any:
    """What of a rota somebody else may have changed."""
    return rota and {"drafted": rota["drafted"], "shifts": rota["shifts"]}


def _last(rota: Any) -> tuple[str, str | None]:
    """Who drafted it last, and when."""
    drafted = (rota or {}).get("drafted") or {}
    return drafted.get("by", ""), drafted.get("at")


def _of(partner: str, name: str) -> str:
    return f"{ROUTE}/{quote(partner, safe='')}/rotas/{quote(name, safe='')}"


def wish_of(filled: dict[str, str], agents: Called) -> dict[str, Any]:
    """What the training service is asked for. ValueError with what can't be read."""
    people = people_of(filled["people"], agents)
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


async def _agents(ask: AsViewer, partner: str) -> list[dict[str, Any]]:
    return await everything(ask, "/api/v1/agents", partner=partner, limit=200)


def _called(agents: Iterable[Mapping[str, Any]]) -> Called:
    return Called({one["agent"]: one["name"] or one["agent"] for one in agents})


async def _before(ask: AsViewer, gateway: Door, partner: str, name: str) -> dict[str, str]:
    """People and rules as they were last; of a partner without a rota, its agents with what they speak."""
    rows = await gateway.rotas.rotas(partner)
    wanted = name or (rows[0].rota if rows else "")
    found = await ask(f"{ROUTE}/{quote(partner, safe='')}/rotas/{quote(wanted, safe='')}") if wanted else None
    agents = await _agents(ask, partner)
    called = _called(agents)
    if found is None or found["drafted"] is None:
        return {"people": lines_of((one for one in agents if one.get("languages")), called)}
    drafted, rules = found["drafted"], found["drafted"]["rules"]
    return {
        "people": lines_of(drafted["people"], called),
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
