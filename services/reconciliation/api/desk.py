"""What the routes of this service work with, beside what every route has."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.reconciliation.billing.books import Books
from services.reconciliation.billing.expecting import Expecting
from services.reconciliation.billing.readings import Readings
from services.reconciliation.billing.taking_in import TakingIn
from services.reconciliation.gathering import Gathering
from services.reconciliation.matching.kept import Kept, unpacked
from services.reconciliation.retention import Retention
from services.reconciliation.running.mending import Mending
from services.reconciliation.running.notes import Runs
from services.reconciliation.running.sealing import Sealed
from services.reconciliation.views.months import KnownMonth, months
from shared.http import Deps, Problem, deps_of, must_see, not_found, require
from shared.kernel import Rejected
from shared.security import Principal
from shared.webhooks import Webhooks

NAME = "reconciliation"


@dataclass(frozen=True)
class Desk:
    """The rooms of the service that routes ask; `app.state.reconciliation` holds the service's. `books`: the accounts
    that the settings name."""

    runs: Runs
    sealed: Sealed
    gathering: Gathering
    mending: Mending
    expecting: Expecting
    readings: Readings
    taking_in: TakingIn
    books: Books | None
    webhooks: Webhooks
    retention: Retention


async def _desk(request: Request) -> Desk:
    found: Desk = request.app.state.reconciliation
    return found


Service = Annotated[Deps, Depends(deps_of(NAME))]
AtDesk = Annotated[Desk, Depends(_desk)]
Anyone = Annotated[Principal, Depends(require("reconciliation.read"))]
Reports = Annotated[Principal, Depends(require("reconciliation.report"))]
"""Who hands a partner's report in: the partner itself, or who reconciles."""
Reconciles = Annotated[Principal, Depends(require("reconciliation.run"))]
SeesInvoices = Annotated[Principal, Depends(require("invoices.read"))]
Pays = Annotated[Principal, Depends(require("invoices.run"))]
"""Who checks invoices and lets them be paid."""


def place_of(month_id: str) -> tuple[str, str]:
    """Partner and month."""
    partner, _, month = month_id.partition(":")
    return partner, month


async def known_month(deps: Deps, who: Principal, month_id: str) -> KnownMonth:
    """The month; 404 where there is none that the caller may see."""
    must_see(who, place_of(month_id)[0])
    doc = (await deps.reads.get(months, [month_id])).get(month_id)
    if doc is None:
        raise not_found("month")
    return doc


async def kept_of(desk: Desk, doc: KnownMonth) -> Kept:
    """What was found in the last report. 409 `not_reconciled`, 410 where the month's key was destroyed."""
    if doc.reconciled is None:
        raise Rejected("not_reconciled", "The last report was not compared yet.")
    content = await content_of_file(desk, doc.partner_id, doc.month, doc.reconciled.kept)
    return await asyncio.to_thread(unpacked, content)


async def content_of_file(desk: Desk, partner_id: str, month: str, digest: str) -> bytes:
    """What lies under seal. 410 where the month's key was destroyed, 404 where nothing is kept."""
    try:
        return await desk.sealed.get(partner_id, month, digest)
    except Rejected as refused:
        if refused.code == "destroyed":
            raise Problem(410, "destroyed", refused.detail) from None
        raise not_found("file") from None
