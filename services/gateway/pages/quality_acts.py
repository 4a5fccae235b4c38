"""What the forms of the pages of quality do: draw, evaluate, dispute, decide, and speak about steps of the panel."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response

from services.gateway.api.asking import Asker, AsViewer
from services.gateway.pages.acting import Fields, Form, back, part, went_wrong
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
        "version": _whole(version),
        "random": _whole(form.text("random")),
        "per_stratum": _whole(form.text("per_stratum")),
        "risk": {risk: _whole(form.text(risk)) for risk in RISKS},
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
        body["version"] = _whole(form.text("version"))
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
    return await _said(ask, path, form.some("against", "text"), told, _home(viewer), evaluation)


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
    return await _said(ask, path, body, _("Kept."), HERE, evaluation)


@router.post(HERE + "/conversations")
async def speak(ask: Asker, viewer: Anyone, form: Form) -> Response:
    """With an agent about a step; an agent asks for help with it."""
    home = _home(viewer)
    try:
        await ask.do(f"{ROUTE}/conversations", form.some("partner", "agent", "page", "step", "text"))
    except Problem as problem:
        return back(home, wrong=went_wrong(problem))
    return back(home, _("Somebody will answer here.") if home == MINE else _("The agent sees it now."))


@router.post(HERE + "/conversations/{conversation}/messages")
async def say_more(ask: Asker, viewer: Anyone, form: Form, conversation: str) -> Response:
    """What else is said."""
    path = f"{ROUTE}/conversations/{part(conversation)}/messages"
    return await _said(ask, path, form.some("text"), _("Kept."), _home(viewer))


@router.post(HERE + "/conversations/{conversation}/closing")
async def close(ask: Asker, viewer: Leader, form: Form, conversation: str) -> Response:
    """What came of it."""
    path = f"{ROUTE}/conversations/{part(conversation)}/closing"
    return await _said(ask, path, form.some("outcome"), _("Kept."), HERE)


async def _said(
    ask: AsViewer, path: str, body: dict[str, Any], done: str, home: str, evaluation: str | None = None
) -> Response:
    try:
        await ask.do(path, body)
    except Problem as problem:
        return back(home, wrong=went_wrong(problem), evaluation=evaluation)
    return back(home, done, evaluation=evaluation)


def _home(viewer: Principal) -> str:
    return MINE if viewer.role == "agent" else HERE


def _named(form: Fields, prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): text for name, text in form.sent() if name.startswith(prefix)}


def _answers(form: Fields) -> dict[str, str]:
    return _named(form, ANSWER)


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
