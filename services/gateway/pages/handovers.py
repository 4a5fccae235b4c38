"""The page of hot leads: stopwatches of those that wait, and how fast they were taken over."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from services.gateway.api.gateway import Door, Selling
from services.gateway.pages.site import embedded_words, page
from services.gateway.views.codes.calls import HANDOVER_POINTS, LOST_REASONS
from services.gateway.views.words import _
from shared.clock import now

router = APIRouter()
LOOKS_BACK = timedelta(days=30)
WORDS = {
    "waits": _("Waits"),
    "urgent": _("Urgent"),
    "missed": _("Missed"),
    "take": _("Take"),
    "take_of": _("Take the customer of {call}"),
    "done": _("Done"),
    "lost": _("Lost"),
    "why": _("Why was the customer of {call} lost?"),
    "none": _("Nobody waits."),
    "none_mine": _("You have taken nobody."),
    "none_measured": _("No hot lead in these days."),
    "lost_line": _("No connection. Trying again."),
    "signin": _("Your session is over. Sign in again."),
    "unknown": _("Not known"),
}


@router.get("/handovers")
async def handovers(request: Request, gateway: Door, viewer: Selling) -> Response:
    """The page; its script asks for everything else. Only the company's own staff take customers over."""
    seen = (await gateway.calls.names()).of_partners(viewer.sees)
    today = now().date()
    told = {
        "words": WORDS,
        "points": HANDOVER_POINTS,
        "reasons": LOST_REASONS,
        "partners": seen.partners,
        "agents": seen.agents,
        "me": viewer.name,
        "takes": viewer.may("selling.run") and viewer.partners is None,
        "from": (today - LOOKS_BACK).isoformat(),
        "to": (today + timedelta(days=1)).isoformat(),
    }
    return page(request, "handovers.html", data=embedded_words(told))
