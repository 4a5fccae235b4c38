"""VAT: the contract's category and rate, what reverse charge asks for, and identifiers that can be right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from services.reconciliation.invoices.expectation import Expectation
from services.reconciliation.invoices.findings import Finding, finding
from services.reconciliation.invoices.invoice import Invoice, VatPart

ZERO = Decimal(0)
ACROSS = frozenset({"AE", "K"})
"""Categories in which the buyer owes the tax because seller and buyer are in two countries."""


def check_vat(invoice: Invoice, expectation: Expectation) -> Iterator[Finding]:
    """Hold where the tax is not the contract's."""
    payment = expectation.payment
    contract = (payment.vat_category, Decimal(payment.vat_percent))
    wanted = _named(*contract)
    if not invoice.vat:
        yield finding("vat", "hold", wanted, "no tax is stated")
    for part in invoice.vat:
        stated = (part.category, part.rate or ZERO)
        if stated != contract:
            yield finding("vat", "hold", wanted, _named(*stated), f"taxable {part.taxable}, tax {part.tax}")
        elif part.category in ACROSS:
            yield from _across(invoice, part)


def _across(invoice: Invoice, part: VatPart) -> Iterator[Finding]:
    if part.tax:
        yield finding("vat", "hold", f"no tax in the category {part.category}", str(part.tax))
    if part.category == "AE" and not (part.reason or part.reason_code):
        yield finding("vat", "hold", "a text or code that says reverse charge", "neither (BR-AE-10)")
    for role, party in (("seller", invoice.seller), ("buyer", invoice.buyer)):
        if not party.vat_id:
            yield finding("vat", "hold", f"a VAT identifier of the {role}", f"none (BR-{part.category}-02)")
    country = invoice.seller.country
    if country and country == invoice.buyer.country:
        yield finding("vat", "hold", "seller and buyer in two countries", f"both in {country}")


def check_vat_ids(invoice: Invoice) -> Iterator[Finding]:
    """Hold where an identifier can't be one. What countries we know no rule for is told, and nothing more."""
    for role, party in (("seller", invoice.seller), ("buyer", invoice.buyer)):
        if party.vat_id:
            valid = is_vat_id(party.vat_id)
            if valid is None:
                yield finding("vat_id", "skipped", "a rule for this country", f"{role}: {party.vat_id}")
            elif not valid:
                yield finding("vat_id", "hold", "form and check digits of the country", f"{role}: {party.vat_id}")


def is_vat_id(text: str) -> bool | None:
    """Can this be a VAT identifier? None where no rule is known for its country."""
    from stdnum import get_cc_module
    from stdnum.eu import vat
    from stdnum.exceptions import ValidationError

    number = re.sub(r"[\s.\-/]", "", text).upper()
    prefix = re.match(r"[A-Z]{2}", number)
    if prefix is None:
        return False
    country = {"EL": "gr"}.get(prefix[0], prefix[0].lower())
    try:
        if country in vat.MEMBER_STATES:
            vat.validate(number)
            return True
        module = get_cc_module(country, "vat")
        if module is None:
            return None
        module.validate(number if country == "ch" else number[2:])
    except ValidationError:
        return False
    return True


def _named(category: str, rate: Decimal) -> str:
    return f"{category} at {rate.normalize():f} %"
