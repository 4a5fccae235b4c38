"""The page of the system's health: what sources send, how far views are, what could not be handled, and until when what
was sent can be read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response

from services.gateway.api.asking import Asker, AsViewer, everything
from services.gateway.api.gateway import Door, Gateway
from services.gateway.api.operations import OPERATIONS, Operator
from services.gateway.pages.acting import back
from services.gateway.pages.site import page
from services.gateway.views.codes.system import KEY_HOLDS, KEY_STRENGTHS, MONTH_KEYS
from services.gateway.views.words import _
from shared.http import Problem, not_found

router = APIRouter()

HERE = "/health"
Letter = Annotated[str, Form(max_length=500)]
MOST_LETTERS = 200
MOST_KEYS = 100
NO_PARTNER = {"company": _("the company itself"), "_providers": _("providers of payment and shipping")}
"""Of whom something is sealed that is no partner's."""
SAID = {
    "identical": _("{name} is what its log says."),
    "different": _("{name} differs from its log: rebuild it, and tell the developers."),
    "rebuilt": _("{name} was built anew and switched."),
    "unbuilt": _("Not built anew: {name}"),
    "sent": _("Sent again."),
    "dismissed": _("Dismissed: it waits no more."),
    "refused": _("It still can’t be handled: {name}"),
    "kept": _("Not dismissed: {name}"),
}


@router.get("/health")
async def health(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Operator,
    service: Annotated[str, Query(max_length=40)] = "calls",
    said: Annotated[str, Query(max_length=20)] = "",
    name: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """Everything at once; `service`: whose dead letters. `said` and `name` tell what came of the last button."""
    if service not in gateway.places:
        raise not_found("service")
    views, letters, sources, cards, keys = await asyncio.gather(
        _views(gateway, ask),
        ask(f"{gateway.places[service]}{OPERATIONS}/dead-letters", service=service, limit=MOST_LETTERS),
        everything(ask, "/api/v1/sources", limit=500),
        ask("/api/v1/trust", days=1),
        everything(ask, "/api/v1/reconciliation/month-keys", limit=1000),
    )
    trusted = {card["source"]: card for card in cards["items"]}
    names = await gateway.calls.names()
    rows = [(source, trusted.get(source["id"])) for source in sorted(sources, key=lambda one: str(one["id"]))]
    return page(
        request,
        "health.html",
        views=views,
        letters=letters["items"],
        more_letters=letters["next"] is not None,
        service=service,
        services=sorted(gateway.places),
        sources=rows,
        silent=[source["id"] for source, card in rows if card and silent(card)],
        alarms=silent,
        strengths=KEY_STRENGTHS,
        partners=names.partners,
        month_keys=in_turn(keys)[:MOST_KEYS],
        keys_in_all=len(keys),
        owners={**NO_PARTNER, **names.partners},
        key_states=MONTH_KEYS,
        key_holds=KEY_HOLDS,
        streams=gateway.feed.counts,
        said=SAID[said].format(name=name) if said in SAID else "",
    )


@router.post("/health/views/{view}/{what}")
async def act_on_view(gateway: Door, ask: Asker, viewer: Operator, view: str, what: str) -> Response:
    """Verify or rebuild a view, wherever it is kept; the answer comes when that is done."""
    if what not in ("verify", "rebuild"):
        raise not_found("action")
    for place in dict.fromkeys(gateway.places.values()):
        try:
            done = await ask.do(f"{place}{OPERATIONS}/views/{quote(view, safe='')}/{what}")
        except Problem as problem:
            if problem.status == 404:
                continue
            if problem.status == 409:
                return back(HERE, "unbuilt", name=problem.detail[:300])
            raise
        said = "rebuilt" if what == "rebuild" else "identical" if done["identical"] else "different"
        return back(HERE, said, name=view)
    raise not_found("view")


@router.post("/health/letters/{service}")
async def send_again(gateway: Door, ask: Asker, viewer: Operator, service: str, letter: Letter) -> Response:
    """Send a dead letter again; why it can't be handled is told."""
    return await _done(gateway, ask, service, letter, "retry", "sent", "refused")


@router.post("/health/letters/{service}/dismissal")
async def dismiss(
    gateway: Door,
    ask: Asker,
    viewer: Operator,
    service: str,
    letter: Letter,
    reason: Annotated[str, Form(max_length=500)],
) -> Response:
    """Close a dead letter that is not to be sent again."""
    return await _done(gateway, ask, service, letter, "dismissal", "dismissed", "kept", {"reason": reason})


async def _done(
    gateway: Gateway, ask: AsViewer, service: str, letter: str, what: str, said: str, refused: str, body: Any = None
) -> Response:
    if service not in gateway.places:
        raise not_found("service")
    path = f"{gateway.places[service]}{OPERATIONS}/dead-letters/{service}/{quote(letter, safe=':')}/{what}"
    try:
        await ask.do(path, body)
    except Problem as problem:
        if problem.status not in (409, 410, 422):
            raise
        return back(HERE, refused, name=problem.detail[:300], service=service)
    return back(HERE, said, service=service)


def in_turn(keys: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What waits for people first, then what is destroyed next, then what was destroyed last."""

    def turn(key: dict[str, Any]) -> tuple[int, str, str, str]:
        return ("held", "kept", "destroyed").index(key["state"]), key["until"], key["partner_id"], key["month"]

    kept = sorted((key for key in keys if key["state"] != "destroyed"), key=turn)
    gone = sorted((key for key in keys if key["state"] == "destroyed"), key=lambda key: str(key["at"]), reverse=True)
    return kept + gone


def silent(card: dict[str, Any]) -> list[str]:
    """The kinds of which nothing came though something always does at this hour."""
    return [kind["kind"] for kind in card["kinds"] if kind["alarm"]]


async def _views(gateway: Gateway, ask: AsViewer) -> list[dict[str, Any]]:
    places: Iterable[str] = dict.fromkeys(gateway.places.values())
    found = await asyncio.gather(*(ask(f"{place}{OPERATIONS}/views") for place in places))
    views = [view for one in found for view in one["items"]]
    return sorted(views, key=lambda view: (-view["lag"], view["service"], view["view"]))
