"""The page of one order: what was ordered at which prices, what became of it, and the call that brought it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.gateway.api.asking import Asker
from services.gateway.api.gateway import Door, Selling
from services.gateway.pages.acting import part
from services.gateway.pages.site import page
from services.gateway.views.codes.calls import FULFILMENT_STATES, LINE_KINDS, ORDER_STATES, PAYMENT_STATES
from services.gateway.views.words import _
from shared.http import not_found

router = APIRouter()
STEP_WORDS = {
    "OrderCancelled": _("Cancelled"),
    "OrderReturned": _("Came back"),
    "PaymentMoved": _("Payment"),
    "FulfilmentMoved": _("Goods"),
    "MessageNoted": _("Message that changed nothing"),
}


@router.get("/orders/{order}")
async def show(request: Request, gateway: Door, ask: Asker, viewer: Selling, order: str) -> Response:
    """An order that the viewer may see: the service says which."""
    found = await ask(f"/api/v1/orders/{part(order)}")
    if found is None or found.get("placed") is None:
        raise not_found("order")
    names, placed = await gateway.calls.names(), found["placed"]
    return page(
        request,
        "order.html",
        order=found,
        placed=placed,
        history=found.get("history", []),
        partner=names.partner(found["partner"]),
        campaign=names.campaign(placed["campaign"]) if placed.get("campaign") else None,
        agent=names.agent(found["partner"], placed["agent"]) if placed.get("agent") else None,
        states=ORDER_STATES,
        payments=PAYMENT_STATES,
        fulfilments=FULFILMENT_STATES,
        kinds=LINE_KINDS,
        steps=STEP_WORDS,
    )
