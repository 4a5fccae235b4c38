"""A month of a partner with everything in it that a contract can ask for, its good invoice, and ways to spoil that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from msgspec.structs import replace

from services.reconciliation.invoices.amounts import major, rounded
from services.reconciliation.invoices.expectation import Basis, Expectation
from services.reconciliation.invoices.invoice import (
    Adjustment,
    Invoice,
    InvoiceLine,
    Party,
    Period,
    Received,
    Totals,
    VatPart,
)
from services.reconciliation.invoices.matching import VOLUME, label_of
from services.reconciliation.invoices.validation import Validation
from shared.contracts.rating import Cancellation, Commission, Figure, Rating, Usage, rate
from shared.contracts.terms import TermSheet
from tests.unit.terms.sheets import call, sale, sheet, version

SELLER = Party(
    name="Zvono d.o.o.", vat_id="HR33392005961", registration="080123456", street="Savska 1", city="Zagreb",
    post_code="10000", country="HR",
)  # fmt: skip
BUYER = Party(name="Nordwind GmbH", vat_id="DE136695976", city="Kiel", post_code="24103", country="DE")
IBAN = "HR1210010051863000160"
OTHER_IBAN = "DE89370400440532013000"
EN16931 = "urn:cen.eu:en16931:2017"
VALID = Validation(schema="seen", rules="seen", fired=10)


@cache
def terms() -> TermSheet:
    """Minutes in two tiers, calls, sales with claw-back, a seat, a fee paid once, a malus; reverse charge."""
    return sheet(
        {
            "per_minute": [
                {
                    "name": "inbound minutes", "clause": "4.1", "first_seconds": 60, "next_seconds": 60,
                    "tiers": [{"over": 0, "up_to": 100, "rate": "42.5"}, {"over": 100, "rate": "40"}],
                }
            ],
            "per_call": [{"name": "answered calls", "clause": "4.2", "basis": "answered", "tiers": [{"rate": "15"}]}],
            "per_sale": [{"name": "sales", "clause": "4.3", "clawback_days": 60, "tiers": [{"rate": "1250"}]}],
            "per_seat": [{"name": "seats", "clause": "4.4", "seats": 3, "rate": "9900"}],
            "one_off": [{"name": "training", "clause": "5.1", "amount_minor": 50000, "due": "2026-03-10"}],
            "incentives": [
                {"name": "quality malus", "clause": "6.1", "measure": "quality",
                 "bands": [{"at_least": "0", "below": "90", "percent": "-3"}]}
            ],
        },
        payment={
            "currency": "EUR", "days": 30, "vat_category": "AE", "vat_percent": "0", "reverse_charge": True,
        },
    )  # fmt: skip


@cache
def rating() -> Rating:
    """The price of the month."""
    usage = Usage(
        calls=[call(number, 95 + number) for number in range(60)],
        sales=[sale(number) for number in range(5)],
        cancellations=[Cancellation(sale="old", on=date(2026, 3, 4))],
        figures=[Figure(name="quality", numerator=80, denominator=100)],
        ledger=[Commission(sale="old", component="sales", sold_on=date(2026, 2, 20), minor=1250, within_days=60)],
    )
    return rate([version(terms())], usage, "2026-03")


def expectation(**more: Any) -> Expectation:
    """What is expected of the month."""
    return replace(
        Expectation(
            partner_id="zvono",
            starts=date(2026, 3, 1),
            ends=date(2026, 3, 31),
            basis=Basis(reference="month-zvono:2026-03", agreed_on=date(2026, 4, 3)),
            rating=rating(),
            payment=terms().payment,
            seller=SELLER,
            buyer=BUYER,
            contract_reference="C-7",
            iban=IBAN,
        ),
        **more,
    )


UNITS = {"minute": "MIN", "hour": "HUR"}


def billed(priced: Rating, currency: str = "EUR") -> tuple[list[InvoiceLine], list[Adjustment]]:
    """A line for each line of a price, and what is deducted as allowances; without tax."""
    lines: list[InvoiceLine] = []
    adjustments: list[Adjustment] = []
    for number, line in enumerate(priced.lines, 1):
        amount = major(line.amount, currency)
        if line.kind not in VOLUME and line.amount < 0:
            adjustments.append(Adjustment(charge=False, amount=-amount, reason=label_of(line)))
        elif line.kind in VOLUME:
            price = Decimal(line.rate).scaleb(-2) * (1 + Decimal(line.surcharge or 0) / 100)
            lines.append(
                InvoiceLine(
                    id=str(number),
                    quantity=Decimal(line.quantity),
                    unit=UNITS.get(line.unit, "C62"),
                    amount=amount,
                    price=price,
                    item=line.component,
                )
            )
        else:
            lines.append(
                InvoiceLine(
                    id=str(number), quantity=Decimal(1), unit="C62", amount=amount, price=amount, item=label_of(line)
                )
            )
    return lines, adjustments


def summed(invoice: Invoice) -> Invoice:
    """The invoice with its totals and its tax worked out anew."""
    lines = sum((line.amount for line in invoice.lines), Decimal(0))
    off = sum((one.amount for one in invoice.adjustments if not one.charge), Decimal(0))
    on = sum((one.amount for one in invoice.adjustments if one.charge), Decimal(0))
    net = lines - off + on
    part = invoice.vat[0]
    tax = rounded(net * (part.rate or 0) / 100, invoice.currency)
    totals = Totals(lines=lines, allowances=off, charges=on, net=net, tax=tax, gross=net + tax, due=net + tax)
    return replace(invoice, vat=(replace(part, taxable=net, tax=tax),), totals=totals)


def taxed(invoice: Invoice, category: str, percent: str, reason: str = "") -> Invoice:
    """The invoice with another tax, on all of its parts."""
    rate_ = Decimal(percent)
    return summed(
        replace(
            invoice,
            lines=tuple(replace(line, category=category, rate=rate_) for line in invoice.lines),
            adjustments=tuple(replace(one, category=category, rate=rate_) for one in invoice.adjustments),
            vat=(VatPart(taxable=Decimal(0), tax=Decimal(0), category=category, rate=rate_, reason=reason),),
        )
    )


def good(**more: Any) -> Invoice:
    """The invoice that was predicted."""
    lines, adjustments = billed(rating())
    issued = date(2026, 4, 6)
    invoice = Invoice(
        number="2026-0042",
        issued=issued,
        currency="EUR",
        due=issued + timedelta(days=30),
        contract="C-7",
        profile=EN16931,
        period=Period(starts=date(2026, 3, 1), ends=date(2026, 3, 31)),
        seller=SELLER,
        buyer=BUYER,
        iban=IBAN,
        lines=tuple(lines),
        adjustments=tuple(adjustments),
        totals=Totals(lines=Decimal(0), net=Decimal(0), gross=Decimal(0), due=Decimal(0)),
        vat=(VatPart(taxable=Decimal(0), tax=Decimal(0), category="AE", rate=Decimal(0)),),
    )
    return replace(taxed(invoice, "AE", "0", "Reverse charge"), **more)


def received(invoice: Invoice, digest: str = "a" * 64) -> Received:
    """The invoice as read from a file."""
    return Received(invoice=invoice, form="ubl", digest=digest)


def with_line(invoice: Invoice, item: str, change: Callable[[InvoiceLine], InvoiceLine]) -> Invoice:
    """The invoice with one of its lines changed, and its totals right again."""
    changed: Sequence[InvoiceLine] = [change(line) if line.item == item else line for line in invoice.lines]
    assert list(changed) != list(invoice.lines), f"there is no line {item}"
    return summed(replace(invoice, lines=tuple(changed)))
