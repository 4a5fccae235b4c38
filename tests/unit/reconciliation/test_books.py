"""The books of the settings' file, and what of an invoice goes into them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from services.reconciliation.billing.books import KINDS, MEDIA, Books, DatevClient, Kind, books_of, exported
from services.reconciliation.invoices.checking import check
from services.reconciliation.invoices.exports.entries import Accounts
from services.reconciliation.invoices.invoice import Invoice
from shared.kernel import Rejected
from shared.settings import SettingError
from tests.unit.reconciliation.invoices.documents import ubl
from tests.unit.reconciliation.invoices.months import VALID, expectation, good, received

NOW = datetime(2026, 4, 8, 10, 11, 12, 345000, UTC)
ACCOUNTS = Accounts(expense="5900", payable="70123", small="4900", tax_codes={"AE 0": "94"})
BOOKS = Books(accounts=ACCOUNTS, datev=DatevClient(consultant=29098, client=55003))


def export(kind: Kind, books: Books | None = BOOKS, invoice: Invoice | None = None) -> bytes:
    invoice = invoice or good()
    expected = expectation()
    content = ubl(invoice)
    protocol = check(received(invoice, hashlib.sha256(content).hexdigest()), VALID, expected)
    return exported(kind, content, invoice, protocol, expected, books, NOW)


def write(folder: Path, said: Any) -> Path:
    file = folder / "books.json"
    file.write_text(json.dumps(said))
    return file


def test_the_file_says_what_the_books_are(tmp_path: Path) -> None:
    accounts = {"expense": "5900", "payable": "70123", "small": "4900", "tax_codes": {"AE 0": "94"}}
    said = {"accounts": accounts, "datev": {"consultant": 29098, "client": 55003}}
    assert books_of(write(tmp_path, said)) == BOOKS
    assert books_of(write(tmp_path, {"accounts": accounts})) == Books(accounts=ACCOUNTS)
    assert books_of(None) is None


@pytest.mark.parametrize(
    "change",
    [
        {"accounts": {"expense": "5900"}},
        {"acounts": {}},
        {"datev": {"consultant": "many", "client": 1}},
        {"datev": {"consultant": 29098, "client": 55003, "year_starts": "13-01"}},
        {"datev": {"consultant": 29098, "client": 55003, "year_starts": "04-06"}},
        {"datev": {"consultant": 29098, "client": 55003, "year_starts": "1 July"}},
    ],
)
def test_a_file_that_says_something_else_stops_the_start(tmp_path: Path, change: dict[str, Any]) -> None:
    accounts = {"expense": "5900", "payable": "70123", "small": "4900"}
    with pytest.raises(SettingError, match=r"TALLYLINE_BOOKS: .*books\.json"):
        books_of(write(tmp_path, {"accounts": accounts} | change))


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="TALLYLINE_BOOKS"):
        books_of(tmp_path / "nothing.json")


def test_the_invoice_as_received_needs_no_books() -> None:
    with zipfile.ZipFile(io.BytesIO(export("bundle", None))) as archive:
        assert archive.read("invoice.xml") == ubl(good())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "bundle"])
def test_every_other_form_needs_them_and_names_the_invoice(kind: Kind) -> None:
    with pytest.raises(Rejected, match="no_books"):
        export(kind, None)
    media, name = MEDIA[kind]
    assert good().number in export(kind).decode("cp1252" if "1252" in media else "utf-8"), name


def test_datev_needs_its_numbers() -> None:
    with pytest.raises(Rejected, match="no_books"):
        export("datev", Books(accounts=ACCOUNTS))


def test_what_a_form_has_no_place_for_is_a_refusal_with_its_code() -> None:
    with pytest.raises(Rejected, match="no_tax_code"):
        export("journal", Books(accounts=Accounts(expense="5900", payable="70123", small="4900")))


@pytest.mark.parametrize(
    ("starts", "issued", "year"),
    [
        ("01-01", date(2026, 4, 6), "20260101"),
        ("07-01", date(2026, 4, 6), "20250701"),
        ("04-01", date(2026, 4, 1), "20260401"),
        ("04-01", date(2026, 3, 31), "20250401"),
        ("03-01", date(2028, 2, 29), "20270301"),
    ],
)
def test_an_invoice_lies_in_the_financial_year_of_its_day(starts: str, issued: date, year: str) -> None:
    books = Books(accounts=ACCOUNTS, datev=DatevClient(consultant=29098, client=55003, year_starts=starts))
    head = export("datev", books, good(issued=issued)).decode("cp1252").splitlines()[0].split(";")
    assert head[10:11] + head[12:16] == ["29098", year, "4", f"{issued:%Y%m%d}", f"{issued:%Y%m%d}"]
