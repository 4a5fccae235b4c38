"""How does a partner bill, to which account, and what stands in the ledger of its commissions?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from services.reconciliation.events.billing import BillingDescribed, BillingEvent, CommissionsEntered, SaleLost
from services.reconciliation.events.invoices import (
    AccountCalledBack,
    AccountConfirmed,
    AccountEvent,
    AccountNamed,
    AccountRefused,
)
from shared.contracts.rating import Cancellation, Commission
from shared.contracts.reconciliation import TOPIC
from shared.kernel import View

Told = BillingEvent | AccountEvent


class KnownBilling(msgspec.Struct, kw_only=True):
    """A partner's billing. `confirmed`: the account that invoices may be paid to; `named`, `called_back`: the one that
    waits to be; `entered`: commissions by month; `lost`: sales with the day on which they were."""

    partner_id: str
    described: BillingDescribed | None = None
    confirmed: AccountConfirmed | None = None
    named: AccountNamed | None = None
    called_back: AccountCalledBack | None = None
    refused: AccountRefused | None = None
    entered: dict[str, CommissionsEntered] = {}
    lost: dict[str, date] = {}

    def ledger(self, month: str) -> list[Commission]:
        """What was paid for sales of the months before this one, and whether it was taken back before it."""
        before = [one for name, one in sorted(self.entered.items()) if name < month]
        back = {sale for one in before for sale in one.clawed_back}
        return [
            Commission(
                sale=paid.sale,
                component=paid.component,
                sold_on=paid.sold_on,
                minor=paid.minor,
                within_days=paid.within_days,
                clawed_back=paid.sale in back,
            )
            for one in before
            for paid in one.commissions
        ]

    def cancellations(self, until: date) -> list[Cancellation]:
        """The sales that were lost until this day, that day with it."""
        return [Cancellation(sale=sale, on=on) for sale, on in sorted(self.lost.items()) if on <= until]


def by_partner(event: Told) -> Iterable[tuple[str, Told]]:
    """One document a partner; its shards are fed by the account's stream and by the billing's."""
    return [(event.partner_id, event)]


def fold(doc: KnownBilling | None, event: Told, sign: int) -> KnownBilling:
    """A command's events are never reversed."""
    doc = doc or KnownBilling(partner_id=event.partner_id)
    match event:
        case BillingDescribed():
            doc.described = event
        case CommissionsEntered():
            doc.entered[event.month] = event
        case SaleLost():
            doc.lost[event.sale] = event.on
        case AccountNamed():
            doc.named, doc.called_back = event, None
        case AccountCalledBack():
            doc.called_back = event
        case AccountConfirmed():
            doc.confirmed, doc.named, doc.called_back, doc.refused = event, None, None, None
        case AccountRefused():
            doc.named, doc.called_back, doc.refused = None, None, event
    return doc


def add(one: KnownBilling, other: KnownBilling) -> KnownBilling:
    """Each stream is in one partition, so nothing of one shard is in the other."""
    return KnownBilling(
        partner_id=one.partner_id,
        described=one.described or other.described,
        confirmed=one.confirmed or other.confirmed,
        named=one.named or other.named,
        called_back=one.called_back or other.called_back,
        refused=one.refused or other.refused,
        entered=one.entered | other.entered,
        lost=one.lost | other.lost,
    )


billings = View("billings", 1, TOPIC, Told, KnownBilling, by_partner, fold, add)
