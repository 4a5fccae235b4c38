"""What holds of every invoice: sums are re-added, the order of lines says nothing, edges of margins are exact."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given as whatever
from hypothesis import settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.reconciliation.invoices.checking import Protocol, check
from services.reconciliation.invoices.checks.arithmetic import check_arithmetic
from services.reconciliation.invoices.expectation import Expectation, Margin, Margins
from services.reconciliation.invoices.findings import Check
from services.reconciliation.invoices.invoice import Adjustment, Invoice, InvoiceLine, Totals, VatPart
from shared.contracts.rating import Figure, Usage, rate
from tests.unit.reconciliation.invoices.months import VALID, billed, expectation, good, received, taxed, terms
from tests.unit.terms.sheets import call, sale, version

CENTS = st.integers(-(10**7), 10**7).map(lambda cents: Decimal(cents).scaleb(-2))
POSITIVE = st.integers(0, 10**6).map(lambda cents: Decimal(cents).scaleb(-2))
RATES = st.sampled_from([Decimal(0), Decimal(7), Decimal("19"), Decimal("5.5")])
EXACT_LINES = Margins(line=Margin(), tax=Margin(), small=Margin())


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    """Any invoice that adds up."""
    lines = []
    for number in range(draw(st.integers(1, 6))):
        quantity, price = draw(CENTS), draw(st.integers(0, 10**5).map(lambda n: Decimal(n).scaleb(-4)))
        amount = (quantity * price).quantize(Decimal("0.01"), "ROUND_HALF_UP")
        lines.append(
            InvoiceLine(id=str(number), quantity=quantity, amount=amount, price=price, category="S", rate=draw(RATES))
        )
    adjustments = tuple(
        Adjustment(charge=draw(st.booleans()), amount=draw(POSITIVE), category="S", rate=draw(RATES))
        for _ in range(draw(st.integers(0, 3)))
    )
    return added_up(replace(good(), lines=tuple(lines), adjustments=adjustments))


def added_up(invoice: Invoice) -> Invoice:
    """Tax by category and rate, and totals, as the standard has them."""
    taxable: dict[Decimal, Decimal] = {}
    signed = [(one.rate, one.amount) for one in invoice.lines]
    signed += [(one.rate, one.amount if one.charge else -one.amount) for one in invoice.adjustments]
    for rate_, amount in signed:
        taxable[rate_ or Decimal(0)] = taxable.get(rate_ or Decimal(0), Decimal(0)) + amount
    vat = tuple(
        VatPart(taxable=base, tax=(base * of / 100).quantize(Decimal("0.01"), "ROUND_HALF_UP"), category="S", rate=of)
        for of, base in taxable.items()
    )
    lines = sum((one.amount for one in invoice.lines), Decimal(0))
    off, on = (
        sum((one.amount for one in invoice.adjustments if one.charge is charge), Decimal(0)) for charge in (False, True)
    )
    tax = sum((part.tax for part in vat), Decimal(0))
    net = lines - off + on
    totals = Totals(lines=lines, allowances=off, charges=on, net=net, tax=tax, gross=net + tax, due=net + tax)
    return replace(invoice, vat=vat, totals=totals)


@settings(deadline=None)
@whatever(invoice=invoices())
def test_what_adds_up_is_not_objected_to(invoice: Invoice) -> None:
    assert list(check_arithmetic(invoice, EXACT_LINES)) == []


@settings(deadline=None)
@whatever(invoice=invoices(), data=st.data())
def test_a_cent_anywhere_is_found(invoice: Invoice, data: st.DataObject) -> None:
    cent = data.draw(st.sampled_from([Decimal("0.01"), Decimal("-0.01")]))
    part, totals = invoice.vat[0], invoice.totals
    place = data.draw(st.sampled_from(["line", "vat.taxable", "vat.tax", *Totals.__struct_fields__]))
    if place == "line":
        first = replace(invoice.lines[0], amount=invoice.lines[0].amount + cent)
        spoiled = replace(invoice, lines=(first, *invoice.lines[1:]))
    elif place.startswith("vat."):
        name = place.removeprefix("vat.")
        spoiled = replace(invoice, vat=(replace(part, **{name: getattr(part, name) + cent}), *invoice.vat[1:]))
    else:
        spoiled = replace(invoice, totals=replace(totals, **{place: getattr(totals, place) + cent}))
    assert list(check_arithmetic(spoiled, EXACT_LINES)) != []


@st.composite
def months(draw: st.DrawFn) -> tuple[Expectation, Invoice]:
    """Any month of the contract, and its predicted invoice."""
    usage = Usage(
        calls=[call(number, draw(st.integers(0, 400))) for number in range(draw(st.integers(1, 12)))],
        sales=[sale(number) for number in range(draw(st.integers(0, 3)))],
        figures=[Figure(name="quality", numerator=draw(st.integers(0, 100)), denominator=100)],
    )
    priced = rate([version(terms())], usage, "2026-03")
    lines, adjustments = billed(priced)
    invoice = replace(good(), lines=tuple(lines), adjustments=tuple(adjustments))
    return expectation(rating=priced), taxed(invoice, "AE", "0", "Reverse charge")


def held(invoice: Invoice, expected: Expectation) -> Protocol:
    return check(received(invoice), VALID, expected)


@settings(deadline=None, max_examples=50)
@whatever(month=months())
def test_the_predicted_invoice_passes(month: tuple[Expectation, Invoice]) -> None:
    expected, invoice = month
    protocol = held(invoice, expected)
    assert protocol.verdict == "passed", [one for one in protocol.findings if one.outcome != "passed"]
    assert sum(protocol.components.values()) == expected.rating.net


@settings(deadline=None, max_examples=50)
@whatever(month=months(), data=st.data())
def test_the_order_of_lines_says_nothing(month: tuple[Expectation, Invoice], data: st.DataObject) -> None:
    expected, invoice = month
    number = data.draw(st.integers(0, len(invoice.lines) - 1))
    dearer = replace(invoice.lines[number], price=invoice.lines[number].price + 1)
    spoiled = replace(invoice, lines=(*invoice.lines[:number], dearer, *invoice.lines[number + 1 :]))
    shuffled = replace(
        spoiled,
        lines=tuple(data.draw(st.permutations(spoiled.lines))),
        adjustments=tuple(data.draw(st.permutations(spoiled.adjustments))),
    )

    def said(protocol: Protocol) -> list[tuple[Check, str, str, int | None]]:
        return sorted(
            (one.check, one.outcome, one.evidence[0] if one.evidence else "", one.minor) for one in protocol.findings
        )

    assert said(held(shuffled, expected)) == said(held(spoiled, expected))
    assert held(shuffled, expected).verdict != "passed"


STEP = Decimal("0.01")


@settings(deadline=None)
@whatever(base=CENTS, edge=POSITIVE, other=POSITIVE, above=st.booleans())
def test_the_edge_of_a_margin_is_within_and_a_step_more_is_not(
    base: Decimal, edge: Decimal, other: Decimal, above: bool
) -> None:
    """The margin on the other side makes no difference."""
    margin = Margin(above=edge, below=other) if above else Margin(below=edge, above=other)
    sign = 1 if above else -1
    assert margin.holds(base, base + sign * edge)
    assert not margin.holds(base, base + sign * (edge + STEP))


@settings(deadline=None)
@whatever(base=st.integers(1, 10**6), percent=st.integers(1, 50), above=st.booleans())
def test_a_share_has_an_exact_edge_too_and_the_wider_counts(base: int, percent: int, above: bool) -> None:
    more: dict[str, Any] = {"above_percent" if above else "below_percent": Decimal(percent)}
    sign, edge = (1 if above else -1), Decimal(base * percent) / 100
    assert Margin(**more).holds(Decimal(base), base + sign * edge)
    assert not Margin(**more).holds(Decimal(base), base + sign * (edge + STEP))
    wider = Margin(**more, **{"above" if above else "below": edge + 1})
    assert wider.holds(Decimal(base), base + sign * (edge + 1))
    assert not wider.holds(Decimal(base), base + sign * (edge + 1 + STEP))
