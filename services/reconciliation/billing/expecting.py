"""What is known of an invoice before it comes: the agreed quantities under the contract, and all that came before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from services.reconciliation.billing.readings import Reading, Readings
from services.reconciliation.events.billing import Identity
from services.reconciliation.gathering import Gathering
from services.reconciliation.invoices.expectation import Basis, Earlier, Expectation
from services.reconciliation.invoices.invoice import Party
from services.reconciliation.invoices.prediction import predicted
from services.reconciliation.matching.contract_basis import held_in
from services.reconciliation.views.billings import KnownBilling, billings
from services.reconciliation.views.invoices import KnownInvoice, invoices
from services.reconciliation.views.months import months
from shared.contracts.rating import NotRatable, Rating, Usage, days_of, rate
from shared.http import Deps
from shared.kernel import Rejected

_STATES: dict[str, Literal["open", "accepted", "refused"]] = {
    "rejected": "refused",
    "approved": "accepted",
    "forwarded": "accepted",
    "paid": "accepted",
}


class Expected(NamedTuple):
    """The expectation, and the people who must not approve what rests on what they edited."""

    expectation: Expectation
    editors: tuple[str, ...]


class Expecting:
    """Puts expectations together."""

    def __init__(self, deps: Deps, gathering: Gathering, readings: Readings) -> None:
        self._deps = deps
        self._gathering = gathering
        self._readings = readings

    async def of(self, partner_id: str, month: str, invoice_id: str = "") -> Expected:
        """The expectation of a month; of a month that is not agreed yet by our count so far. The invoice itself is none
        of those that came before.

        Rejected: `unknown_partner`, `no_terms`, `several_contracts`, `no_billing` where nobody said who bills whom,
        `not_ratable`.
        """
        partner = await self._gathering.counterpart(partner_id)
        contract, _ = held_in(partner.contracts, month)
        known = (await self._deps.reads.get(billings, [partner_id])).get(partner_id)
        if known is None or known.described is None:
            raise Rejected("no_billing", "Nobody said yet who bills whom: names, addresses, VAT ids.")
        basis, usage = await self._usage(partner_id, month)
        usage = msgspec.structs.replace(
            usage, ledger=known.ledger(month), cancellations=known.cancellations(days_of(month)[1])
        )
        try:
            expectation = predicted(
                partner_id,
                month,
                partner.contracts[contract],
                usage,
                basis,
                seller=_party(known.described.seller),
                buyer=_party(known.described.buyer),
                contract_reference=known.described.contract_reference,
                iban=known.confirmed.iban if known.confirmed else "",
                names=known.described.components,
                earlier=await self._earlier(partner_id, invoice_id),
            )
        except NotRatable as wrong:
            raise Rejected("not_ratable", str(wrong)) from None
        return Expected(expectation, _editors(partner.editors.get(contract, ()), known))

    async def price(self, partner_id: str, month: str) -> Rating | None:
        """The price of a month alone, whoever bills whom; None where no one contract has terms in it, or the quantities
        can't be rated."""
        try:
            partner = await self._gathering.counterpart(partner_id)
            contract, _ = held_in(partner.contracts, month)
            _, usage = await self._usage(partner_id, month)
        except Rejected:
            return None
        known = (await self._deps.reads.get(billings, [partner_id])).get(partner_id)
        if known is not None:
            usage = msgspec.structs.replace(
                usage, ledger=known.ledger(month), cancellations=known.cancellations(days_of(month)[1])
            )
        try:
            return rate(partner.contracts[contract].versions, usage, month)
        except NotRatable:
            return None

    async def _usage(self, partner_id: str, month: str) -> tuple[Basis, Usage]:
        doc = (await self._deps.reads.get(months, [f"{partner_id}:{month}"])).get(f"{partner_id}:{month}")
        if doc is None or doc.agreed is None:
            return Basis(), await self._gathering.usage(partner_id, month)
        content = await self._deps.blobs.get(doc.agreed.usage)
        if content is None:
            raise Rejected("not_kept", "The agreed quantities are not kept.")
        reference = f"{partner_id}:{month} report {doc.agreed.report}"
        return Basis(reference=reference, agreed_on=doc.agreed.at.date()), msgspec.json.decode(content, type=Usage)

    async def _earlier(self, partner_id: str, invoice_id: str) -> list[Earlier]:
        found = await self._deps.reads.find(invoices, {"partner": partner_id})
        others = [doc for key, doc in found if key != invoice_id and doc.received is not None]
        read = await self._readings.of([doc.received.digest for doc in others if doc.received is not None])
        return [one for doc in others if (one := _earlier(doc, read.get(_digest(doc)))) is not None]


def _digest(doc: KnownInvoice) -> str:
    return doc.received.digest if doc.received is not None else ""


def _earlier(doc: KnownInvoice, reading: Reading | None) -> Earlier | None:
    received = doc.received
    if received is None:
        return None
    return Earlier(
        id=doc.invoice_id,
        number=received.number,
        digest=received.digest,
        issued=received.issued,
        currency=received.gross.currency,
        gross_minor=received.gross.minor,
        period=reading.period if reading is not None else None,
        credits=received.credits,
        components=reading.components if reading is not None else {},
        state=_STATES.get(doc.status, "open"),
    )


def _editors(contract: Sequence[str], known: KnownBilling) -> tuple[str, ...]:
    account = known.confirmed.editors if known.confirmed is not None else ()
    return tuple(sorted({*contract, *account}))


def _party(one: Identity) -> Party:
    return Party(**{name: getattr(one, name) for name in Identity.__struct_fields__})
