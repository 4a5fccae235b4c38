"""The routes of what accounting was told: each attempt, and once more where it was not taken."""

from __future__ import annotations

from fastapi import APIRouter, Response

from services.reconciliation.api import billing_examples as examples
from services.reconciliation.api.desk import AtDesk, Pays, place_of
from services.reconciliation.billing.announcing import told_as
from shared.http import Problem, json_response, must_see, not_found
from shared.ports import Refused

router = APIRouter(prefix="/invoices/{invoice_id}/delivery", tags=["invoices"])


@router.get("", summary="What accounting was told", responses=examples.DELIVERY)
async def show_delivery(invoice_id: str, desk: AtDesk, who: Pays) -> Response:
    """The message of a forwarded invoice, whether it was taken, and every attempt. 404 before it is forwarded."""
    must_see(who, place_of(invoice_id)[0])
    delivery = await desk.webhooks.get(told_as(invoice_id))
    if delivery is None:
        raise not_found("delivery")
    return json_response(delivery)


@router.post("/again", status_code=202, summary="Tell accounting once more", responses=examples.DELIVERED_AGAIN)
async def deliver_again(invoice_id: str, desk: AtDesk, who: Pays) -> Response:
    """Also where it was taken before: the receiver knows it by its id. 409 `no_target` where the settings name none,
    `being_sent`."""
    must_see(who, place_of(invoice_id)[0])
    ident = told_as(invoice_id)
    if await desk.webhooks.get(ident) is None:
        raise not_found("delivery")
    try:
        return json_response(await desk.webhooks.again(ident), status=202)
    except Refused:
        raise Problem(409, "being_sent", "It is being sent just now.") from None
