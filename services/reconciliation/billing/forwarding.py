"""Before an invoice goes to accounting its commissions stand in the ledger, so that each is taken back once."""

from __future__ import annotations

from services.reconciliation.billing.expecting import Expecting
from services.reconciliation.domain.billing import EnterCommissions, billing
from services.reconciliation.events.billing import CommissionPaid
from services.reconciliation.views.billings import billings
from services.reconciliation.views.invoices import KnownInvoice
from shared.contracts.rating import Rating
from shared.http import Deps


async def enter_commissions(deps: Deps, expecting: Expecting, doc: KnownInvoice, command_id: str, by: str) -> None:
    """Enter what the invoice's month pays for sales and what it takes back, if that is not in the ledger yet."""
    known = (await deps.reads.get(billings, [doc.partner_id])).get(doc.partner_id)
    if known is not None and doc.month in known.entered:
        return
    expected = await expecting.of(doc.partner_id, doc.month, doc.invoice_id)
    command = entered(doc.partner_id, doc.month, expected.expectation.rating, deps)
    await deps.door.handle(billing, doc.partner_id, command, command_id=f"{command_id}:ledger", actor=by)


def entered(partner_id: str, month: str, rating: Rating, deps: Deps) -> EnterCommissions:
    """The ledger's part of a month's price."""
    return EnterCommissions(
        partner_id=partner_id,
        month=month,
        commissions=tuple(
            CommissionPaid(
                sale=one.sale,
                component=one.component,
                sold_on=one.sold_on,
                minor=one.minor,
                within_days=one.within_days,
            )
            for one in rating.commissions
        ),
        clawed_back=rating.clawed_back,
        at=deps.clock(),
    )
