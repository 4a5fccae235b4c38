"""The page of hot leads: stopwatches of those that wait, and how fast they were taken over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from services.gateway.api.asking import Asker, AsViewer, everything
from services.gateway.api.gateway import Door, Selling
from services.gateway.pages.acting import Form, Shown, carried_out, part
from services.gateway.pages.site import embedded_words, page
from services.gateway.views.codes.calls import HANDOVER_POINTS, LOST_REASONS
from services.gateway.views.kpi_words import in_words
from services.gateway.views.words import UNKNOWN, _
from shared.clock import now
from shared.http import require
from shared.security import Principal

router = APIRouter()
Seller = Annotated[Principal, Depends(require("selling.run", "company"))]
"""The company's own staff take customers over."""
HERE, ROUTE = "/handovers", "/api/v1/handovers"
LOOKS_BACK = timedelta(days=30)
PER_PAGE = 500
PLACES = ("50", "90", "100")
"""The shares of hot leads whose wait is told, %."""
STATES = {"waits": _("Waits"), "urgent": _("Urgent"), "missed": _("Missed")}
WORDS = {
    **STATES,
    "lost_line": _("No connection. Trying again."),
    "signin": _("Your session is over. Sign in again."),
}


@router.get(HERE)
async def handovers(
    request: Request, gateway: Door, ask: Asker, viewer: Selling, said: Shown = "", wrong: Shown = ""
) -> Response:
    """Who waits, whom the viewer has taken, and how fast it went. A script keeps the stopwatches going."""
    today = now().date()
    takes = viewer.may("selling.run") and viewer.partners is None
    live, times, mine, names = await asyncio.gather(
        ask(f"{ROUTE}/live"),
        ask(f"{ROUTE}/times", **{"from": str(today - LOOKS_BACK), "to": str(today + timedelta(days=1))}),
        _taken_by(ask, viewer.name) if takes else asyncio.sleep(0, []),
        gateway.calls.names(),
    )
    at = datetime.fromisoformat(live["now"])

    def state_of(watch: dict[str, Any]) -> str:
        return "missed" if watch["missed"] else "urgent" if watch["escalated"] else "waits"

    def points(codes: Iterable[str]) -> str:
        return ", ".join(str(HANDOVER_POINTS.get(code, code)) for code in codes) or UNKNOWN

    return page(
        request,
        "handovers.html",
        live_now=live,
        times=times["items"],
        formula=next((in_words(one["times"]["formula"]) for one in times["items"]), ""),
        mine=mine,
        takes=takes,
        at=at,
        left=lambda watch: (datetime.fromisoformat(watch["due_at"]) - at).total_seconds(),
        state_of=state_of,
        state_words=STATES,
        points=points,
        reasons=LOST_REASONS,
        places=PLACES,
        partner_name=names.partner,
        agent_name=names.agent,
        data=embedded_words(WORDS),
        said=said,
        wrong=wrong,
    )


@router.post(HERE + "/{handover}/take")
async def take(ask: Asker, viewer: Seller, handover: str) -> Response:
    """Take the customer over."""
    return await _do(ask, handover, "take", {}, _("The customer is yours."))


@router.post(HERE + "/{handover}/outcome")
async def close(ask: Asker, viewer: Seller, form: Form, handover: str) -> Response:
    """It is done, or lost for a reason."""
    outcome = form.text("outcome")
    body = {"outcome": outcome} | ({"reason": form.text("reason")} if outcome == "lost" else {})
    return await _do(ask, handover, "outcome", body, _("Kept."))


async def _do(ask: AsViewer, handover: str, what: str, body: dict[str, Any], done: str) -> Response:
    return await carried_out(ask.do(f"{ROUTE}/{part(handover)}/{what}", body), HERE, done)


async def _taken_by(ask: AsViewer, who: str) -> list[dict[str, Any]]:
    """Those that somebody has taken and not closed, with their customers."""
    found = await everything(ask, ROUTE, state="taken", limit=PER_PAGE)
    own = [one["handover"] for one in found if one["taken"]["by"] == who]
    return [one for one in await asyncio.gather(*(ask(f"{ROUTE}/{part(id_)}") for id_ in own)) if one is not None]
