"""The page that agents sell with: the call that is theirs now, its customer, what to offer, the order, the result."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from markupsafe import Markup

from services.gateway.pages.site import PANEL, page
from services.gateway.views.words import _
from shared.contracts.codes import DISPOSITIONS
from shared.http import require
from shared.security import Principal

router = APIRouter()
Agent = Annotated[Principal, Depends(require("panel"))]

GROUPS = {
    "sale": _("Sale"),
    "refusal": _("Refusal"),
    "open": _("Open"),
    "service": _("Service"),
    "not_reached": _("Not reached"),
    "bad_data": _("Wrong data"),
    "legal": _("Legal"),
}
"""Results that an agent gives, by their groups; the others come from the platform alone."""
RESULTS = {
    "sale": _("Sale"),
    "sale_upsell": _("Sale with upsell"),
    "sale_cross_sell": _("Sale with cross-sell"),
    "sale_continuity": _("Sale of repeat shipments"),
    "order_changed": _("Order changed"),
    "not_interested": _("Not interested"),
    "refused_price": _("Too expensive"),
    "refused_has_it": _("Has it already"),
    "refused_trust": _("No trust"),
    "refused_timing": _("Not now"),
    "refused_competitor": _("Buys elsewhere"),
    "callback": _("Call back, anybody"),
    "callback_personal": _("Call back, myself"),
    "thinking": _("Thinks about it"),
    "do_not_call": _("Never call again"),
}
POINTS = {
    "ready_to_buy": _("Ready to buy"),
    "large_order": _("Large order"),
    "asks_price": _("Asks for a price"),
    "asks_terms": _("Asks for terms"),
    "compares_offers": _("Compares offers"),
    "existing_customer": _("Customer of ours"),
    "needs_expert": _("Needs an expert"),
    "wants_callback": _("Wants to be called back"),
    "other_language": _("Speaks another language"),
    "complaint_risk": _("May complain"),
}
"""What matters about a customer who is handed over, by the codes of the contract."""
WORDS = {
    "idle": _("No call. The screen changes when one rings."),
    "waiting": _("Rings"),
    "in_progress": _("On call"),
    "ended": _("Ended"),
    "lost": _("No connection. Trying again; what you typed is kept."),
    "signin": _("Your session is over. Sign in again; what you typed is kept."),
    "nobody": _("The number was not sent"),
    "unknown_customer": _("New customer"),
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
    "on": _("Go on"),
    "accepted": _("Accepted"),
    "declined": _("Declined"),
    "result": _("The script ends: {code}"),
    "left": _("Our staff have {time} left"),
    "late": _("Late by {time}"),
    "taken": _("Our staff have taken over"),
}


@router.get(PANEL)
async def panel(request: Request, who: Agent) -> Response:
    """The page; its script asks for everything else."""
    codes = {code: name for code, name in RESULTS.items() if code in DISPOSITIONS}
    groups = [
        (label, [(code, name) for code, name in codes.items() if DISPOSITIONS[code].group == group])
        for group, label in GROUPS.items()
    ]
    (partner,) = who.partners or ("",)
    told = msgspec.json.encode({"words": WORDS, "partner": partner, "agent": who.name, "results": codes}).decode()
    return page(
        request,
        "panel.html",
        name=who.name,
        points=POINTS,
        groups=[(label, found) for label, found in groups if found],
        data=Markup(told.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")),  # noqa: S704 - nothing in it ends the element
    )
