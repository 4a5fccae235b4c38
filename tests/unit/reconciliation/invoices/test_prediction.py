"""The prediction: each day at the prices of its own version, and what was paid before is deducted once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from services.reconciliation.invoices.checking import Protocol, check
from services.reconciliation.invoices.expectation import Basis, Expectation
from services.reconciliation.invoices.invoice import Invoice
from services.reconciliation.invoices.prediction import predicted
from shared.contracts.agreements import NOTHING, Agreement
from shared.contracts.rating import Cancellation, NotRatable, Usage, rate
from shared.contracts.terms import changed
from tests.unit.reconciliation.invoices.months import (
    BUYER,
    IBAN,
    SELLER,
    VALID,
    billed,
    good,
    received,
    taxed,
    terms,
    with_line,
)
from tests.unit.terms.sheets import call, sale, version, zagreb

DEARER = changed(terms(), {"pricing.per_call[answered calls].tiers[0-].rate": "18", "payment.days": 45})
AMENDED = Agreement(
    versions=(version(terms(), ends=None), version(DEARER, number=2, starts=date(2026, 3, 16))), terminated=None
)
MARCH = Usage(calls=[call(1, 60), call(2, 60), call(3, 60, zagreb(20))])


def expected(usage: Usage, month: str = "2026-03", agreement: Agreement = AMENDED) -> Expectation:
    return predicted(
        "zvono", month, agreement, usage, Basis(reference="agreed"), seller=SELLER, buyer=BUYER, iban=IBAN
    )  # fmt: skip


def invoiced(priced: Expectation) -> Invoice:
    lines, adjustments = billed(priced.rating)
    invoice = replace(good(), lines=tuple(lines), adjustments=tuple(adjustments))
    return taxed(invoice, "AE", "0", "Reverse charge")


def held(invoice: Invoice, expectation: Expectation) -> Protocol:
    return check(received(invoice), VALID, expectation)


def test_each_day_has_the_prices_of_its_own_version() -> None:
    expectation = expected(MARCH)
    calls = [(line.version, line.amount) for line in expectation.rating.lines if line.component == "answered calls"]
    assert calls == [(1, 30), (2, 18)]
    assert expectation.payment.days == 45, "of the version that held last"
    assert (expectation.starts, expectation.ends) == (date(2026, 3, 1), date(2026, 3, 31))
    invoice = replace(invoiced(expectation), due=date(2026, 5, 21))
    assert held(invoice, expectation).verdict == "passed"


def test_an_invoice_at_the_new_price_from_the_first_day_is_held() -> None:
    expectation = expected(MARCH)
    too_dear = invoiced(expected(MARCH, agreement=Agreement(versions=(version(DEARER),))))
    protocol = held(too_dear, expectation)
    assert {one.check: one.minor for one in protocol.findings if one.outcome == "hold"} == {"rate": 6, "total": 6}


def test_a_commission_is_clawed_back_in_the_month_of_the_cancellation_and_in_no_other() -> None:
    march = rate(AMENDED.versions, Usage(sales=[sale(1)]), "2026-03")
    april = Usage(cancellations=[Cancellation(sale="s1", on=date(2026, 4, 3))], ledger=march.commissions)
    expectation = expected(april, "2026-04")
    deducted = [line.amount for line in expectation.rating.lines if line.kind == "clawback"]
    assert deducted == [-1250]
    ledger = [replace(one, clawed_back=one.sale in expectation.rating.clawed_back) for one in march.commissions]
    may = expected(replace(april, ledger=ledger), "2026-05")
    assert not [line for line in may.rating.lines if line.kind == "clawback"]
    again = replace(invoiced(expectation), number="2026-0051")
    found = {one.check for one in held(again, may).findings if one.outcome == "hold"}
    assert {"quantity", "total"} & found
    assert Decimal(expectation.rating.net) < Decimal(may.rating.net)


def test_without_terms_nothing_is_predicted() -> None:
    with pytest.raises(NotRatable):
        expected(MARCH, agreement=NOTHING)
    with pytest.raises(NotRatable):
        expected(Usage(), "2026-02")


@pytest.mark.parametrize(("stated", "passes"), [("1.67", True), ("1.667", True), ("1.66667", True), ("1.66", False)])
def test_a_quantity_is_held_as_exactly_as_the_invoice_states_it(stated: str, passes: bool) -> None:
    by_the_second = changed(
        terms(),
        {
            "pricing.per_minute[inbound minutes].first_seconds": 1,
            "pricing.per_minute[inbound minutes].next_seconds": 1,
        },
    )
    expectation = expected(Usage(calls=[call(1, 100)]), agreement=Agreement(versions=(version(by_the_second),)))
    invoice = with_line(invoiced(expectation), "inbound minutes", lambda line: replace(line, quantity=Decimal(stated)))
    found = [one for one in held(invoice, expectation).findings if one.check in ("quantity", "rate")]
    assert ({one.outcome for one in found} == {"passed"}) is passes
