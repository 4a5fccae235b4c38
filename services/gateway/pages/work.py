"""The page of the work list: what has somebody to look at, who, and until when."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.gateway.api.gateway import Door, Selling
from services.gateway.pages.site import embedded_words, page
from services.gateway.views.codes.calls import WORK_KINDS, WORK_OWNERS
from services.gateway.views.words import _

router = APIRouter()
WORDS = {
    "overdue": _("Overdue"),
    "due": _("In time"),
    "nobody": _("Nobody yet"),
    "take": _("Take"),
    "take_of": _("Take {subject}"),
    "close": _("Close"),
    "why": _("Why is nothing more to be done about {subject}?"),
    "reason": _("Reason"),
    "none": _("Nothing has to be looked at."),
    "failed": _("Not done: {why}"),
}


@router.get("/work")
async def work(request: Request, gateway: Door, viewer: Selling) -> Response:
    """The page; its script asks for everything else."""
    seen = (await gateway.calls.names()).of_partners(viewer.sees)
    told = {
        "words": WORDS,
        "kinds": WORK_KINDS,
        "owners": WORK_OWNERS,
        "partners": seen.partners,
        "agents": seen.agents,
        "acts": viewer.may("work.do"),
        "company": viewer.partners is None,
    }
    return page(
        request, "work.html", data=embedded_words(told), owners=WORK_OWNERS, kinds=WORK_KINDS, partners=seen.partners
    )
