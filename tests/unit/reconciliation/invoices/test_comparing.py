"""An invoice beside the price: what was predicted differs nowhere, and every cent that is asked for is in one line."""

from __future__ import annotations

from decimal import Decimal

import hypothesis.strategies as st
from hypothesis import given
from msgspec.structs import replace

from services.reconciliation.invoices.comparing import compared
from services.reconciliation.invoices.invoice import InvoiceLine
from tests.unit.reconciliation.invoices.months import expectation, good, rating

CENTS = st.integers(-50_000, 50_000).map(lambda cents: Decimal(cents) / 100)
EXTRA = st.builds(
    InvoiceLine,
    id=st.text("0123456789", min_size=1, max_size=3),
    quantity=st.just(Decimal(1)),
    amount=CENTS,
    price=CENTS,
    item=st.sampled_from(["seats", "talk", "postage", "=cmd()", ""]),
)


def test_what_was_predicted_differs_nowhere_and_names_the_version_in_force() -> None:
    found = compared(good(), expectation())
    assert (found.expected_minor, found.difference_minor) == (rating().net, 0)
    assert {line.difference_minor for line in found.lines} == {0}
    assert {line.version for line in found.lines} == {line.version for line in rating().lines}


@given(st.lists(EXTRA, max_size=5))
def test_every_line_is_in_one_component_and_the_differences_add_up(extra: list[InvoiceLine]) -> None:
    invoice = good()
    found = compared(replace(invoice, lines=(*invoice.lines, *extra)), expectation())
    assert found.invoiced_minor - found.expected_minor == sum(int(one.amount * 100) for one in extra)
    assert sum(line.difference_minor for line in found.lines) == found.difference_minor
    assert sum(len(line.items) for line in found.lines) == len(invoice.lines) + len(invoice.adjustments) + len(extra)
    for line in found.lines:
        assert line.invoiced_minor == sum(item.minor for item in line.items)
