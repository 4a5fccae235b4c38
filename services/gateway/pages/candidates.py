"""The page of recruitment: who may become an agent, what they speak, and how far they are."""

from __future__ import annotations

import secrets
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from services.gateway.api.asking import Asker, AsViewer, everything
from services.gateway.api.gateway import Door, allowed_partner
from services.gateway.pages.acting import back, went_wrong
from services.gateway.pages.site import page
from services.gateway.views.codes.people import CANDIDATE_STAGES
from services.gateway.views.words import _
from shared.http import Problem, not_found, require
from shared.security import Principal

router = APIRouter()
Recruiter = Annotated[Principal, Depends(require("recruiting.run"))]
Short = Annotated[str, Query(max_length=200)]
Said = Annotated[str, Form(max_length=300)]
Long = Annotated[str, Form(max_length=5_000)]

ROUTE = "/api/v1/training/partners"
HERE = "/rota/candidates"


@router.get(HERE)
async def candidates(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Recruiter,
    partner: Short = "",
    stage: Short = "",
    candidate: Short = "",
    said: Short = "",
    wrong: Short = "",
) -> Response:
    """All of a partner, or those of a stage; with `candidate`, who that is. `said`: what came of the last change, which
    the views may not show yet."""
    names = await gateway.calls.names()
    partners = {id_: known for id_, known in sorted(names.partners.items()) if viewer.sees(id_)}
    chosen = allowed_partner(viewer, partner) or next(iter(partners), "")
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
    return await _carried_out(ask, path, body, "PUT", partner, candidate, _("They are registered."))


@router.post("/rota/candidates/{partner}/{candidate}/person")
async def name(
    ask: Asker,
    viewer: Recruiter,
    partner: str,
    candidate: str,
    name: Said,
    email: Said = "",
    phone: Said = "",
    note: Long = "",
) -> Response:
    """Say who a candidate is: it is kept in the vault alone."""
    body = {"name": name, "email": email, "phone": phone, "note": note}
    path = f"{_of(partner, candidate)}/person"
    return await _carried_out(ask, path, body, "PUT", partner, candidate, _("It is kept in the vault."))


@router.post("/rota/candidates/{partner}/{candidate}/stage")
async def move(ask: Asker, viewer: Recruiter, partner: str, candidate: str, stage: Said, agent: Said = "") -> Response:
    """Bring a candidate to another stage."""
    body = {"stage": stage} | ({"agent": agent} if agent else {})
    path = f"{_of(partner, candidate)}/stage"
    said = _("They are there now: {stage}.").format(stage=CANDIDATE_STAGES.get(stage, stage))
    return await _carried_out(ask, path, body, "POST", partner, candidate, said)


@router.post("/rota/candidates/{partner}/{candidate}/erasure")
async def erase(ask: Asker, viewer: Recruiter, partner: str, candidate: str) -> Response:
    """Let nobody know any more who that is."""
    path = f"{_of(partner, candidate)}/erasure"
    return await _carried_out(ask, path, {}, "POST", partner, candidate, _("Nobody knows any more who that is."))


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


async def _carried_out(
    ask: AsViewer, path: str, body: Any, method: str, partner: str, candidate: str, said: str
) -> Response:
    try:
        await ask.do(path, body, method)
    except Problem as problem:
        return back(HERE, wrong=went_wrong(problem, 404), partner=partner, candidate=candidate)
    return back(HERE, said, partner=partner, candidate=candidate)


def _of(partner: str, candidate: str = "") -> str:
    path = f"{ROUTE}/{quote(partner, safe='')}/candidates"
    return f"{path}/{quote(candidate, safe='')}" if candidate else path
