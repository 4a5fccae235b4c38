"""The search across partners, agents, calls, invoices and tickets: each service answers for what its caller may see.

Nothing of a customer can be searched for: numbers and names of customers lie in the vault alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.routing import Match

from services.gateway.api.asking import Ask, Asker, everything
from services.gateway.api.gateway import Door
from services.gateway.pages.site import page
from services.gateway.views.codes import word
from services.gateway.views.codes.calls import CALL_STATES
from services.gateway.views.codes.money import INVOICE_STATES
from services.gateway.views.codes.partners import TICKET_STATES
from services.gateway.views.search import SHORTEST, Group, Hit, best
from services.gateway.views.words import UNKNOWN, _, agent_link, call_link, link, zoned
from shared.http import Problem, require
from shared.ports import StoreUnavailable
from shared.rights import Right
from shared.security import Principal

router = APIRouter()
Searching = Annotated[Principal, Depends(require("partners.read"))]
KINDS = {
    "partners": _("Partners"),
    "agents": _("Agents"),
    "calls": _("Calls"),
    "invoices": _("Invoices"),
    "tickets": _("Tickets"),
}
WAITS_S = 3.0
"""No kind is waited for longer: the page says what could not be searched."""
Reach = Callable[[str], str]
"""The address, or nothing where this system has no such page."""


@router.get("/search")
async def search(
    request: Request, gateway: Door, ask: Asker, viewer: Searching, q: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """What fits `q`: whole ids, how ids and names begin, words in names. A call by its whole id, ours or the
    platform's."""
    wanted = q.strip()

    def reach(path: str) -> str:
        scope = {"type": "http", "method": "GET", "path": path}
        routes = request.app.router.routes
        return quote(path, safe="/:") if any(route.matches(scope)[0] is Match.FULL for route in routes) else ""

    kinds: dict[str, tuple[Right, Callable[[Ask, str, Principal, Reach], Awaitable[list[Hit]]]]] = {
        "partners": ("partners.read", _partners),
        "agents": ("partners.read", _agents),
        "calls": ("figures.read", _calls),
        "invoices": ("invoices.read", _invoices),
        "tickets": ("tickets.write", _tickets),
    }
    allowed = [(kind, find) for kind, (right, find) in kinds.items() if viewer.may(right)]
    groups: list[Group] = []
    if len(wanted) >= SHORTEST:
        found = await asyncio.gather(
            *(_found(kind, find(ask, wanted, viewer, reach), wanted) for kind, find in allowed)
        )
        groups = [group for group in found if group.hits or group.failed]
    return page(
        request,
        "search.html",
        q=q,
        groups=groups,
        kinds=KINDS,
        names=await gateway.calls.names(),
        searched=[KINDS[kind] for kind, _find in allowed],
        asked=bool(wanted),
        too_short=0 < len(wanted) < SHORTEST,
    )


async def _found(kind: str, hits: Awaitable[list[Hit]], q: str) -> Group:
    try:
        async with asyncio.timeout(WAITS_S):
            return best(kind, await hits, q)
    except (Problem, StoreUnavailable, TimeoutError):
        return Group(kind=kind, failed=True)


async def _partners(ask: Ask, q: str, viewer: Principal, reach: Reach) -> list[Hit]:
    found = await everything(ask, "/api/v1/partners", limit=500)
    return [
        Hit(
            id=one["partner_id"],
            name=one["name"],
            href=reach(f"/partners/{one['partner_id']}")
            or (link("/wallboard", partner=one["partner_id"]) if viewer.may("wallboard.see") else ""),
        )
        for one in found
    ]


async def _agents(ask: Ask, q: str, viewer: Principal, reach: Reach) -> list[Hit]:
    found = await everything(ask, "/api/v1/agents", limit=500)
    sees = viewer.may("training.read")
    return [
        Hit(
            id=one["agent"],
            name=one["name"] or "",
            about=one["team"] or "",
            partner=one["partner_id"],
            href=agent_link(one["partner_id"], one["agent"]) if sees else "",
        )
        for one in found
    ]


async def _calls(ask: Ask, q: str, viewer: Principal, reach: Reach) -> list[Hit]:
    """By their whole ids alone; what is found is named by what was typed, so that it fits."""
    found = await ask("/api/v1/calls", call=q)
    return [
        Hit(
            id=one["call"],
            name=q,
            about=f"{CALL_STATES.get(one['summary']['state'], '')}, {_begun(one['summary']['started_at'])}",
            partner=one["partner"],
            href=call_link(one["call"]),
        )
        for one in (found["items"] if found else [])
    ]


def _begun(at: str | None) -> str:
    return zoned(at) if at else UNKNOWN


async def _invoices(ask: Ask, q: str, viewer: Principal, reach: Reach) -> list[Hit]:
    found = await everything(ask, "/api/v1/invoices", limit=500)
    return [
        Hit(
            id=one["invoice_id"],
            name=one["received"]["number"] if one["received"] else "",
            about=f"{one['month']}, {word(one['status'], INVOICE_STATES)}",
            partner=one["partner_id"],
            href=reach(f"/invoices/{one['invoice_id']}"),
        )
        for one in found
    ]


async def _tickets(ask: Ask, q: str, viewer: Principal, reach: Reach) -> list[Hit]:
    found = await everything(ask, "/api/v1/tickets", limit=500)
    return [
        Hit(
            id=one["id"],
            name=one["subject"],
            about=word(one["state"], TICKET_STATES),
            partner=one["partner_id"],
            href=reach(f"/tickets/{one['id']}"),
        )
        for one in found
    ]
