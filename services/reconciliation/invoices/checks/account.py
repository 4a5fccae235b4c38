"""The bank account: money goes to the account that was confirmed over a known channel, and to no other."""

from __future__ import annotations

from collections.abc import Iterator

from services.reconciliation.domain.account import is_iban, plain_iban
from services.reconciliation.invoices.expectation import Expectation
from services.reconciliation.invoices.findings import Finding, finding
from services.reconciliation.invoices.invoice import Invoice

CALL_BACK = "a change is confirmed by two persons, by calling back over a known channel, after the waiting time"


def check_account(invoice: Invoice, expectation: Expectation) -> Iterator[Finding]:
    """Block every account that is not the confirmed one, whatever the invoice or its letter says of it."""
    confirmed = plain_iban(expectation.iban)
    for number in filter(None, (invoice.iban, *invoice.other_ibans)):
        if not is_iban(number):
            yield finding("bank_account", "block", "a valid IBAN", number)
        elif not confirmed:
            yield finding("bank_account", "block", "a confirmed account", number, CALL_BACK)
        elif plain_iban(number) != confirmed:
            yield finding("bank_account", "block", expectation.iban, number, CALL_BACK)
    if not invoice.iban and not invoice.credit_note:
        if confirmed:
            yield finding("bank_account", "skipped", expectation.iban, "the invoice names no account")
        else:
            yield finding("bank_account", "block", "a confirmed account", "none is known", CALL_BACK)
    if invoice.payee and invoice.payee != invoice.seller.name:
        yield finding("bank_account", "block", f"payment to {invoice.seller.name}", invoice.payee, CALL_BACK)
