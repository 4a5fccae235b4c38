"""Reading: every form gives the same invoice, and what can't be read is refused with its reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given as whatever
from hypothesis import settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.reconciliation.invoices.amounts import decimal, major, minor, rounded
from services.reconciliation.invoices.invoice import Adjustment, Invoice, Preceding, Unreadable
from services.reconciliation.invoices.reading import Mapping, read_manual, read_table, read_xml, sniffed
from services.reconciliation.invoices.reading.xml import MOST_BYTES
from tests.unit.reconciliation.invoices.documents import Writer, cii, ubl
from tests.unit.reconciliation.invoices.months import OTHER_IBAN, good, summed

AMOUNT = st.decimals("-99999", "99999", places=2)


def refusal(document: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        read_xml(document)
    assert refused.value.detail
    return refused.value.code


@pytest.mark.parametrize("write", [ubl, cii])
def test_what_is_written_is_read(write: Writer) -> None:
    assert read_xml(write(good())) == (write.__name__, good())


@pytest.mark.parametrize("write", [ubl, cii])
def test_all_that_an_invoice_can_say_is_read(write: Writer) -> None:
    invoice = good()
    line = replace(
        invoice.lines[0],
        per=Decimal(100),
        item_id="IM-1",
        adjustments=(Adjustment(charge=True, amount=Decimal("1.50"), reason="Night"),),
        period=invoice.period,
    )
    invoice = replace(
        invoice,
        type_code="381",
        preceding=(Preceding(number="2026-0041", issued=date(2026, 4, 1)), Preceding(number="X")),
        buyer_reference="KST 4",
        order="PO-9",
        terms="30 days net",
        note="For March",
        payee="Factor AG",
        account_name="Zvono",
        other_ibans=(OTHER_IBAN,),
        lines=(line, *invoice.lines[1:]),
        totals=replace(invoice.totals, paid=Decimal("5.00"), rounding=Decimal("0.01")),
    )
    assert read_xml(write(invoice))[1] == invoice


@pytest.mark.parametrize("write", [ubl, cii])
@settings(max_examples=25, deadline=None)
@whatever(data=st.data())
def test_amounts_come_through_exactly(write: Writer, data: st.DataObject) -> None:
    invoice = good()
    lines = tuple(
        replace(line, amount=data.draw(AMOUNT), quantity=data.draw(AMOUNT), price=data.draw(AMOUNT))
        for line in invoice.lines
    )
    invoice = summed(replace(invoice, lines=lines))
    assert read_xml(write(invoice))[1] == invoice


def test_no_note_is_left_out() -> None:
    invoice = replace(good(), note="First")
    for document, more in (
        (ubl(invoice).replace(b"<b:Note>", b"<b:Note>Second</b:Note><b:Note>", 1), "Second\nFirst"),
        (cii(invoice).replace(b"<r:IncludedNote>", b"<r:IncludedNote/><r:IncludedNote>", 1), "First"),
    ):
        assert read_xml(document)[1].note == more


def test_a_tax_total_in_the_accounting_currency_is_not_the_tax() -> None:
    other = b'<a:TaxTotal><b:TaxAmount currencyID="HUF">9999.00</b:TaxAmount></a:TaxTotal>'
    document = ubl(good()).replace(b"<a:TaxTotal>", other + b"<a:TaxTotal>", 1)
    assert read_xml(document)[1].totals.tax == 0


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"<Invoice", "not_xml"),
        (b"\x00\x01", "not_xml"),
        (b"<a>" * 5000, "not_xml"),
        (b"<html/>", "unknown_format"),
        (b"<!DOCTYPE a><a/>", "doctype"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>', "doctype"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "doctype"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"), "doctype"),
        (b" " * (MOST_BYTES + 1), "too_large"),
    ],
)
def test_what_is_no_invoice_is_refused(document: bytes, code: str) -> None:
    assert refusal(document) == code


def test_a_billion_laughs_are_refused() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    assert refusal(f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><a>&e11;</a>'.encode()) == "doctype"


@pytest.mark.parametrize("write", [ubl, cii])
@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"2026-0042", b"", "missing"),
        (b"50000", b"5e4", "not_a_number"),
        (b"500.00", b"NaN", "not_a_number"),
        (b"500.00", b"500,00", "not_a_number"),
    ],
)
def test_what_is_missing_or_no_number_is_named(write: Writer, old: bytes, new: bytes, code: str) -> None:
    document = write(good())
    if old not in document:
        old, new = b"500.00", b"5e4"
    with pytest.raises(Unreadable) as refused:
        read_xml(document.replace(old, new))
    assert refused.value.code == code
    assert refused.value.place.startswith("/")


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"%PDF-1.7 ...", "pdf"),
        (b"\n\xef\xbb\xbf<?xml version='1.0'?><a/>", "xml"),
        ("<a/>".encode("utf-16"), "xml"),
        (b'  {"number": "1"}', "json"),
        (b"Nummer;Datum", "text"),
    ],
)
def test_a_file_is_known_by_its_content(data: bytes, content: str) -> None:
    assert sniffed(data) == content


def test_nothing_is_no_invoice() -> None:
    with pytest.raises(Unreadable, match="empty"):
        sniffed(b" \n")


def test_a_manual_entry_is_an_invoice_as_json() -> None:
    assert read_manual(msgspec.json.encode(good())) == good()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1E+999999", "1E-999999", "0.0000000000001"])
def test_a_manual_entry_has_numbers_of_a_reasonable_size(number: str) -> None:
    typed = msgspec.json.encode(good()).replace(b'"500.00"', f'"{number}"'.encode())
    with pytest.raises(Unreadable, match="not_a_number"):
        read_manual(typed)


def test_a_manual_entry_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(Unreadable, match="not_an_invoice"):
        read_manual(b'{"number": "1", "totl": 4}')


MAPPING = Mapping(
    columns={
        "number": "Nr", "issued": "Datum", "currency": "Whg", "item": "Leistung", "quantity": "Menge", "unit": "Einh",
        "price": "Preis", "amount": "Netto", "rate": "USt", "net": "Summe netto", "tax": "Steuer", "gross": "Brutto",
    },
    constants={"seller": "Zvono d.o.o.", "category": "S"},
)  # fmt: skip
TABLE = (
    "Nr;Datum;Whg;Leistung;Menge;Einh;Preis;Netto;USt;Summe netto;Steuer;Brutto\r\n"
    "R-7;06.04.2026;EUR;Minuten;1.234,50;MIN;0,425;524,66;19;1.524,66;289,69;1.814,35\r\n"
    "R-7;06.04.2026;EUR;\"Anrufe;\nalle\";1000;C62;1;1.000,00;19;1.524,66;289,69;1.814,35\r\n"
)  # fmt: skip


def table(text: str, mapping: Mapping = MAPPING) -> Invoice:
    return read_table(text.encode(mapping.encoding), mapping)


def test_a_table_is_read_by_its_mapping() -> None:
    invoice = table(TABLE)
    assert (invoice.number, invoice.issued, invoice.seller.name) == ("R-7", date(2026, 4, 6), "Zvono d.o.o.")
    assert [(line.quantity, line.price, line.amount) for line in invoice.lines] == [
        (Decimal("1234.50"), Decimal("0.425"), Decimal("524.66")),
        (Decimal(1000), Decimal(1), Decimal("1000.00")),
    ]
    assert (invoice.totals.net, invoice.totals.gross) == (Decimal("1524.66"), Decimal("1814.35"))
    assert [(part.category, part.rate, part.tax) for part in invoice.vat] == [("S", Decimal(19), Decimal("289.69"))]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("Menge;", "Anzahl;", "missing"),
        ("Leistung;Menge", "Menge;Menge", "missing"),
        (";USt;", ";Datum;", "missing"),
        ("1.234,50", "1234.50", "not_a_number"),
        ("1.234,50", "1.23.4,50", "not_a_number"),
        ("06.04.2026", "2026-04-06", "not_a_day"),
        ("R-7;06.04.2026;EUR;Minuten", "R-8;06.04.2026;EUR;Minuten", "contradiction"),
        (";19;1.524,66;289,69;1.814,35\r\nR", ";7;1.524,66;289,69;1.814,35\r\nR", "mixed_vat"),
        ("EUR;Minuten", "EUR;Minuten;", "missing"),
        ('"Anrufe', "'Anrufe", "missing"),
    ],
)
def test_a_table_that_is_not_as_mapped_is_refused(old: str, new: str, code: str) -> None:
    assert old in TABLE
    text = TABLE.replace(old, new)
    if new.startswith("2026"):
        text = TABLE.replace(old, new)
    with pytest.raises(Unreadable) as refused:
        table(text)
    assert refused.value.code == code


def test_a_table_in_another_encoding_is_refused() -> None:
    with pytest.raises(Unreadable, match="not_text"):
        read_table(TABLE.replace("Minuten", "Gespräche").encode("cp1252"), MAPPING)


@settings(deadline=None)
@whatever(cents=st.integers(-(10**15), 10**15))
def test_minor_units_and_back(cents: int) -> None:
    assert minor(major(cents, "EUR"), "EUR") == cents
    assert minor(major(cents, "JPY"), "JPY") == cents


def test_parts_of_a_minor_unit_are_none() -> None:
    assert minor(Decimal("1.005"), "EUR") is None
    assert minor(Decimal("1.5"), "JPY") is None
    assert minor(Decimal("1.500"), "EUR") == 150


def test_halves_go_away_from_zero() -> None:
    assert rounded(Decimal("2.345"), "EUR") == Decimal("2.35")
    assert rounded(Decimal("-2.345"), "EUR") == Decimal("-2.35")


@pytest.mark.parametrize("text", ["", "1e5", "١٢", "0x1", "1_000", " 1", "9" * 19, "1.", ".5", "--1"])
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    with pytest.raises(Unreadable):
        decimal(text, "here")
