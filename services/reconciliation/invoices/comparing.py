"""An invoice beside the price that the contract asks for, component by component."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from services.reconciliation.invoices.amounts import EXACT, minor, rounded
from services.reconciliation.invoices.expectation import Expectation
from services.reconciliation.invoices.invoice import Invoice
from services.reconciliation.invoices.matching import Component, match


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What the invoice says for a component. `quantity`, `price`: as sent, in major units; empty for an allowance or a
    charge. `minor`: negative where it is deducted."""

    text: str
    quantity: str = ""
    price: str = ""
    minor: int


class ComparedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A component of the price. `version`: of the contract in force, None where it knows nothing of it; `quantities`
    and `rates`: of each step of its price, minor units a unit; `items`: of the invoice."""

    component: str
    kind: str | None
    clause: str
    version: int | None
    quantities: tuple[str, ...]
    units: tuple[str, ...]
    rates: tuple[str, ...]
    items: tuple[Item, ...]
    expected_minor: int
    invoiced_minor: int
    difference_minor: int


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Net, minor units of `currency`. The sums are those of the lines; `lines` in the order of the price, and what the
    price knows nothing of behind."""

    currency: str
    lines: tuple[ComparedLine, ...]
    expected_minor: int
    invoiced_minor: int
    difference_minor: int


def compared(invoice: Invoice, expectation: Expectation) -> Compared:
    """Every line, allowance and charge of the invoice is in one component, and so is every line of the price."""
    components = match(invoice, expectation).components.values()
    lines = tuple(_line(one, invoice.currency) for one in components)
    expected, invoiced = sum(one.expected_minor for one in lines), sum(one.invoiced_minor for one in lines)
    return Compared(
        currency=invoice.currency,
        lines=lines,
        expected_minor=expected,
        invoiced_minor=invoiced,
        difference_minor=invoiced - expected,
    )


def _line(one: Component, currency: str) -> ComparedLine:
    items = [
        Item(
            text=line.item or line.item_id or line.id,
            quantity=_plain(line.quantity),
            price=_plain(line.price),
            minor=_minor(line.amount, currency),
        )
        for line in one.lines
    ]
    items += [
        Item(text=each.reason, minor=_minor(each.amount if each.charge else -each.amount, currency))
        for each in one.adjustments
    ]
    first = one.expected[0] if one.expected else None
    invoiced = sum(item.minor for item in items)
    return ComparedLine(
        component=one.label,
        kind=one.kind,
        clause=first.clause if first else "",
        version=max((line.version for line in one.expected), default=None),
        quantities=tuple(line.quantity for line in one.expected),
        units=tuple(line.unit for line in one.expected),
        rates=tuple(line.rate for line in one.expected),
        items=tuple(items),
        expected_minor=one.expected_minor,
        invoiced_minor=invoiced,
        difference_minor=invoiced - one.expected_minor,
    )


def _minor(amount: Decimal, currency: str) -> int:
    """Rounded as the standard rounds: a line with parts of a cent is told of by the checks."""
    return minor(rounded(amount, currency), currency) or 0


def _plain(number: Decimal) -> str:
    return f"{number.normalize(EXACT):f}"
