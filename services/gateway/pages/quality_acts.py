"""What the forms of the pages of quality do: draw, evaluate, dispute, decide, and speak about steps of the panel."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response

from services.gateway.api.asking import Asker
from services.gateway.pages.acting import Fields, Form, back, carried_out, part, went_wrong, whole
from services.gateway.pages.my_quality import MINE
from services.gateway.pages.quality import HERE, RISKS, ROUTE, Controller
from services.gateway.views.words import _, plural
from shared.http import Problem, require
from shared.security import Principal

router = APIRouter()
Anyone = Annotated[Principal, Depends(require("training.own"))]
"""Agents too."""
Leader = Annotated[Principal, Depends(require("coaching.run"))]
ANSWER, NOTE = "a-", "n-"
"""What the fields of questions begin with: an answer, and a note on it."""


@router.post(HERE + "/samples")
async def draw(ask: Asker, viewer: Controller, form: Form) -> Response:
    """Draw a sample by the form's plan."""
    name, _slash, version = form.text("form").partition("/")
    plan = {
        **form.some("since", "until", "seed", "sides"),
        "form": name,
        "version": whole(version) or 0,
        "random": whole(form.text("random")) or 0,
        "per_stratum": whole(form.text("per_stratum")) or 0,
        "risk": {risk: whole(form.text(risk)) or 0 for risk in RISKS},
    }
    sample = f"{form.text('partner')}:{form.text('name')}"
    try:
        drawn = await ask.do(f"{ROUTE}/samples/{part(sample)}", plan)
    except Problem as problem:
        return back(HERE, wrong=went_wrong(problem))
    told = plural("Drawn of %(n)s talk.", "Drawn of %(n)s talks.", drawn["population"])
    return back(HERE, told, fragment="sample", sample=sample)


@router.post(HERE + "/evaluations/{evaluation}")
async def evaluate(ask: Asker, viewer: Controller, form: Form, evaluation: str) -> Response:
    """The answers of the viewer's side."""
    body: dict[str, Any] = {
        "answers": _answers(form),
        "notes": _named(form, NOTE),
        **form.some("sample", "day", "form"),
    }
    if "version" in form:
        body["version"] = whole(form.text("version")) or 0
    where = form.some("sample") or {"evaluation": evaluation}
    try:
        await ask.do(f"{ROUTE}/evaluations/{part(evaluation)}", body, "PUT")
    except Problem as problem:
        return back(HERE, wrong=went_wrong(problem), **where)
    return back(HERE, _("Kept."), fragment="sample" if "sample" in where else "evaluation", **where)


@router.post(HERE + "/evaluations/{evaluation}/disputes")
async def dispute(ask: Asker, viewer: Anyone, form: Form, evaluation: str) -> Response:
    """Say what is wrong with an evaluation."""
    path = f"{ROUTE}/evaluations/{part(evaluation)}/disputes"
    told = _("It will be answered here.")
    return await carried_out(ask.do(path, form.some("against", "text")), _home(viewer), told, evaluation=evaluation)


@router.post(HERE + "/evaluations/{evaluation}/disputes/{dispute}/{what}")
async def settle(
    ask: Asker,
    viewer: Controller,
    form: Form,
    evaluation: str,
    dispute: str,
    what: Literal["answer", "stands", "changed"],
) -> Response:
    """Answer a dispute as who evaluated, or decide it."""
    below = "answer" if what == "answer" else "decision"
    path = f"{ROUTE}/evaluations/{part(evaluation)}/disputes/{part(dispute)}/{below}"
    body: dict[str, Any] = form.some("text")
    if what != "answer":
        body["decision"] = what
    if what == "changed":
        body["answers"] = _answers(form)
    return await carried_out(ask.do(path, body), HERE, _("Kept."), evaluation=evaluation)


@router.post(HERE + "/conversations")
async def speak(ask: Asker, viewer: Anyone, form: Form) -> Response:
    """With an agent about a step; an agent asks for help with it."""
    home = _home(viewer)
    doing = ask.do(f"{ROUTE}/conversations", form.some("partner", "agent", "page", "step", "text"))
    told = _("Somebody will answer here.") if home == MINE else _("The agent sees it now.")
    return await carried_out(doing, home, told)


@router.post(HERE + "/conversations/{conversation}/messages")
async def say_more(ask: Asker, viewer: Anyone, form: Form, conversation: str) -> Response:
    """What else is said."""
    path = f"{ROUTE}/conversations/{part(conversation)}/messages"
    return await carried_out(ask.do(path, form.some("text")), _home(viewer), _("Kept."))


@router.post(HERE + "/conversations/{conversation}/closing")
async def close(ask: Asker, viewer: Leader, form: Form, conversation: str) -> Response:
    """What came of it."""
    path = f"{ROUTE}/conversations/{part(conversation)}/closing"
    return await carried_out(ask.do(path, form.some("outcome")), HERE, _("Kept."))


def _home(viewer: Principal) -> str:
    return MINE if viewer.role == "agent" else HERE


def _named(form: Fields, prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): text for name, text in form.sent() if name.startswith(prefix)}


def _answers(form: Fields) -> dict[str, str]:
    return _named(form, ANSWER)
