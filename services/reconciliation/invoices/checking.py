"""All checks of an invoice, and the protocol of what they found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

import msgspec

from services.reconciliation.invoices.checks.account import check_account
from services.reconciliation.invoices.checks.arithmetic import check_arithmetic
from services.reconciliation.invoices.checks.identity import (
    check_credit_note,
    check_currency,
    check_dates,
    check_duplicate,
    check_parties,
    check_period,
)
from services.reconciliation.invoices.checks.prices import (
    check_basis,
    check_clawback,
    check_quantity,
    check_rate,
    check_terms,
    check_total,
    small_difference,
)
from services.reconciliation.invoices.checks.standard import check_standard
from services.reconciliation.invoices.checks.tax import check_vat, check_vat_ids
from services.reconciliation.invoices.expectation import Expectation
from services.reconciliation.invoices.findings import WEIGHT, Check, Finding, Outcome, finding
from services.reconciliation.invoices.invoice import Form, Received
from services.reconciliation.invoices.matching import match
from services.reconciliation.invoices.validation import Validation

CHECKS: tuple[Check, ...] = get_args(Check)
OF_THE_PRICE: tuple[Check, ...] = ("quantity", "rate", "terms", "clawback", "total")
"""The checks that hold an invoice against the predicted price. A credit note is held against its invoice instead, and
amounts in another currency against nothing."""


class Protocol(msgspec.Struct, frozen=True, kw_only=True):
    """What all checks say of one file.

    `findings`: at least one of each check, in the order of the checks; `verdict`: the worst of them; `components`: what
    the invoice has for each component, minor units; `small_minor`: the difference that is posted apart.
    """

    partner_id: str
    month: str
    number: str
    form: Form
    digest: str
    currency: str
    verdict: Outcome
    findings: tuple[Finding, ...]
    components: dict[str, int]
    small_minor: int = 0


def check(received: Received, validation: Validation | None, expectation: Expectation) -> Protocol:
    """Hold an invoice against what is expected. `validation` is None where there is no document to validate."""
    invoice = received.invoice
    matched = match(invoice, expectation)
    components = matched.amounts()
    found = [
        *check_standard(validation),
        *check_basis(expectation),
        *check_arithmetic(invoice, expectation.margins),
        *check_vat(invoice, expectation),
        *check_vat_ids(invoice),
        *check_currency(invoice, expectation),
        *check_duplicate(invoice, received.digest, expectation),
        *check_period(invoice, expectation, components),
        *check_account(invoice, expectation),
        *check_parties(invoice, expectation),
        *check_credit_note(invoice, expectation),
        *check_dates(invoice, expectation),
    ]
    priced = not invoice.credit_note and invoice.currency == expectation.payment.currency
    if priced:
        found += check_quantity(matched, expectation)
        found += check_rate(matched, expectation)
        found += check_terms(matched, expectation)
        found += check_clawback(matched, expectation)
        found += check_total(invoice, expectation)
    else:
        why = "a credit note is held against its invoice" if invoice.credit_note else "amounts are in another currency"
        found += [finding(name, "skipped", "", why) for name in OF_THE_PRICE]
    findings = tuple(_in_order(found))
    return Protocol(
        partner_id=expectation.partner_id,
        month=expectation.rating.month,
        number=invoice.number,
        form=received.form,
        digest=received.digest,
        currency=invoice.currency,
        verdict=verdict_of(findings),
        findings=findings,
        components=components,
        small_minor=small_difference(invoice, expectation) if priced else 0,
    )


def verdict_of(findings: Iterable[Finding]) -> Outcome:
    """The worst of them; what was skipped is no objection."""
    return max((one.outcome for one in findings if WEIGHT[one.outcome]), key=lambda one: WEIGHT[one], default="passed")


def _in_order(found: Iterable[Finding]) -> Iterator[Finding]:
    """By check; one that found nothing says so."""
    own: dict[Check, list[Finding]] = {name: [] for name in CHECKS}
    for one in found:
        own[one.check].append(one)
    for name, findings in own.items():
        yield from findings or [finding(name, "passed")]
