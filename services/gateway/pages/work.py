"""The page of the work list: what has somebody to look at, who, and until when."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from services.gateway.api.asking import Asker
from services.gateway.api.gateway import Door, Selling, allowed_partner
from services.gateway.pages.acting import Form, back, part, seen, went_wrong
from services.gateway.pages.site import page
from services.gateway.views.codes.calls import WORK_KINDS, WORK_OWNERS
from services.gateway.views.wallboard import key_of
from services.gateway.views.words import _
from shared.http import Problem, require
from shared.security import Principal

router = APIRouter()
HERE, ROUTE = "/work", "/api/v1/work"
MOST = 500
FILTERS = ("owner", "kind", "partner")
Worker = Annotated[Principal, Depends(require("work.do"))]
Short = Annotated[str, Query(max_length=200)]
Shown = Annotated[str, Query(max_length=400)]


@router.get(HERE)
async def work(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Selling,
    owner: Short = "",
    kind: Short = "",
    partner: Short = "",
    said: Shown = "",
    wrong: Shown = "",
) -> Response:
    """What is open, by deadline. Only who may close an item has the buttons: the company all, a partner its own."""
    names = (await gateway.calls.names()).of_partners(viewer.sees)
    chosen = {
        "owner": owner if owner in WORK_OWNERS else "",
        "kind": kind if kind in WORK_KINDS else "",
        "partner": (allowed_partner(viewer, partner) if partner else None) or "",
    }
    found = await ask(ROUTE, limit=MOST, **{name: value or None for name, value in chosen.items()})

    def acts(item: dict[str, Any]) -> bool:
        return viewer.may("work.do") and (viewer.partners is None or item["owner"] == "partner")

    return page(
        request,
        "work.html",
        items=found["items"],
        more=found["next"] is not None,
        most=MOST,
        chosen=chosen,
        owners=WORK_OWNERS,
        kinds=WORK_KINDS,
        partners=names.partners,
        agent_name=lambda item: names.agents.get(key_of(item["partner"], item["agent"] or ""), item["agent"]),
        acts=acts,
        said=said,
        wrong=wrong,
    )


@router.post(HERE + "/{item}/{what}")
async def act(ask: Asker, viewer: Worker, form: Form, item: str, what: Literal["take", "close"]) -> Response:
    """Take an item, or close it with a reason. The list stays filtered as it was."""
    chosen = {name: form.text(name) for name in FILTERS}
    at = f"{ROUTE}/{part(item)}"
    before = await ask(at)
    try:
        if what == "close":
            await ask.do(f"{at}/close", {"reason": form.text("reason")})
        else:
            await ask.do(f"{at}/take")
    except Problem as problem:
        return back(HERE, wrong=went_wrong(problem), **chosen)
    await seen(ask, at, before)
    return back(HERE, _("Closed.") if what == "close" else _("It is yours now."), **chosen)
