"""The route of what is expected of a month: which partners have terms in it, and until when their reports are due."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from services.reconciliation.api import examples
from services.reconciliation.api.accuracy import Month
from services.reconciliation.api.desk import Anyone, Service
from services.reconciliation.domain.deadlines import deadlines
from services.reconciliation.matching.contract_basis import held_in
from services.reconciliation.views.counterparts import Counterpart, counterparts
from shared.http import json_response
from shared.kernel import Rejected

router = APIRouter(tags=["months"])


@router.get("/expected", summary="Reports that are expected", responses=examples.EXPECTED)
async def list_expected(deps: Service, who: Anyone, month: Month) -> Response:
    """The partners that the caller may see and whose one contract has terms in the month, by name: a report of each is
    to come."""
    found = await deps.reads.find(counterparts, {})
    told = [one for _, doc in found if who.sees(doc.partner_id) and (one := _expected(doc, month)) is not None]
    return json_response({"items": sorted(told, key=lambda one: (one["name"], one["partner_id"]))})


def _expected(doc: Counterpart, month: str) -> dict[str, Any] | None:
    try:
        contract, version = held_in(doc.contracts, month)
    except Rejected:
        return None
    due = deadlines(month, version.terms.month, None)
    return {
        "partner_id": doc.partner_id,
        "name": doc.name or doc.partner_id,
        "contract": contract,
        "version": version.number,
        "currency": version.terms.payment.currency,
        "report_due": due.report,
        "statement_due": due.statement,
    }
