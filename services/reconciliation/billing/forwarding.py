"""What an invoice's month pays for sales, as the ledger keeps it."""

from __future__ import annotations

from services.reconciliation.events.billing import CommissionPaid
from shared.contracts.rating import Rating


def paid_in(rating: Rating) -> tuple[CommissionPaid, ...]:
    """The commissions of the month's price."""
    return tuple(
        CommissionPaid(
            sale=one.sale,
            component=one.component,
            sold_on=one.sold_on,
            minor=one.minor,
            within_days=one.within_days,
        )
        for one in rating.commissions
    )
