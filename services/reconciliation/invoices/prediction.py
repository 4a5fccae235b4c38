"""What the invoice of a month will be, before it comes: the agreed quantities under the contract's versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.reconciliation.invoices.expectation import Basis, Earlier, Expectation, Margins
from services.reconciliation.invoices.invoice import Party
from shared.contracts.agreements import Agreement
from shared.contracts.rating import Usage, days_of, rate


def predicted(
    partner_id: str,
    month: str,
    agreement: Agreement,
    usage: Usage,
    basis: Basis,
    *,
    seller: Party,
    buyer: Party,
    contract_reference: str = "",
    iban: str = "",
    names: Mapping[str, str] | None = None,
    earlier: Sequence[Earlier] = (),
    margins: Margins | None = None,
) -> Expectation:
    """The expectation of a month such as `2026-03`.

    `usage`: the agreed quantities, with the ledger of commissions and what was cancelled since. Each is priced by the
    version of its own day; terms of payment are those of the version that held last. NotRatable where the contract has
    no terms yet, or the usage contradicts itself.
    """
    rating = rate(agreement.versions, usage, month)
    starts, ends = days_of(month)
    last = max((one for one in agreement.versions if one.starts <= ends), key=lambda one: one.starts)
    return Expectation(
        partner_id=partner_id,
        starts=starts,
        ends=ends,
        basis=basis,
        rating=rating,
        payment=last.terms.payment,
        seller=seller,
        buyer=buyer,
        contract_reference=contract_reference,
        iban=iban,
        names=names or {},
        earlier=tuple(earlier),
        margins=margins or Margins(),
    )
