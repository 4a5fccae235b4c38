"""The page of recruitment: who may become an agent, what they speak, and how far they are."""

from __future__ import annotations

import secrets
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Form as Part

from services.gateway.api.asking import Asker, AsViewer, everything
from services.gateway.api.gateway import Door, chosen_partner
from services.gateway.pages.acting import OVER, Form, Short, Shown, back, carried_out, went_wrong
from services.gateway.pages.meanwhile import Field, Overtaken, asked_again, over, state_of
from services.gateway.pages.site import page
from services.gateway.views.codes.people import CANDIDATE_STAGES
from services.gateway.views.words import _, link
from shared.http import Problem, not_found, require
from shared.security import Principal

router = APIRouter()
Recruiter = Annotated[Principal, Depends(require("recruiting.run"))]
Said = Annotated[str, Part(max_length=300)]

ROUTE = "/api/v1/training/partners"
HERE = "/rota/candidates"
STAGE = {"stage": Field(_("Next stage"), CANDIDATE_STAGES)}
PERSON = {
    "name": Field(_("Name")),
    "email": Field(_("E-mail")),
    "phone": Field(_("Telephone")),
    "note": Field(_("What was said of them")),
}


@router.get(HERE)
async def candidates(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Recruiter,
    partner: Short = "",
    stage: Short = "",
    candidate: Short = "",
    said: Shown = "",
    wrong: Shown = "",
) -> Response:
    """All of a partner, or those of a stage; with `candidate`, who that is. `said`: what came of the last change, which
    the views may not show yet."""
    names = await gateway.calls.names()
    partners, chosen = chosen_partner(viewer, names, partner)
    known = CANDIDATE_STAGES.keys() & {stage}
    rows = await everything(ask, _of(chosen), stage=next(iter(known), None)) if chosen else []
    one = await ask(_of(chosen, candidate)) if chosen and candidate else None
    if candidate and one is None and not said and not wrong:
        raise not_found("candidate")
    return page(
        request,
        "candidates.html",
        partners=partners,
        partner=chosen,
        stage=stage if known else "",
        stages=CANDIDATE_STAGES,
        rows=sorted(rows, key=lambda row: (list(CANDIDATE_STAGES).index(row["stage"]), row["candidate"])),
        one=one,
        fresh=f"c-{secrets.token_hex(4)}",
        over={"stage": state_of(_stage(one)), "person": state_of(_person(one))},
        spoken=spoken,
        said=said,
        wrong=wrong,
    )


@router.post("/rota/candidates/{partner}/{candidate}")
async def register(
    ask: Asker, viewer: Recruiter, partner: str, candidate: str, languages: Said, skills: Said = ""
) -> Response:
    """Get to know a candidate. The id was in the form: sent twice, it is one candidate."""
    try:
        body = {
            "languages": languages_of(languages),
            "skills": [one.strip() for one in skills.split(",") if one.strip()],
        }
    except ValueError as wrong:
        return back(HERE, wrong=str(wrong), partner=partner)
    path = _of(partner, candidate)
    return await _do(ask, path, body, "PUT", partner, candidate, _("They are registered."))


@router.post("/rota/candidates/{partner}/{candidate}/person")
async def name(request: Request, ask: Asker, viewer: Recruiter, partner: str, candidate: str, form: Form) -> Response:
    """Say who a candidate is: it is kept in the vault alone."""
    path, body = _of(partner, candidate), {field: form.text(field) for field in PERSON}
    try:
        write = lambda tag: ask.do(f"{path}/person", body, "PUT", tag)  # noqa: E731
        await over(ask, path, form.text(OVER), _person, write)
    except Overtaken as found:
        where = link(HERE, partner=partner, candidate=candidate)
        return asked_again(request, form, PERSON, _person(found.now) or {}, found.state, where)
    except Problem as problem:
        return back(HERE, wrong=went_wrong(problem, 404), partner=partner, candidate=candidate)
    return back(HERE, _("It is kept in the vault."), partner=partner, candidate=candidate)


@router.post("/rota/candidates/{partner}/{candidate}/stage")
async def move(request: Request, ask: Asker, viewer: Recruiter, partner: str, candidate: str, form: Form) -> Response:
    """Bring a candidate to another stage."""
    path, stage = _of(partner, candidate), form.text("stage")
    try:
        write = lambda tag: ask.do(f"{path}/stage", form.some("stage", "agent"), match=tag)  # noqa: E731
        await over(ask, path, form.text(OVER), _stage, write)
    except Overtaken as found:
        where = link(HERE, partner=partner, candidate=candidate)
        return asked_again(request, form, STAGE, _stage(found.now) or {}, found.state, where)
    except Problem as problem:
        return back(HERE, wrong=went_wrong(problem, 404), partner=partner, candidate=candidate)
    said = _("They are there now: {stage}.").format(stage=CANDIDATE_STAGES.get(stage, stage))
    return back(HERE, said, partner=partner, candidate=candidate)


@router.post("/rota/candidates/{partner}/{candidate}/erasure")
async def erase(ask: Asker, viewer: Recruiter, partner: str, candidate: str) -> Response:
    """Let nobody know any more who that is."""
    path = f"{_of(partner, candidate)}/erasure"
    return await _do(ask, path, {}, "POST", partner, candidate, _("Nobody knows any more who that is."))


def languages_of(text: str) -> list[dict[str, Any]]:
    """`de C1 tested, en B2`. ValueError with what can't be read."""
    found: list[dict[str, Any]] = []
    for part in text.split(","):
        words = part.split()
        if len(words) not in (2, 3) or words[2:] not in ([], ["tested"]):
            raise ValueError(_("A language has a level, such as de C1: {text}").format(text=part.strip()[:50]))
        level = words[1] if words[1] == "native" else words[1].upper()
        found.append({"language": words[0].lower(), "level": level, "tested": len(words) == 3})
    return found


def spoken(languages: list[dict[str, Any]]) -> str:
    """The same, for a reader."""
    return ", ".join(
        f"{one['language']} {one['level']}" + (f" ({_('tested')})" if one.get("tested") else "") for one in languages
    )


async def _do(ask: AsViewer, path: str, body: Any, method: str, partner: str, candidate: str, said: str) -> Response:
    return await carried_out(ask.do(path, body, method), HERE, said, 404, partner=partner, candidate=candidate)


def _stage(one: dict[str, Any] | None) -> dict[str, str] | None:
    return one and {"stage": one["stage"]}


def _person(one: dict[str, Any] | None) -> dict[str, str] | None:
    """Who the candidate is, as the form has it; None of nobody."""
    person = one and one["person"]
    return person and {field: person.get(field, "") for field in PERSON}


def _of(partner: str, candidate: str = "") -> str:
    path = f"{ROUTE}/{quote(partner, safe='')}/candidates"
    return f"{path}/{quote(candidate, safe='')}" if candidate else path
