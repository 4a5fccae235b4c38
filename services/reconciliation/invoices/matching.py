"""Which lines of an invoice belong to which components of the predicted price."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from services.reconciliation.invoices.amounts import major, minor
from services.reconciliation.invoices.expectation import Expectation
from services.reconciliation.invoices.invoice import Adjustment, Invoice, InvoiceLine
from shared.contracts.rating import Line
from shared.contracts.rating.trace import Kind

VOLUME: frozenset[Kind] = frozenset({"per_minute", "per_call", "per_sale", "per_hour", "per_seat"})
"""What is paid by quantity; everything else is an amount."""


@dataclass
class Component:
    """A component: its lines of the prediction, and what the invoice has for it. `kind`: of its first line, None where
    the prediction has nothing of the name."""

    label: str
    kind: Kind | None = None
    expected: list[Line] = field(default_factory=list)
    lines: list[InvoiceLine] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)

    @property
    def expected_minor(self) -> int:
        """What the prediction has for it, minor units."""
        return sum(line.amount for line in self.expected)

    @property
    def found(self) -> Decimal:
        """What the invoice has for it, without tax."""
        adjusted = (one.amount if one.charge else -one.amount for one in self.adjustments)
        return sum((line.amount for line in self.lines), Decimal(0)) + sum(adjusted, Decimal(0))


@dataclass(frozen=True)
class Match:
    """The components by label, and the labels of those that the prediction knows nothing of."""

    components: dict[str, Component]
    currency: str

    def amounts(self) -> dict[str, int]:
        """What the invoice has for each component, minor units."""
        found = {label: minor(one.found, self.currency) for label, one in self.components.items()}
        return {label: amount for label, amount in found.items() if amount}


def label_of(line: Line) -> str:
    """What a line of the prediction is called."""
    match line.kind:
        case "clawback":
            return f"{line.component} claw-back"
        case "minimum_volume":
            return f"{line.component} minimum volume"
        case _:
            return line.component


def plain_name(text: str) -> str:
    """A name without case, blanks, hyphens and the like."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def match(invoice: Invoice, expectation: Expectation) -> Match:
    """By name first: the item's id, its name, the contract's clause, what the partner calls it. What is left on both
    sides is paired where exactly one on each side has the same amount. The order of lines makes no difference."""
    components: dict[str, Component] = {}
    for line in expectation.rating.lines:
        component = components.setdefault(label_of(line), Component(label_of(line), line.kind))
        component.expected.append(line)
    names = _names(components.values(), expectation)
    left: list[InvoiceLine | Adjustment] = []
    items: list[InvoiceLine | Adjustment] = [*invoice.lines, *invoice.adjustments]
    for item in items:
        label = _named(item, names, components)
        if label is None:
            left.append(item)
        else:
            _take(components[label], item)
    for item in left:
        label = _by_amount(item, left, components, invoice.currency)
        if label is None:
            label = _text(item) or "without a name"
            components.setdefault(label, Component(label))
        _take(components[label], item)
    return Match(components, invoice.currency)


def _names(components: Iterable[Component], expectation: Expectation) -> dict[str, str]:
    """Plain names to labels. A clause that several components share names none of them."""
    names = {plain_name(component.label): component.label for component in components}
    clauses: dict[str, set[str]] = defaultdict(set)
    for line in expectation.rating.lines:
        if line.clause:
            clauses[plain_name(line.clause)].add(label_of(line))
    for clause, labels in clauses.items():
        if len(labels) == 1:
            names.setdefault(clause, next(iter(labels)))
    for theirs, ours in expectation.names.items():
        if plain_name(ours) in names:
            names[plain_name(theirs)] = names[plain_name(ours)]
    return names


def _named(item: InvoiceLine | Adjustment, names: dict[str, str], components: dict[str, Component]) -> str | None:
    texts = (item.item_id, item.item) if isinstance(item, InvoiceLine) else (item.reason,)
    label = next((names[plain_name(text)] for text in texts if text and plain_name(text) in names), None)
    deducted = item.amount < 0 if isinstance(item, InvoiceLine) else not item.charge
    if label is not None and deducted and components[label].kind == "per_sale":
        taken_back = f"{label} claw-back"
        return taken_back if taken_back in components else None
    return label


def _by_amount(
    item: InvoiceLine | Adjustment,
    left: list[InvoiceLine | Adjustment],
    components: dict[str, Component],
    currency: str,
) -> str | None:
    amount = _signed(item)
    same = [other for other in left if _signed(other) == amount]
    free = [
        one.label
        for one in components.values()
        if one.expected and not one.lines and not one.adjustments and major(one.expected_minor, currency) == amount
    ]
    return free[0] if len(same) == 1 and len(free) == 1 else None


def _signed(item: InvoiceLine | Adjustment) -> Decimal:
    return item.amount if isinstance(item, InvoiceLine) or item.charge else -item.amount


def _text(item: InvoiceLine | Adjustment) -> str:
    return (item.item or item.item_id) if isinstance(item, InvoiceLine) else item.reason


def _take(component: Component, item: InvoiceLine | Adjustment) -> None:
    if isinstance(item, InvoiceLine):
        component.lines.append(item)
    else:
        component.adjustments.append(item)
