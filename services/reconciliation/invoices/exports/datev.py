"""DATEV: a posting batch (EXTF Buchungsstapel, format 700, version 13) in Windows-1252.

Days of documents have no year there: a batch lies within one financial year, and within the days that it states.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from services.reconciliation.invoices.exports.cells import amount
from services.reconciliation.invoices.exports.entries import Entry, NotExportable, one_currency
from shared.cells import FORMULA


def _numbered(first: str, second: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name} {number}" for number in range(1, count + 1) for name in (first, second))


COLUMNS = (
    "Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs", "Basis-Umsatz", "WKZ Basis-Umsatz",
    "Konto", "Gegenkonto (ohne BU-Schlüssel)", "BU-Schlüssel", "Belegdatum", "Belegfeld 1", "Belegfeld 2", "Skonto",
    "Buchungstext", "Postensperre", "Diverse Adressnummer", "Geschäftspartnerbank", "Sachverhalt", "Zinssperre",
    "Beleglink", *_numbered("Beleginfo - Art", "Beleginfo - Inhalt", 8), "KOST1 - Kostenstelle",
    "KOST2 - Kostenstelle", "Kost-Menge", "EU-Land u. UStID (Bestimmung)", "EU-Steuersatz (Bestimmung)",
    "Abw. Versteuerungsart", "Sachverhalt L+L", "Funktionsergänzung L+L", "BU 49 Hauptfunktionstyp",
    "BU 49 Hauptfunktionsnummer", "BU 49 Funktionsergänzung",
    *_numbered("Zusatzinformation - Art", "Zusatzinformation- Inhalt", 20), "Stück", "Gewicht", "Zahlweise",
    "Forderungsart", "Veranlagungsjahr", "Zugeordnete Fälligkeit", "Skontotyp", "Auftragsnummer", "Buchungstyp",
    "USt-Schlüssel (Anzahlungen)", "EU-Land (Anzahlungen)", "Sachverhalt L+L (Anzahlungen)",
    "EU-Steuersatz (Anzahlungen)", "Erlöskonto (Anzahlungen)", "Herkunft-Kz", "Buchungs GUID", "KOST-Datum",
    "SEPA-Mandatsreferenz", "Skontosperre", "Gesellschaftername", "Beteiligtennummer", "Identifikationsnummer",
    "Zeichnernummer", "Postensperre bis", "Bezeichnung SoBil-Sachverhalt", "Kennzeichen SoBil-Buchung",
    "Festschreibung", "Leistungsdatum", "Datum Zuord. Steuerperiode", "Fälligkeit", "Generalumkehr (GU)", "Steuersatz",
    "Land", "Abrechnungsreferenz", "BVV-Position", "EU-Land u. UStID (Ursprung)", "EU-Steuersatz (Ursprung)",
    "Abw. Skontokonto",
)  # fmt: skip
"""In their order; a field is told by its place."""
MOST_MINOR = 10**12
"""Ten digits before the comma."""
ENCODING = "cp1252"


class Batch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose books, and which days. `consultant`, `client`: the numbers that DATEV gave; `year_starts`: first day of the
    financial year; `account_digits`: of general accounts; `chart`: such as `03`; `name`: what people call the batch."""

    consultant: int
    client: int
    year_starts: date
    starts: date
    ends: date
    account_digits: int = 4
    chart: str = ""
    name: str = "Eingangsrechnungen"


def datev(made: Iterable[Entry], batch: Batch, created: datetime) -> bytes:
    """The file, to be called `EXTF_<something>.csv`.

    NotExportable: `currencies`, `outside_the_batch`, `outside_the_year`, `not_an_account`, `not_a_tax_key`,
    `too_much`, `no_document`.
    """
    entries = tuple(made)
    currency = one_currency(entries)
    if batch.year_starts.day != 1 or not batch.year_starts <= batch.starts <= batch.ends < _year_after(
        batch.year_starts
    ):
        raise NotExportable("outside_the_year", f"{batch.starts} to {batch.ends} is not within one financial year")
    lines = [_head(batch, currency, created), ";".join(COLUMNS), *(_row(one, batch) for one in entries if one.gross)]
    return "".join(f"{line}\r\n" for line in lines).encode(ENCODING)


def _head(batch: Batch, currency: str, created: datetime) -> str:
    stamp = created.strftime("%Y%m%d%H%M%S") + f"{created.microsecond // 1000:03d}"
    fields = [
        _quoted("EXTF"), "700", "21", _quoted("Buchungsstapel"), "13", stamp, "", _quoted(""),
        _quoted(""), _quoted(""),
        str(batch.consultant), str(batch.client), f"{batch.year_starts:%Y%m%d}", str(batch.account_digits),
        f"{batch.starts:%Y%m%d}", f"{batch.ends:%Y%m%d}", _quoted(_text(batch.name, 30)), _quoted(""), "1", "0", "0",
        _quoted(currency), "", _quoted(""), "", "", _quoted(_text(batch.chart, 4)), "", "", _quoted(""), _quoted(""),
    ]  # fmt: skip
    return ";".join(fields)


def _row(one: Entry, batch: Batch) -> str:
    if not batch.starts <= one.on <= batch.ends:
        raise NotExportable("outside_the_batch", f"{one.document} of {one.on} is not within the days of the batch")
    if abs(one.gross) >= MOST_MINOR:
        raise NotExportable("too_much", f"{one.document} has an amount of more than ten digits")
    document = _document(one.document)
    if not document:
        raise NotExportable("no_document", f"nothing of the number {one.document!r} can be written there")
    cells = dict.fromkeys(COLUMNS, "") | {
        "Umsatz (ohne Soll/Haben-Kz)": amount(abs(one.gross), one.currency, ","),
        "Soll/Haben-Kennzeichen": _quoted("S" if one.gross > 0 else "H"),
        "WKZ Umsatz": _quoted(one.currency),
        "Konto": _account(one.account, batch.account_digits),
        "Gegenkonto (ohne BU-Schlüssel)": _account(one.contra, batch.account_digits + 1),
        "BU-Schlüssel": _tax_key(one.tax_code),
        "Belegdatum": f"{one.on:%d%m}",
        "Belegfeld 1": _quoted(document),
        "Belegfeld 2": _quoted(f"{one.due:%d%m%y}"),
        "Buchungstext": _quoted(_text(f"{one.supplier} {one.text}", 60)),
        "KOST1 - Kostenstelle": _quoted(_text(one.cost_centre, 36)),
        "Festschreibung": "0",
    }
    return ";".join(cells.values())


def _account(text: str, digits: int) -> str:
    if not re.fullmatch(r"[0-9]{1,9}", text) or len(text) > digits:
        raise NotExportable("not_an_account", f"{text!r} is not an account of at most {digits} digits")
    return text


def _tax_key(text: str) -> str:
    if not re.fullmatch(r"[0-9]{0,4}", text):
        raise NotExportable("not_a_tax_key", f"{text!r} is not a tax key of at most four digits")
    return _quoted(text.zfill(4) if text else "")


def _document(number: str) -> str:
    return re.sub(r"[^A-Za-z0-9$&%*+/-]", "", _western(number)).lstrip("".join(FORMULA))[:36]


def _text(text: str, longest: int) -> str:
    flat = " ".join("".join(letter if letter.isprintable() else " " for letter in _western(text)).split())
    return flat.lstrip("".join(FORMULA) + " ")[:longest]


def _western(text: str) -> str:
    """The text in Windows-1252: letters that it lacks without their marks, `?` for what is left."""
    return "".join(_letter(one) for one in unicodedata.normalize("NFC", text))


def _letter(letter: str) -> str:
    try:
        letter.encode(ENCODING)
    except UnicodeEncodeError:
        base = unicodedata.normalize("NFKD", _BARRED.get(letter, letter))
        return base.encode(ENCODING, "ignore").decode(ENCODING) or "?"
    return letter


_BARRED = {"đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ı": "i"}
"""Letters whose mark is part of them and not on top of them."""


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _year_after(day: date) -> date:
    return day.replace(year=day.year + 1)
