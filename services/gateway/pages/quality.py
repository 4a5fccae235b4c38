"""The page of quality: samples, a call that is evaluated, agreement, and where agents struggle."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from services.gateway.api.asking import Ask, Asker, everything
from services.gateway.api.gateway import Door
from services.gateway.pages.acting import Shown, part
from services.gateway.pages.site import page
from services.gateway.views.codes.calls import RESULTS
from services.gateway.views.codes.people import (
    AGREEMENT_VERDICTS,
    EVALUATION_STATES,
    PANEL_STEPS,
    PARTIES,
    SAMPLE_REASONS,
    SIDES,
    TALK_OUTCOMES,
)
from services.gateway.views.words import UNKNOWN, _, decimal
from shared.clock import now
from shared.http import not_found, require
from shared.security import Principal

router = APIRouter()
Controller = Annotated[Principal, Depends(require("quality.evaluate"))]
Short = Annotated[str, Query(max_length=300)]
HERE, ROUTE = "/quality", "/api/v1/training"
PER_PAGE = 500
MOST_TALKS = 100
LOOKS_BACK = timedelta(days=28)
RISKS = ("very_short", "very_long", "cancelled_sale")


@router.get(HERE)
async def quality(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Controller,
    partner: Short = "",
    call: Short = "",
    day: Annotated[str, Query(max_length=10)] = "",
    form: Short = "",
    sample: Short = "",
    evaluation: Short = "",
    agreed: Short = "",
    of: Short = "",
    said: Shown = "",
    wrong: Shown = "",
) -> Response:
    """A side sees nothing of the other's evaluation before both are in: that is the service's to know.

    `sample`: whose calls are listed; `evaluation`: which one is open. `partner`, `call` and `day`: which call is
    picked, and with `form` it is open. `agreed`: by which form agreement is told; `of`: whose agents' struggles.
    """
    names = (await gateway.calls.names()).of_partners(viewer.sees)
    leads, today = viewer.may("coaching.run"), now().date()
    known = await everything(ask, f"{ROUTE}/forms", limit=PER_PAGE)
    forms = [
        (f"{one['form']}/{each['version']}", f"{each['content']['title']} ({one['form']} {each['version']})")
        for one in known
        for each in reversed(one["versions"])
    ]
    contents = {f"{one['form']}/{each['version']}": each["content"] for one in known for each in one["versions"]}
    partners = names.choice(viewer.sees, of, partner)
    of = of if of in partners else next(iter(partners), "")
    agreed = agreed if agreed in contents else next((id_ for id_, _name in forms), "")
    samples, listed, agreement, struggles, talks = await asyncio.gather(
        everything(ask, f"{ROUTE}/samples", limit=PER_PAGE),
        _sample(ask, sample),
        _agreement(ask, agreed),
        _struggles(ask, of if leads else ""),
        conversations(ask) if leads else asyncio.sleep(0, []),
    )
    return page(
        request,
        "quality.html",
        partners=partners,
        agent_name=names.agent,
        leads=leads,
        decides=viewer.may("training.run") and viewer.partners is None,
        forms=forms,
        samples=samples,
        sample=listed,
        open=await _opened(ask, viewer, contents, listed, evaluation, (partner, call, day, form)),
        agreed=agreed,
        agreement=agreement,
        questions={one["id"]: one["text"] for one in contents.get(agreed, {}).get("questions", ())},
        of=of,
        struggles=struggles,
        talks=talks,
        picked={"partner": partner, "call": call, "day": day, "form": form},
        first=(today - timedelta(days=7)).isoformat(),
        last=(today - timedelta(days=1)).isoformat(),
        risks=RISKS,
        why=SAMPLE_REASONS,
        results=RESULTS,
        states=EVALUATION_STATES,
        sides=SIDES,
        verdicts=AGREEMENT_VERDICTS,
        panel_steps=PANEL_STEPS,
        parties=PARTIES,
        outcomes=TALK_OUTCOMES,
        options_of=options_of,
        note_of=lambda opened, question: noted(opened["found"], opened["own"], question),
        two=lambda value: UNKNOWN if value is None else decimal(Decimal(f"{value:.2f}")),
        said=said,
        wrong=wrong,
    )


def options_of(question: dict[str, Any]) -> list[tuple[str, str]]:
    """The answers that a question may have."""
    own = [(one["id"], one["text"]) for one in question["options"]]
    return [*own, ("na", _("Does not apply"))] if question.get("optional") else own


def noted(found: dict[str, Any] | None, submitted: dict[str, Any] | None, question: str) -> str:
    """What a side had to say to a question; nothing where it said nothing, or its words are not kept any more."""
    name = (submitted or {}).get("noted", {}).get(question)
    return str(found["texts"].get(name, "")) if found and name else ""


async def conversations(ask: Ask) -> list[dict[str, Any]]:
    """Those that are open, with all that was said."""
    listed = await ask(f"{ROUTE}/conversations", state="open", limit=MOST_TALKS)
    paths = [f"{ROUTE}/conversations/{part(one['conversation'])}" for one in listed["items"]]
    return [one for one in await asyncio.gather(*(ask(path) for path in paths)) if one is not None]


async def _sample(ask: Ask, sample: str) -> dict[str, Any] | None:
    if not sample:
        return None
    found: dict[str, Any] | None = await ask(f"{ROUTE}/samples/{part(sample)}")
    if found is None:
        raise not_found("sample")
    return found


async def _agreement(ask: Ask, agreed: str) -> dict[str, Any] | None:
    form, _slash, version = agreed.partition("/")
    found: dict[str, Any] | None = await ask(f"{ROUTE}/calibration", form=form, version=version) if form else None
    return found


async def _struggles(ask: Ask, partner: str) -> dict[str, Any]:
    """Of the last days; nothing where nobody is asked for."""
    today = now().date()
    days = {"from": (today - LOOKS_BACK).isoformat(), "to": (today + timedelta(days=1)).isoformat()}
    found: dict[str, Any] | None = await ask(f"{ROUTE}/struggles", partner=partner, **days) if partner else None
    return found or {"findings": [], "steps": []}


async def _opened(
    ask: Ask,
    viewer: Principal,
    contents: dict[str, Any],
    sample: dict[str, Any] | None,
    evaluation: str,
    picked: tuple[str, str, str, str],
) -> dict[str, Any] | None:
    """The call that is evaluated: by the form that its sample, or whoever was first, took, else by the one that is
    picked with it. None where there is no call."""
    partner, call, day, form = picked
    id_ = evaluation or (f"{partner}:{call}" if partner and call and day and form else "")
    found = await ask(f"{ROUTE}/evaluations/{part(id_)}") if id_ else None
    told = found["evaluation"] if found else {}
    submitted = told.get("submitted", {})
    first: dict[str, Any] = next(iter(submitted.values()), {})
    place: dict[str, Any] = {"day": day} | dict(zip(("form", "version"), form.split("/"), strict=False))
    if first:
        place = {name: first[name] for name in ("day", "form", "version")}
    if sample and any(one["evaluation"] == id_ for one in sample["calls"]):
        plan = sample["sample"]["plan"] | {"sample": sample["sample"]["sample"]}
        place = {name: plan[name] for name in ("sample", "form", "version")}
    content = contents.get(f"{place.get('form')}/{place.get('version')}")
    if content is None:
        return None
    return {
        "evaluation": id_,
        "call": id_.partition(":")[2],
        "place": {"sample": place["sample"]} if "sample" in place else place,
        "content": content,
        "found": found,
        "own": submitted.get("partner" if viewer.role == "partner" else "company"),
        "recorded": told.get("recorded", {}),
        "disputes": list(told.get("disputes", {}).values()),
        "by_me": {side: one["by"] == viewer.name for side, one in submitted.items()},
        "survey": [(one["field"], _customer_said(one)) for one in (found["survey"] if found else ())],
    }


def _customer_said(answer: dict[str, Any]) -> str:
    said = next((answer[name] for name in ("choice", "number") if answer.get(name) is not None), None)
    return _("in words of their own") if said is None else str(said)
