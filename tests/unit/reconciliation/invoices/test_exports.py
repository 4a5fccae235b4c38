"""What goes to accounting: byte for byte as the golden files have it, adding up, and never a formula."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as whatever
from hypothesis import settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.reconciliation.domain.invoice import invoice as invoice_decider
from services.reconciliation.invoices.checking import check
from services.reconciliation.invoices.expectation import Margin, Margins
from services.reconciliation.invoices.exports.bundle import bundle
from services.reconciliation.invoices.exports.cells import amount
from services.reconciliation.invoices.exports.datev import COLUMNS, Batch, datev
from services.reconciliation.invoices.exports.entries import Accounts, Entry, NotExportable, entries
from services.reconciliation.invoices.exports.journal import journal
from services.reconciliation.invoices.exports.quickbooks import quickbooks
from services.reconciliation.invoices.exports.xero import xero
from services.reconciliation.invoices.invoice import Invoice
from services.reconciliation.invoices.protocol import as_json, as_text, objections_of, recorded
from shared.cells import FORMULA, guarded
from shared.contracts.reconciliation import InvoiceReceived
from shared.kernel import Money
from tests.spec import given
from tests.unit.reconciliation.invoices.documents import ubl
from tests.unit.reconciliation.invoices.months import (
    OTHER_IBAN,
    SELLER,
    VALID,
    expectation,
    good,
    received,
    summed,
    taxed,
    with_line,
)

GOLDEN = Path(__file__).parents[3] / "fixtures" / "invoices"
ACCOUNTS = Accounts(
    expense="5900",
    payable="70123",
    small="4900",
    components={"training": "4945"},
    tax_codes={"AE 0": "94", "S 25": "9", "S 7": "8"},
    cost_centre="KS-1",
)
BATCH = Batch(
    consultant=29098, client=55003, year_starts=date(2026, 1, 1), starts=date(2026, 4, 1), ends=date(2026, 4, 30),
    chart="03",
)  # fmt: skip
CREATED = datetime(2026, 4, 8, 10, 11, 12, 345000, UTC)


def booked(invoice: Invoice, accounts: Accounts = ACCOUNTS, **expected: Any) -> tuple[Entry, ...]:
    expected_ = expectation(**expected)
    return entries(invoice, check(received(invoice), VALID, expected_), expected_, accounts)


def batch(made: tuple[Entry, ...]) -> bytes:
    return datev(made, BATCH, CREATED)


WRITERS: dict[str, Callable[[tuple[Entry, ...]], bytes]] = {
    "journal.csv": journal, "EXTF_batch.csv": batch, "xero.csv": xero, "quickbooks.csv": quickbooks,
}  # fmt: skip
MIXED = replace(
    taxed(good(), "S", "25"),
    seller=replace(SELLER, name='=cmd|" /C calc"!A1 Čađa'),
    number="+RE-2026/042",
)


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_is_byte_for_byte_the_golden_one(name: str) -> None:
    assert WRITERS[name](booked(MIXED)) == (GOLDEN / name).read_bytes()


@pytest.mark.parametrize("name", ["journal.csv", "EXTF_batch.csv", "xero.csv"])
def test_a_credit_note_takes_back_what_an_invoice_brings(name: str) -> None:
    credit = booked(replace(good(), type_code="381"))
    assert [one.net for one in credit] == [-one.net for one in booked(good())]
    assert WRITERS[name](credit) != WRITERS[name](booked(good()))


def test_quickbooks_takes_no_credit_note() -> None:
    with pytest.raises(NotExportable, match="credit_note"):
        quickbooks(booked(replace(good(), type_code="381")))


def test_the_entries_add_up_and_go_to_their_accounts() -> None:
    made = booked(taxed(good(), "S", "25"))
    totals = taxed(good(), "S", "25").totals
    assert sum(one.gross for one in made) == int(totals.gross * 100)
    assert {one.account for one in made} == {"5900", "4945"}
    assert all(abs(one.tax - one.net / 4) <= 1 for one in made)


@settings(deadline=None)
@whatever(cents=st.lists(st.integers(-5000, 50000), min_size=1, max_size=12))
def test_the_tax_is_shared_out_to_the_cent(cents: list[int]) -> None:
    first = good().lines[0]
    lines = tuple(
        replace(first, id=str(number), item=f"item {number}", amount=Decimal(each).scaleb(-2))
        for number, each in enumerate(cents)
    )
    invoice = taxed(summed(replace(good(), lines=lines, adjustments=())), "S", "7")
    if any(cents):
        made = booked(invoice)
        assert sum(one.net for one in made) == int(invoice.totals.net * 100)
        assert sum(one.tax for one in made) == int(invoice.totals.tax * 100)


def test_a_small_difference_is_posted_apart() -> None:
    invoice = with_line(
        good(),
        "training",
        lambda line: replace(line, amount=line.amount + Decimal("0.04"), price=line.price + Decimal("0.04")),
    )
    margins = Margins(amount=Margin(above=Decimal(1)))
    made = booked(invoice, margins=margins)
    assert [(one.account, one.net) for one in made if one.account == "4900"] == [("4900", 4)]
    assert [one.net for one in made if one.account == "4945"] == [50000]
    assert sum(one.net for one in made) == int(invoice.totals.net * 100)


@pytest.mark.parametrize(
    ("invoice", "accounts", "code"),
    [
        (taxed(good(), "S", "19"), ACCOUNTS, "no_tax_code"),
        (replace(good(), totals=replace(good().totals, net=Decimal(1))), ACCOUNTS, "does_not_add_up"),
        (with_line(good(), "training", lambda line: replace(line, amount=Decimal("1.005"))), ACCOUNTS, "not_whole"),
    ],
)
def test_what_can_not_be_booked_is_refused(invoice: Invoice, accounts: Accounts, code: str) -> None:
    with pytest.raises(NotExportable, match=code):
        booked(invoice, accounts)


def rows(data: bytes, encoding: str = "utf-8", separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(encoding), newline=""), delimiter=separator, strict=True))


@pytest.mark.parametrize("name", ["journal.csv", "xero.csv", "quickbooks.csv"])
@settings(deadline=None)
@whatever(text=st.text(max_size=20))
def test_no_cell_is_a_formula_unless_it_is_a_number(name: str, text: str) -> None:
    entry = booked(good())[0]
    document = text if name != "quickbooks.csv" else text[:15]
    spoiled = replace(entry, supplier=text, document=document, text=text, account=text, tax_code=text, cost_centre=text)
    data = rows(WRITERS[name]((replace(spoiled, net=100), replace(spoiled, net=-1))))
    for cell in (cell for row in data[1:] for cell in row):
        if cell[:1] in FORMULA:
            assert Decimal(cell) < 0
        assert "\n" not in cell
        assert "\r" not in cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r\n=1", "＝1", "|calc"])
def test_a_formula_becomes_a_text(text: str) -> None:
    assert guarded(text).startswith("'")


def test_amounts_are_numbers_in_the_digits_of_their_currency() -> None:
    assert amount(-123456, "EUR") == "-1234.56"
    assert amount(5, "EUR", ",") == "0,05"
    assert amount(1234, "JPY") == "1234"
    assert amount(1, "KWD") == "0.001"


def test_a_batch_has_its_form() -> None:
    data = batch(booked(MIXED))
    assert data.endswith(b"\r\n")
    head, columns, *entries_ = rows(data, "cp1252", ";")
    assert (len(head), len(columns)) == (31, 125)
    assert {len(row) for row in entries_} == {125}
    assert columns == list(COLUMNS)
    by_name = [dict(zip(columns, row, strict=True)) for row in entries_]
    assert {row["Belegdatum"] for row in by_name} == {"0604"}
    assert {row["Belegfeld 1"] for row in by_name} == {"RE-2026/042"}
    assert {row["BU-Schlüssel"] for row in by_name} == {"0009"}
    signed = [
        int(row["Umsatz (ohne Soll/Haben-Kz)"].replace(",", "")) * (1 if row["Soll/Haben-Kennzeichen"] == "S" else -1)
        for row in by_name
    ]
    assert sum(signed) == int(MIXED.totals.gross * 100)
    assert all("Cada" in row["Buchungstext"] for row in by_name)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"account": "59000"}, "not_an_account"),
        ({"contra": "Kreditor"}, "not_an_account"),
        ({"tax_code": "VAT"}, "not_a_tax_key"),
        ({"on": date(2026, 5, 1)}, "outside_the_batch"),
        ({"net": 10**12}, "too_much"),
        ({"document": "=== "}, "no_document"),
    ],
)
def test_what_has_no_place_in_a_batch_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(NotExportable, match=code):
        batch((replace(booked(good())[0], **change),))


def test_a_batch_lies_within_one_year_and_one_currency() -> None:
    entry = booked(good())[0]
    with pytest.raises(NotExportable, match="outside_the_year"):
        datev((entry,), replace(BATCH, ends=date(2027, 1, 1)), CREATED)
    with pytest.raises(NotExportable, match="currencies"):
        batch((entry, replace(entry, currency="USD")))
    with pytest.raises(NotExportable, match="currencies"):
        batch(())


@settings(deadline=None)
@whatever(text=st.text(max_size=80))
def test_any_text_can_be_written_in_windows_1252(text: str) -> None:
    data = batch((replace(booked(good())[0], supplier=text, text=text, cost_centre=text),))
    assert len(rows(data, "cp1252", ";")) == 3
    assert len(rows(data, "cp1252", ";")[2]) == 125


def test_a_protocol_is_written_for_machines_and_for_people() -> None:
    invoice = replace(good(), iban=OTHER_IBAN, number="R\x1b[2J-1")
    protocol = check(received(invoice), VALID, expectation())
    told = json.loads(as_json(protocol))
    assert (told["verdict"], len(told["findings"])) == ("block", 17)
    text = as_text(protocol)
    assert "BLOCK  bank account: The account is valid, and the one that was confirmed." in text
    assert f"found     {OTHER_IBAN}" in text
    assert "\x1b" not in text


def test_the_invoice_goes_as_it_was_received_with_its_protocol() -> None:
    data = ubl(good())
    file = received(good(), hashlib.sha256(data).hexdigest())
    protocol = check(file, VALID, expectation())
    with zipfile.ZipFile(io.BytesIO(bundle(data, protocol))) as archive:
        assert archive.namelist() == ["invoice.xml", "protocol.json", "protocol.txt"]
        assert archive.read("invoice.xml") == data
        assert archive.read("protocol.json") == as_json(protocol)
    assert bundle(data, protocol) == bundle(data, protocol)
    with pytest.raises(NotExportable, match="other_file"):
        bundle(data + b"\n", protocol)


def test_what_is_recorded_of_a_protocol_is_what_it_says() -> None:
    invoice = replace(good(), iban=OTHER_IBAN, due=date(2026, 4, 7))
    protocol = check(received(invoice), VALID, expectation())
    assert objections_of(protocol) == {"bank_account": "block", "dates": "warn"}
    gross = int(invoice.totals.gross * 100)
    command = recorded(protocol, "zvono:r-1", gross, gross - 1, ("iva",), CREATED, "checker")
    assert (command.approvals, command.excluded, command.small) == (2, ("iva",), None)
    assert recorded(protocol, "zvono:r-1", gross, gross, (), CREATED, "checker").approvals == 1
    other = check(received(replace(invoice, iban="")), VALID, expectation())
    assert recorded(other, "zvono:r-1", gross, gross, (), CREATED, "checker").protocol != command.protocol
    came = InvoiceReceived(
        invoice_id="zvono:r-1", partner_id="zvono", month="2026-03", kind="invoice", form="ubl", number="R-1",
        issued=invoice.issued, digest=protocol.digest, gross=Money(gross, "EUR"), at=CREATED, by="mail",
    )  # fmt: skip
    checked = given(invoice_decider, came).when(command)
    assert checked.events[0].verdict == "block"
