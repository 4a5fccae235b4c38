"""The company's books, as a file says them, and an invoice in the forms that they take."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec

from services.reconciliation.invoices.checking import Protocol
from services.reconciliation.invoices.expectation import Expectation
from services.reconciliation.invoices.exports.bundle import bundle
from services.reconciliation.invoices.exports.datev import Batch, datev
from services.reconciliation.invoices.exports.entries import Accounts, NotExportable, entries
from services.reconciliation.invoices.exports.journal import journal
from services.reconciliation.invoices.exports.quickbooks import quickbooks
from services.reconciliation.invoices.exports.xero import xero
from services.reconciliation.invoices.invoice import Invoice
from shared.kernel import Rejected
from shared.settings import SettingError

Kind = Literal["bundle", "journal", "datev", "xero", "quickbooks"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MEDIA: dict[Kind, tuple[str, str]] = {
    "bundle": ("application/zip", "invoice.zip"),
    "journal": ("text/csv; charset=utf-8", "journal.csv"),
    "datev": ("text/csv; charset=windows-1252", "EXTF_invoice.csv"),
    "xero": ("text/csv; charset=utf-8", "xero.csv"),
    "quickbooks": ("text/csv; charset=utf-8", "quickbooks.csv"),
}


class DatevClient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers that DATEV gave, and when the financial year begins (month and day: the first
    of a month)."""

    consultant: int
    client: int
    year_starts: Annotated[str, msgspec.Meta(pattern=r"^(0[1-9]|1[0-2])-01$(?!\n)")] = "01-01"
    account_digits: int = 4
    chart: str = ""


class Books(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The accounts, and DATEV's numbers where the books are kept there."""

    accounts: Accounts
    datev: DatevClient | None = None


def books_of(file: Path | None) -> Books | None:
    """The books of a settings' file. SettingError where it is none."""
    if file is None:
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=Books)
    except (OSError, msgspec.DecodeError) as wrong:
        raise SettingError(f"TALLYLINE_BOOKS: {file} does not say what the books are: {wrong}") from None


def exported(
    kind: Kind,
    content: bytes,
    invoice: Invoice,
    protocol: Protocol,
    expectation: Expectation,
    books: Books | None,
    now: datetime,
) -> bytes:
    """The invoice in one of the forms. Rejected: `no_books` where the settings name none, and the codes of
    NotExportable."""
    try:
        if kind == "bundle":
            return bundle(content, protocol)
        if books is None:
            raise NotExportable("no_books", "The settings name no accounts (TALLYLINE_BOOKS).")
        made = entries(invoice, protocol, expectation, books.accounts)
        match kind:
            case "journal":
                return journal(made)
            case "xero":
                return xero(made)
            case "quickbooks":
                return quickbooks(made)
            case "datev":
                return datev(made, _batch(books, invoice.issued), now)
    except NotExportable as wrong:
        raise Rejected(wrong.code, wrong.detail) from None


def _batch(books: Books, day: date) -> Batch:
    if books.datev is None:
        raise NotExportable("no_books", "The settings have no numbers of DATEV.")
    month, first = map(int, books.datev.year_starts.split("-"))
    begins = date(day.year, month, first)
    if begins > day:
        begins = date(day.year - 1, month, first)
    return Batch(
        consultant=books.datev.consultant,
        client=books.datev.client,
        year_starts=begins,
        starts=day,
        ends=day,
        account_digits=books.datev.account_digits,
        chart=books.datev.chart,
    )
