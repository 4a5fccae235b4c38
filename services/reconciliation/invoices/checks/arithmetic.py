"""Does the invoice add up? The rules of EN 16931 by their names, and each line by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from services.reconciliation.invoices.amounts import EXACT, minor, rounded
from services.reconciliation.invoices.expectation import Margins
from services.reconciliation.invoices.findings import Finding, finding
from services.reconciliation.invoices.invoice import Adjustment, Invoice, InvoiceLine

ZERO = Decimal(0)


def check_arithmetic(invoice: Invoice, margins: Margins) -> Iterator[Finding]:
    """Reject what does not add up."""
    totals, currency = invoice.totals, invoice.currency
    for line in invoice.lines:
        yield from _line(line, currency, margins)
    sums = [
        ("BR-CO-11: allowances", _adjusted(invoice.adjustments, charge=False), totals.allowances),
        ("BR-CO-12: charges", _adjusted(invoice.adjustments, charge=True), totals.charges),
        ("BR-CO-13: net total", totals.lines - totals.allowances + totals.charges, totals.net),
        ("BR-CO-14: total of the tax", _sum(part.tax for part in invoice.vat), totals.tax),
        ("BR-CO-15: gross total", totals.net + totals.tax, totals.gross),
        ("BR-CO-16: amount due", totals.gross - totals.paid + totals.rounding, totals.due),
    ]
    if invoice.lines:
        sums.insert(0, ("BR-CO-10: sum of the lines", _sum(line.amount for line in invoice.lines), totals.lines))
    for name, expected, found in sums:
        if expected != found:
            yield _wrong(name, expected, found, currency)
    yield from _vat(invoice, margins)


def _line(line: InvoiceLine, currency: str, margins: Margins) -> Iterator[Finding]:
    name = f"line {line.id}"
    if not line.per:
        yield _wrong(f"{name}: base quantity of its price", Decimal(1), line.per, currency)
        return
    exact = EXACT.divide(EXACT.multiply(line.quantity, line.price), line.per)
    exact += _adjusted(line.adjustments, charge=True) - _adjusted(line.adjustments, charge=False)
    expected = rounded(exact, currency)
    if not margins.line.holds(expected, line.amount):
        yield _wrong(f"{name}: {line.quantity} x {line.price}", expected, line.amount, currency)


def _vat(invoice: Invoice, margins: Margins) -> Iterator[Finding]:
    taxable: dict[tuple[str, Decimal], Decimal] = defaultdict(Decimal)
    for line in invoice.lines:
        taxable[line.category, line.rate or ZERO] += line.amount
    for one in invoice.adjustments:
        taxable[one.category, one.rate or ZERO] += one.amount if one.charge else -one.amount
    for part in invoice.vat:
        name = f"{part.category} at {part.rate or ZERO} %"
        expected = rounded(part.taxable * (part.rate or ZERO) / 100, invoice.currency)
        if not margins.tax.holds(expected, part.tax):
            yield _wrong(f"BR-CO-17: tax of {name}", expected, part.tax, invoice.currency)
        if invoice.lines:
            base = taxable.pop((part.category, part.rate or ZERO), ZERO)
            if base != part.taxable:
                yield _wrong(f"BR-{part.category}-08: taxable amount of {name}", base, part.taxable, invoice.currency)
    for (category, rate), base in taxable.items():
        if base and invoice.lines:
            yield _wrong(f"BR-CO-18: taxable amount of {category} at {rate} %", base, ZERO, invoice.currency)


def _adjusted(adjustments: Iterable[Adjustment], *, charge: bool) -> Decimal:
    return _sum(one.amount for one in adjustments if one.charge is charge)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def _wrong(name: str, expected: Decimal, found: Decimal, currency: str) -> Finding:
    return finding(
        "arithmetic",
        "reject",
        f"{name} {expected} {currency}",
        f"{found} {currency}",
        minor=minor(found - expected, currency),
    )
