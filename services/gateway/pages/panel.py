"""The page that agents sell with: the call that is theirs now, its customer, what to offer, the order, the result."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from services.gateway.pages.site import PANEL, embedded_words, page
from services.gateway.views.codes.calls import HANDOVER_POINTS, RESULT_GROUPS, RESULTS
from services.gateway.views.words import _
from shared.contracts.codes import DISPOSITIONS
from shared.http import require
from shared.security import Principal

router = APIRouter()
Agent = Annotated[Principal, Depends(require("panel"))]

GIVEN = (
    "sale", "sale_upsell", "sale_cross_sell", "sale_continuity", "order_changed", "not_interested", "refused_price",
    "refused_has_it", "refused_trust", "refused_timing", "refused_competitor", "callback",
    "callback_personal", "thinking", "do_not_call", "no_answer", "busy",
    "answering_machine", "voicemail_left", "wrong_number", "disconnected",
)  # fmt: skip
"""Results that an agent gives, in the order of their groups; the others come from the platform alone."""
WORDS = {
    "idle": _("No call. The screen changes when one rings."),
    "waiting": _("Rings"),
    "in_progress": _("On call"),
    "ended": _("Ended"),
    "lost": _("No connection. Trying again; what you typed is kept."),
    "signin": _("Your session is over. Sign in again; what you typed is kept."),
    "nobody": _("The number was not sent"),
    "unknown_customer": _("New customer"),
    "dial": _("Dial the lead"),
    "no_lead": _("None: the next one comes by the rules of the campaigns."),
    "promised": _("promised for {when}"),
    "yours": _("yours for {time}"),
    "lead_over": _("The lead was yours for so long only; it is free again."),
    "say_result": _("Keep the result of the call first."),
    "given_back": _("The lead is given back."),
    "is_due": _("due"),
    "callback_kept": _("Promised: {when}"),
    "orders_before": _("Orders before"),
    "attempts_before": _("Attempts before"),
    "no_attempts": _("None yet"),
    "calls": _("{n} calls so far"),
    "cancelled": _("cancelled"),
    "no_orders": _("No orders yet"),
    "no_price": _("no price here"),
    "no_campaign": _("Nobody says to which campaign the number belongs"),
    "none_offered": _("Nothing to offer now"),
    "empty": _("Nothing in the order"),
    "remove": _("Remove {name}"),
    "take": _("Take {name}"),
    "pieces": _("Pieces of {name}"),
    "placed": _("Ordered: {order}"),
    "kept": _("Result kept: {result}"),
    "failed": _("Not done: {why}"),
    "less": _("{percent} % less"),
    "no_value": _("[no {name}]"),
    "on": _("Go on"),
    "accepted": _("Accepted"),
    "declined": _("Declined"),
    "result": _("The script ends: {code}"),
    "script": _("Script"),
    "survey": _("Survey"),
    "ask_survey": _("Ask the survey"),
    "back": _("Back to the script"),
    "survey_done": _("The survey is done."),
    "left": _("Our staff have {time} left"),
    "late": _("Late by {time}"),
    "taken": _("Our staff have taken over"),
}


@router.get(PANEL)
async def panel(request: Request, who: Agent) -> Response:
    """The page; its script asks for everything else."""
    codes = {code: RESULTS[code] for code in GIVEN}
    groups = [
        (label, [(code, name) for code, name in codes.items() if DISPOSITIONS[code].group == group])
        for group, label in RESULT_GROUPS.items()
    ]
    (partner,) = who.partners or ("",)
    told = {"words": WORDS, "partner": partner, "agent": who.name, "id": who.agent, "results": codes}
    return page(
        request,
        "panel.html",
        name=who.name,
        points=HANDOVER_POINTS,
        groups=[(label, found) for label, found in groups if found],
        data=embedded_words(told),
    )
