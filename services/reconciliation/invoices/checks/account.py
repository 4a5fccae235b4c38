"""The bank account: money goes to the account that was confirmed over a known channel, and to no other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.reconciliation.domain.account import is_iban, plain_iban
from services.reconciliation.invoices.expectation import Expectation
from services.reconciliation.invoices.findings import Finding, finding
from services.reconciliation.invoices.invoice import Invoice
from services.reconciliation.invoices.matching import plain_name

SHORTEST = 15
"""Characters of the shortest IBAN."""
_LIKE_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[0-9]{2}(?:\s?[A-Z0-9]){11,30}")
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
    for number in sorted(_in_texts(invoice) - {confirmed, *map(plain_iban, (invoice.iban, *invoice.other_ibans))}):
        yield finding("bank_account", "block", "no account in a text", number, CALL_BACK)
    if not invoice.iban and not invoice.credit_note:
        if confirmed:
            yield finding("bank_account", "skipped", expectation.iban, "the invoice names no account")
        else:
            yield finding("bank_account", "block", "a confirmed account", "none is known", CALL_BACK)
    if invoice.payee and plain_name(invoice.payee) != plain_name(invoice.seller.name):
        yield finding("bank_account", "block", f"payment to {invoice.seller.name}", invoice.payee, CALL_BACK)


def _in_texts(invoice: Invoice) -> set[str]:
    """Accounts that stand in notes and terms of payment, where only people would see them."""
    texts = (invoice.note, invoice.terms, invoice.account_name, *(line.item for line in invoice.lines))
    return {number for text in texts for found in _LIKE_IBAN.findall(text.upper()) for number in _leading_iban(found)}


def _leading_iban(text: str) -> Iterator[str]:
    """The longest beginning that is an IBAN, as a word may stand right behind it."""
    plain = plain_iban(text)
    whole = next((plain[:length] for length in range(len(plain), SHORTEST - 1, -1) if is_iban(plain[:length])), None)
    if whole is not None:
        yield whole
