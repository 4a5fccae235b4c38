"""The routes of billing: who bills whom, to which account, which sales were lost, and what a month will cost."""

from __future__ import annotations

from fastapi import APIRouter, Response

from services.reconciliation.api import billing_examples as examples
from services.reconciliation.api.desk import NAME, AtDesk, SeesInvoices, Service, place_of
from services.reconciliation.domain.account import CallBack, ConfirmAccount, NameAccount, RefuseAccount, account
from services.reconciliation.domain.billing import DescribeBilling, LoseSale, billing
from services.reconciliation.invoices.expectation import Expectation
from services.reconciliation.views.billings import billings
from shared.http import accepts, json_response, must_see, not_found

router = APIRouter(tags=["billing"])
_ACCOUNT = "/partners/{partner_id}/account"

accepts(
    router, "/partners/{partner_id}/billing", billing, DescribeBilling, service=NAME, right="invoices.run", method="PUT"
)
accepts(router, "/partners/{partner_id}/lost-sales", billing, LoseSale, service=NAME, right="invoices.run")
accepts(router, _ACCOUNT, account, NameAccount, service=NAME, right="invoices.run")
accepts(router, f"{_ACCOUNT}/call-back", account, CallBack, service=NAME, right="invoices.run")
accepts(router, f"{_ACCOUNT}/confirmation", account, ConfirmAccount, service=NAME, right="invoices.run")
accepts(router, f"{_ACCOUNT}/refusal", account, RefuseAccount, service=NAME, right="invoices.run")


@router.get("/partners/{partner_id}/billing", summary="How a partner bills", responses=examples.BILLING)
async def show_billing(partner_id: str, deps: Service, who: SeesInvoices) -> Response:
    """Parties, the bank account that is confirmed and the one that waits to be, and the ledger of commissions."""
    must_see(who, partner_id)
    doc = (await deps.reads.get(billings, [partner_id])).get(partner_id)
    if doc is None:
        raise not_found("billing")
    return json_response(doc)


@router.get(_ACCOUNT, summary="The account that a partner is paid to", responses=examples.ACCOUNT)
async def show_account(partner_id: str, deps: Service, who: SeesInvoices) -> Response:
    """The one that is confirmed, the one that waits to be, whether somebody called back, and the last refusal."""
    must_see(who, partner_id)
    doc = (await deps.reads.get(billings, [partner_id])).get(partner_id)
    if doc is None:
        raise not_found("account")
    told = {name: getattr(doc, name) for name in ("confirmed", "named", "called_back", "refused")}
    return json_response({"partner_id": partner_id, **told})


@router.get("/months/{month_id}/prediction", summary="What the month will cost", responses=examples.PREDICTION)
async def predict(month_id: str, deps: Service, desk: AtDesk, who: SeesInvoices) -> Response:
    """The price to the cent, with a line a step and the clause that each rests on: of the agreed quantities, else of
    our count so far. 409 `no_terms`, `no_billing`, `not_ratable`."""
    partner_id, month = place_of(month_id)
    must_see(who, partner_id)
    expected: Expectation = (await desk.expecting.of(partner_id, month)).expectation
    told = {
        "month_id": month_id,
        "agreed": expected.basis.reference is not None,
        "basis": expected.basis,
        "rating": expected.rating,
        "payment": expected.payment,
        "iban": expected.iban,
    }
    return json_response(told)
