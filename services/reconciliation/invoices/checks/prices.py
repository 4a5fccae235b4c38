"""The three-way match: contract and agreed report, as the predicted price, against the invoice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from services.reconciliation.invoices.amounts import EXACT, major, minor
from services.reconciliation.invoices.expectation import Expectation
from services.reconciliation.invoices.findings import Check, Finding, finding
from services.reconciliation.invoices.invoice import Invoice, InvoiceLine
from services.reconciliation.invoices.matching import VOLUME, Component, Match
from shared.contracts.rating import Line
from shared.contracts.terms import shown

ONE = Fraction(1)
PRICE_DIGITS = 10
"""Digits behind the point of a unit's price, in major units: as many as a rate of the contract has."""
BY_VALUE = "minor unit of value"
"""The unit of what is paid by the value of sales: its quantity is money."""
_UNITS: dict[str, dict[str, Fraction]] = {
    "minute": {"MIN": Fraction(1), "SEC": Fraction(60), "HUR": Fraction(1, 60)},
    "hour": {"HUR": Fraction(1), "MIN": Fraction(60), "SEC": Fraction(3600)},
}
"""How many of the invoice's units (UN/ECE 20) are one of ours. What is not time is counted by the piece."""
_PIECES = frozenset({"", "C62", "EA", "H87", "1I", "ACT", "E48", "MON", "P1"})


def check_basis(expectation: Expectation) -> Iterator[Finding]:
    """Hold while the month is not agreed: there is nothing to hold the quantities against."""
    if expectation.basis.reference is None:
        yield finding("basis", "hold", "an agreed report", f"{expectation.rating.month} is not agreed")


def check_quantity(match: Match, expectation: Expectation) -> Iterator[Finding]:
    """Hold where a quantity differs from the agreed report's, a line is missing, or nothing is known of it."""
    for component in match.components.values():
        if component.kind is None and component.lines:
            amount = minor(component.found, match.currency)
            yield finding("quantity", "hold", "nothing of this name", _lines(component), component.label, minor=amount)
        if component.kind not in VOLUME or _is_by_value(component):
            continue
        if not component.lines:
            yield _missing("quantity", component, match.currency)
            continue
        units = {_per_ours(component, line) for line in component.lines}
        if None in units or len(units) > 1:
            codes = sorted({line.unit for line in component.lines})
            yield finding("quantity", "hold", component.expected[0].unit, " and ".join(codes), component.label)
            continue
        expected, found = _quantities(component, units.pop() or ONE)
        if not expectation.margins.quantity.holds(expected, found):
            yield finding(
                "quantity", "hold", str(expected), str(found), component.label, *map(_traced, component.expected),
                minor=_over(component, match.currency),
            )  # fmt: skip


def check_rate(match: Match, expectation: Expectation) -> Iterator[Finding]:
    """Hold where a line's price is none of those that the contract has for what was reached, or where more or less of
    the quantity is billed at one of them."""
    for component in match.components.values():
        if component.kind not in VOLUME or not component.lines:
            continue
        if _is_by_value(component):
            if not expectation.margins.amount.holds(major(component.expected_minor, match.currency), component.found):
                yield _differs("rate", component, match.currency)
            continue
        if None in {_per_ours(component, line) for line in component.lines}:
            continue
        yield from _rates(component, expectation, match.currency)


def _rates(component: Component, expectation: Expectation, currency: str) -> Iterator[Finding]:
    expected: dict[Decimal, Decimal] = {}
    for traced in component.expected:
        price = _price(traced, currency)
        expected[price] = expected.get(price, Decimal(0)) + Decimal(traced.quantity)
    found: dict[Decimal, Fraction] = {}
    digits = 6
    for line in component.lines:
        per_ours = _per_ours(component, line) or ONE
        price = _to(Fraction(line.price) / Fraction(line.per or 1) * per_ours, PRICE_DIGITS)
        near = [one for one in expected if expectation.margins.price.holds(one, price)]
        if not near:
            yield finding(
                "rate", "hold", " or ".join(f"{one.normalize(EXACT):f} {currency}" for one in expected),
                f"line {line.id}: {price.normalize(EXACT):f} {currency}", component.label,
                *map(_traced, component.expected), minor=_over(component, currency),
            )  # fmt: skip
            return
        nearest = min(near, key=lambda one: abs(one - price))
        found[nearest] = found.get(nearest, Fraction(0)) + Fraction(line.quantity) / per_ours
        digits = min(digits, _digits(line.quantity))
    if len(expected) == 1:
        return
    for price, quantity in expected.items():
        own, theirs = _to(Fraction(quantity), digits), _to(found.get(price, Fraction(0)), digits)
        if not expectation.margins.quantity.holds(own, theirs):
            yield finding(
                "rate", "hold", f"{own} at {price.normalize(EXACT):f} {currency}", str(theirs), component.label,
                *map(_traced, component.expected), minor=_over(component, currency),
            )  # fmt: skip


def check_terms(match: Match, expectation: Expectation) -> Iterator[Finding]:
    """Hold where a minimum, a cap, a bonus, a malus or a fee is missing, differs, or was not agreed."""
    settled = _settled(expectation)
    for component in match.components.values():
        if component.adjustments and (component.kind is None or component.kind in VOLUME):
            yield _not_agreed(component, match.currency)
        if component.kind is None or component.kind in VOLUME or component.kind == "clawback":
            continue
        found_now = component.found + major(settled.get(component.label, 0), match.currency)
        if not expectation.margins.amount.holds(major(component.expected_minor, match.currency), found_now):
            yield _differs("terms", component, match.currency)


def check_clawback(match: Match, expectation: Expectation) -> Iterator[Finding]:
    """Hold where what must be deducted is not, or is again: credit notes of before count too."""
    settled = _settled(expectation)
    for component in match.components.values():
        if component.kind != "clawback":
            continue
        expected, before = component.expected_minor, settled.get(component.label, 0)
        found = component.found + major(before, match.currency)
        if not expectation.margins.amount.holds(major(expected, match.currency), found):
            over = minor(found - major(expected, match.currency), match.currency)
            told = (f"deducted before: {shown(-before, match.currency)}",) if before else ()
            yield finding(
                "clawback", "hold", shown(expected, match.currency), f"{found} {match.currency}", component.label,
                *told, *map(_traced, component.expected), minor=over,
            )  # fmt: skip


def check_total(invoice: Invoice, expectation: Expectation) -> Iterator[Finding]:
    """Hold where the net total is not the predicted one, or more is due than the invoice comes to; warn of a small
    difference, which is posted apart."""
    currency = invoice.currency
    yield from _due(invoice, expectation)
    settled = sum(_settled(expectation).values())
    expected = major(expectation.rating.net - settled, currency)
    if invoice.totals.net != expected:
        small = expectation.margins.small.holds(expected, invoice.totals.net)
        yield finding(
            "total", "warn" if small else "hold", f"{expected} {currency}", f"{invoice.totals.net} {currency}",
            minor=minor(invoice.totals.net - expected, currency),
        )  # fmt: skip


def _due(invoice: Invoice, expectation: Expectation) -> Iterator[Finding]:
    """What was paid before, and what is rounded, changes what is due: a large rounding is a charge by another name."""
    totals = invoice.totals
    change = totals.rounding - totals.paid
    if not expectation.margins.small.holds(Decimal(0), change):
        evidence = f"paid before: {totals.paid}, rounding: {totals.rounding}"
        found = f"{totals.due} {invoice.currency}"
        over = minor(change, invoice.currency)
        yield finding("total", "hold", f"{totals.gross} {invoice.currency} due", found, evidence, minor=over)


def small_difference(invoice: Invoice, expectation: Expectation) -> int:
    """What is posted apart, minor units: the small difference, or nothing."""
    found = [one for one in check_total(invoice, expectation) if one.outcome == "warn"]
    return found[0].minor or 0 if found else 0


def _settled(expectation: Expectation) -> dict[str, int]:
    """What accepted credit notes of the month had for deductions, minor units."""
    settled: dict[str, int] = {}
    for earlier in expectation.earlier:
        of_month = earlier.period is not None and earlier.period.starts == expectation.starts
        if earlier.credits and earlier.state == "accepted" and of_month:
            for label, amount in earlier.components.items():
                settled[label] = settled.get(label, 0) + amount
    return settled


def _is_by_value(component: Component) -> bool:
    return any(line.unit == BY_VALUE for line in component.expected)


def _price(line: Line, currency: str) -> Decimal:
    """The price of a unit with its surcharge, in major units."""
    raised = Fraction(line.rate) * (1 + Fraction(line.surcharge or 0) / 100)
    return _to(raised * Fraction(major(1, currency)), PRICE_DIGITS)


def _per_ours(component: Component, line: InvoiceLine) -> Fraction | None:
    """How many of the line's units are one of ours; None where that is not known."""
    ours = component.expected[0].unit
    if ours in _UNITS:
        return _UNITS[ours].get(line.unit)
    return ONE if line.unit in _PIECES else None


def _quantities(component: Component, per_ours: Fraction) -> tuple[Decimal, Decimal]:
    """Both quantities in our unit, as exact as the invoice has its own."""
    expected = sum((Fraction(line.quantity) for line in component.expected), Fraction(0))
    found = sum((Fraction(line.quantity) for line in component.lines), Fraction(0)) / per_ours
    digits = min(_digits(line.quantity) for line in component.lines)
    return _to(expected, digits), _to(found, digits)


def _digits(quantity: Decimal) -> int:
    """Digits behind the point that can be held against the trace's six; at least two are asked for."""
    exponent = quantity.as_tuple().exponent
    return min(6, max(2, -exponent if isinstance(exponent, int) else 0))


def _to(number: Fraction, digits: int) -> Decimal:
    """To so many digits behind the point, halves away from zero."""
    scaled = abs(number) * 10**digits
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if number >= 0 else -whole).scaleb(-digits, EXACT)


def _traced(line: Line) -> str:
    clause = f", clause {line.clause}" if line.clause else ""
    tier = f", tier {line.tier}" if line.tier else ""
    return f"version {line.version}{clause}{tier}: {line.quantity} {line.unit} x {line.rate} = {line.amount}"


def _lines(component: Component) -> str:
    return "; ".join(f"line {line.id}: {line.quantity} x {line.price} = {line.amount}" for line in component.lines)


def _not_agreed(component: Component, currency: str) -> Finding:
    """What is added or taken off beside the quantities, under whatever name."""
    amount = sum((one.amount if one.charge else -one.amount for one in component.adjustments), Decimal(0))
    over = minor(amount, currency)
    return finding("terms", "hold", "nothing of this name", f"{amount} {currency}", component.label, minor=over)


def _over(component: Component, currency: str) -> int | None:
    return minor(component.found - major(component.expected_minor, currency), currency)


def _missing(check: Check, component: Component, currency: str) -> Finding:
    return finding(
        check, "hold", shown(component.expected_minor, currency), "nothing", component.label,
        *map(_traced, component.expected), minor=_over(component, currency),
    )  # fmt: skip


def _differs(check: Check, component: Component, currency: str) -> Finding:
    if not component.lines and not component.adjustments:
        return _missing(check, component, currency)
    return finding(
        check, "hold", shown(component.expected_minor, currency), f"{component.found} {currency}", component.label,
        *map(_traced, component.expected), minor=_over(component, currency),
    )  # fmt: skip
