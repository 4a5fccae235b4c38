"""The page of the work list: what has somebody to look at, who, and until when."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response

from services.gateway.api.asking import Asker, everything
from services.gateway.api.gateway import Door, Selling, allowed_partner
from services.gateway.pages.acting import Form, Short, Shown, carried_out, part
from services.gateway.pages.site import page, wants_file
from services.gateway.views.codes.calls import WORK_KINDS, WORK_OWNERS
from services.gateway.views.words import _
from shared.http import require
from shared.security import Principal

router = APIRouter()
HERE, ROUTE = "/work", "/api/v1/work"
MOST = 500
FILTERS = ("owner", "kind", "partner")
Worker = Annotated[Principal, Depends(require("work.do"))]


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
    asked = {name: value or None for name, value in chosen.items()}
    if wants_file(request):
        items, more = await everything(ask, ROUTE, limit=MOST, **asked), False
    else:
        found = await ask(ROUTE, limit=MOST, **asked)
        items, more = found["items"], found["next"] is not None

    def acts(item: dict[str, Any]) -> bool:
        return viewer.may("work.do") and (viewer.partners is None or item["owner"] == "partner")

    return page(
        request,
        "work.html",
        items=items,
        more=more,
        most=MOST,
        chosen=chosen,
        owners=WORK_OWNERS,
        kinds=WORK_KINDS,
        partners=names.partners,
        agent_name=names.agent,
        acts=acts,
        said=said,
        wrong=wrong,
    )


@router.post(HERE + "/{item}/{what}")
async def act(ask: Asker, viewer: Worker, form: Form, item: str, what: Literal["take", "close"]) -> Response:
    """Take an item, or close it with a reason. The list stays filtered as it was."""
    chosen = {name: form.text(name) for name in FILTERS}
    closes = what == "close"
    doing = ask.do(f"{ROUTE}/{part(item)}/{what}", {"reason": form.text("reason")} if closes else None)
    return await carried_out(doing, HERE, _("Closed.") if closes else _("It is yours now."), **chosen)
