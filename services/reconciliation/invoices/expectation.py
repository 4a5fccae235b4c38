"""What an invoice is held against: the agreed month, its price with the trace, the contract, and what came before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from services.reconciliation.invoices.invoice import Party, Period
from shared.contracts.rating import Rating
from shared.contracts.terms.sheet import PaymentTerms

ZERO = Decimal(0)


class Margin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a value may be from what is expected and still be taken.

    `below`, `above`: by so much; `below_percent`, `above_percent`: by so much of what is expected. Of the two the wider
    counts, and the edge itself is within.
    """

    below: Decimal = ZERO
    above: Decimal = ZERO
    below_percent: Decimal = ZERO
    above_percent: Decimal = ZERO

    def holds(self, expected: Decimal, found: Decimal) -> bool:
        """Is `found` near enough?"""
        base = abs(expected)
        if found < expected:
            return expected - found <= max(self.below, base * self.below_percent / 100)
        return found - expected <= max(self.above, base * self.above_percent / 100)


def _both(amount: str) -> Margin:
    return Margin(below=Decimal(amount), above=Decimal(amount))


class Margins(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A margin for each kind of difference, as the contract has them.

    `price`: a unit's, in major units; `quantity`: against the agreed report; `amount`: of a fee, bonus or deduction;
    `line`: a line against its own quantity x price; `tax`: of a category; `small`: of the whole invoice, net: such a
    difference is paid, and posted apart.
    """

    price: Margin = Margin()
    quantity: Margin = Margin()
    amount: Margin = Margin()
    line: Margin = _both("0.01")
    tax: Margin = _both("0.01")
    small: Margin = _both("0.05")


class Earlier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invoice or credit note of the same supplier that came before.

    `gross_minor`: minor units, without sign; `credits`: the number of the invoice that it credits; `components`: what
    it had for each, minor units, negative where it was deducted; `state`: whether it counts, waits, or was refused.
    """

    id: str
    number: str
    digest: str
    issued: date
    currency: str
    gross_minor: int
    period: Period | None = None
    credits: str = ""
    components: Mapping[str, int] = {}
    state: Literal["open", "accepted", "refused"]


class Basis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The agreed report of the month. `reference`: of the agreement; None where the month is not agreed yet."""

    reference: str | None = None
    agreed_on: date | None = None


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is known of a month before its invoice comes.

    `rating`: the price of the agreed quantities, line by line; `contract_reference`: the contract's, if it must be
    named; `iban`: the confirmed account; `names`: what the partner calls a component, to our name of it; `earlier`:
    all that came from the supplier besides this one.
    """

    partner_id: str
    starts: date
    ends: date
    basis: Basis
    rating: Rating
    payment: PaymentTerms
    seller: Party
    buyer: Party
    contract_reference: str = ""
    iban: str = ""
    names: Mapping[str, str] = {}
    earlier: tuple[Earlier, ...] = ()
    margins: Margins = Margins()
