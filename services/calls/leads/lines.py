"""Lines of imported files: which column is what, and what a line says of a person, an order or a number."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from services.calls.connectors.fields import minor_units
from services.calls.domain.lead import MOST_PRIORITY
from services.calls.domain.numbers import country_of, e164, zone_of
from services.calls.leads.sheets import Row
from shared.kernel import Rejected
from shared.profiles import CustomerProfile

Kind = Literal["leads", "customers", "orders", "do_not_call"]
PROFILE = ("name", "street", "postal_code", "city", "region", "country", "email", "language", "notes")
FIELDS: dict[Kind, tuple[str, ...]] = {
    "leads": ("number", "first_name", "last_name", *PROFILE, "priority", "zone", "added_on"),
    "customers": ("number", "first_name", "last_name", *PROFILE),
    "orders": ("number", "order", "ordered_on", "sku", "quantity", "amount", "currency"),
    "do_not_call": ("number",),
}
"""What a column can be mapped to."""
NEEDED: dict[Kind, tuple[str, ...]] = {
    "leads": ("number",),
    "customers": ("number",),
    "orders": ("number", "order", "ordered_on"),
    "do_not_call": ("number",),
}
_WORDS: dict[str, tuple[str, ...]] = {
    "number": (
        "number", "phone", "phone number", "telephone", "tel", "mobile", "msisdn", "telefon", "telefonnummer",
        "mobitel", "broj telefona", "broj", "telefono", "gsm", "handy", "rufnummer", "kontakt telefon",
    ),
    "first_name": ("first name", "firstname", "given name", "vorname", "ime", "nome"),
    "last_name": ("last name", "lastname", "surname", "family name", "nachname", "prezime", "cognome"),
    "name": ("name", "full name", "customer", "customer name", "kunde", "kupac", "ime i prezime", "nome e cognome"),
    "street": ("street", "address", "address line 1", "strasse", "adresse", "adresa", "ulica", "indirizzo", "via"),
    "postal_code": ("postal code", "postcode", "zip", "zip code", "plz", "postleitzahl", "postanski broj", "cap"),
    "city": ("city", "town", "ort", "stadt", "grad", "mjesto", "citta", "mesto"),
    "region": ("region", "state", "county", "province", "bundesland", "zupanija", "provincia"),
    "country": ("country", "country code", "land", "drzava", "zemlja", "paese"),
    "email": ("email", "e mail", "mail", "e posta", "mail adresse"),
    "language": ("language", "lang", "sprache", "jezik", "lingua"),
    "notes": ("notes", "note", "comment", "remark", "bemerkung", "notiz", "napomena", "biljeska"),
    "priority": ("priority", "prio", "score", "prioritet", "prioritat"),
    "zone": ("time zone", "timezone", "zone", "zeitzone", "vremenska zona"),
    "added_on": (
        "lead date", "created", "created on", "created at", "entry date", "erstellt am", "datum unosa", "datum prijave",
    ),
    "order": ("order", "order id", "order number", "order no", "bestellnummer", "broj narudzbe", "narudzba"),
    "ordered_on": ("order date", "ordered on", "ordered at", "date", "datum", "bestelldatum", "datum narudzbe"),
    "sku": ("sku", "product", "article", "item", "artikel", "produkt", "proizvod", "artikl"),
    "quantity": ("quantity", "qty", "pieces", "menge", "anzahl", "kolicina"),
    "amount": ("amount", "total", "value", "price", "betrag", "summe", "iznos", "cijena", "ukupno"),
    "currency": ("currency", "wahrung", "waehrung", "valuta"),
}  # fmt: skip
EXCEL_EPOCH = date(1899, 12, 30)
EXCEL_DAYS = range(20_000, 80_000)
"""Days that a spreadsheet stores as a number: from 1954 to 2119."""
FEWEST_DIGITS = 6
"""Of a telephone number, and of a day: a heading of digits is a year at most."""
MOST_DIGITS = 18
"""Of a whole number. The interpreter itself refuses some thousands of them, which a cell may well hold."""
_KNOWN = frozenset(word for field, words in _WORDS.items() for word in (field.replace("_", " "), *words))
_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%Y.", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
T = TypeVar("T")


class Columns(NamedTuple):
    """What the columns of a file are called: by their headings, or where the file has none by their places, from 1."""

    names: list[str]
    headings: bool


class Reject(NamedTuple):
    """A line that can't be taken in: its line, what the column is called, why, and what stood there."""

    line: int
    column: str
    reason: str
    value: str = ""


class Person(NamedTuple):
    """A line of leads or customers. `added`: since when it is a lead, where the file says so."""

    line: int
    number: str
    country: str
    zone: str
    priority: int
    profile: CustomerProfile
    added: datetime | None = None


class Ordered(NamedTuple):
    """A line of an order history. `minor` in minor units of `currency`; None where the file does not say."""

    line: int
    number: str
    order: str
    ordered_on: datetime
    sku: str
    quantity: int
    minor: int | None
    currency: str


class _Wrong(Exception):
    """A cell that makes no sense."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field = field
        self.reason = reason


def plain(text: str) -> str:
    """Words without case, accents and signs, by which headers and names are compared."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d").replace("ß", "ss"))
    return " ".join(re.findall(r"[^\W_]+", "".join(c for c in letters if not unicodedata.combining(c))))


def named_columns(rows: Iterator[Row]) -> tuple[Columns, Iterator[Row]]:
    """What the columns of the file are called, and its lines: where it has no headings, the first of its rows too.

    A row is none of headings where one of its cells is a telephone number, a day, or an e-mail address.
    """
    first = next(rows)
    if any(_is_data(cell) for cell in first.cells):
        places = [str(place) for place, _ in enumerate(first.cells, 1)]
        return Columns(places, headings=False), itertools.chain([first], rows)
    # A heading of so few digits would look like a place.
    names = [str(n) if cell.isdecimal() and len(cell) < len("1000") else cell for n, cell in enumerate(first.cells, 1)]
    return Columns(names, headings=True), rows


def _is_data(cell: str) -> bool:
    few = sum(sign.isdecimal() for sign in cell) < FEWEST_DIGITS
    return _EMAIL.fullmatch(cell) is not None or not (few or any(sign.isalpha() for sign in cell))


def kept_columns(kind: Kind, header: Sequence[str], columns: Mapping[str, str]) -> dict[str, str]:
    """Columns as they are kept: where no heading is a word of ours, the first row may be a customer's line all the
    same, so that they are kept by their places. Rejected as `places_of` does."""
    places = places_of(kind, header, columns)
    if any(plain(name) in _KNOWN for name in header):
        return {field: header[place] for field, place in places.items()}
    return {field: str(place + 1) for field, place in places.items()}


def proposed(kind: Kind, header: Sequence[str]) -> dict[str, str]:
    """Field -> the column that looks like it. Each column is proposed once, the first that fits."""
    found: dict[str, str] = {}
    words = [plain(name) for name in header]
    for field in FIELDS[kind]:
        names = (field.replace("_", " "), *_WORDS.get(field, ()))
        place = next((words.index(name) for name in names if name in words), None)
        if place is not None and header[place] not in found.values():
            found[field] = header[place]
    return found


def places_of(kind: Kind, header: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    """Field -> the place of its column, which is told by its heading or its place, from 1. Rejected with
    `columns_wrong`."""
    if unknown := sorted(set(columns) - set(FIELDS[kind])):
        raise Rejected("columns_wrong", f"No such field: {', '.join(unknown)}; there are {', '.join(FIELDS[kind])}.")
    if missing := [field for field in NEEDED[kind] if field not in columns]:
        raise Rejected("columns_wrong", f"No column is told for {', '.join(missing)}.")
    places = {field: place for field, name in columns.items() if (place := _place(header, name)) is not None}
    if wrong := sorted({columns[field] for field in columns.keys() - places.keys()}):
        raise Rejected("columns_wrong", f"Not once in the header: {', '.join(wrong)}.")
    if len(set(places.values())) < len(places):
        raise Rejected("columns_wrong", "A column is told for two fields.")
    return places


def _place(header: Sequence[str], name: str) -> int | None:
    if header.count(name) == 1:
        return header.index(name)
    place = _whole(name)
    return place - 1 if place is not None and 0 < place <= len(header) else None


class Reading:
    """How the lines of one file are read: by its columns, in a country, with a zone where a number does not say one."""

    def __init__(self, kind: Kind, header: Sequence[str], columns: Mapping[str, str], country: str, zone: str) -> None:
        self._places = places_of(kind, header, columns)
        self._columns = columns
        self._country = country
        self._zone = zone

    def person(self, row: Row) -> Person | Reject:
        """A line of leads or customers."""
        return self._read(row, self._person)

    def order(self, row: Row) -> Ordered | Reject:
        """A line of an order history."""
        return self._read(row, self._order)

    def number(self, row: Row) -> str | Reject:
        """A line of a do-not-call list."""
        return self._read(row, lambda line, said: self._number(said, self._country))

    def _read(self, row: Row, read: Callable[[int, Mapping[str, str]], T]) -> T | Reject:
        cells = row.cells
        said = {field: cells[place] if place < len(cells) else "" for field, place in self._places.items()}
        computed = next((field for field, place in self._places.items() if place in row.formulas), None)
        try:
            if computed is not None:
                raise _Wrong(computed, "a formula")
            return read(row.line, said)
        except _Wrong as wrong:
            column = self._columns.get(wrong.field, wrong.field)
            return Reject(row.line, column, wrong.reason, said.get(wrong.field, ""))

    def _person(self, line: int, said: Mapping[str, str]) -> Person:
        country = said.get("country", "").upper() or self._country
        if not re.fullmatch("[A-Z]{2}", country):
            raise _Wrong("country", "no country of ISO 3166")
        number = self._number(said, country)
        email = said.get("email", "")
        if email and not _EMAIL.fullmatch(email):
            raise _Wrong("email", "no e-mail address")
        parts = (said.get("first_name", ""), said.get("last_name", ""))
        name = said.get("name", "") or " ".join(part for part in parts if part)
        known = {field: said.get(field, "") for field in PROFILE if field not in ("name", "country", "language")}
        language = said.get("language", "").lower()
        profile = CustomerProfile(name=name, country=country, language=language, **known)
        if too_long := next((field for field in PROFILE if len(getattr(profile, field)) > _most(field)), None):
            raise _Wrong(too_long, "too long")
        belongs = country_of(number) or country
        priority, added = _priority(said.get("priority", "")), said.get("added_on", "")
        since = _day(added, self._zone, "added_on") if added else None
        return Person(line, number, belongs, self._zone_of(said, number), priority, profile, since)

    def _order(self, line: int, said: Mapping[str, str]) -> Ordered:
        order = said.get("order", "")
        if not order or len(order) > 100:
            raise _Wrong("order", "no number of an order")
        quantity = _whole(said.get("quantity", "") or "1")
        if quantity is None or not 0 < quantity < 10_000:
            raise _Wrong("quantity", "no number of pieces")
        currency = said.get("currency", "").upper()
        amount = said.get("amount", "")
        if amount and not re.fullmatch("[A-Z]{3}", currency):
            raise _Wrong("currency", "an amount needs a currency of ISO 4217")
        return Ordered(
            line=line,
            number=self._number(said, self._country),
            order=order,
            ordered_on=_day(said.get("ordered_on", ""), self._zone, "ordered_on"),
            sku=said.get("sku", "")[:100],
            quantity=quantity,
            minor=_minor(amount, currency) if amount else None,
            currency=currency,
        )

    def _number(self, said: Mapping[str, str], country: str) -> str:
        text = said.get("number", "")
        if not text:
            raise _Wrong("number", "no number")
        number = e164(text, country)
        # Spreadsheets drop the plus sign, and the zero in front.
        if number is None and text.isdecimal():
            number = e164(f"+{text}", None)
        if number is None:
            raise _Wrong("number", f"no telephone number of {country}")
        return number

    def _zone_of(self, said: Mapping[str, str], number: str) -> str:
        name = said.get("zone", "")
        if not name:
            return zone_of(number) or self._zone
        try:
            return ZoneInfo(name).key
        except (LookupError, ValueError, OSError):
            raise _Wrong("zone", "no zone of the IANA database") from None


def likeness(person: Person) -> str | None:
    """By what two lines are the same person though their numbers differ: the words of the name, whatever their order,
    and the postal code. None where either is not known."""
    words, code = plain(person.profile.name).split(), plain(person.profile.postal_code).replace(" ", "")
    return f"{' '.join(sorted(words))}|{person.profile.country}|{code}" if len(words) > 1 and code else None


def _most(field: str) -> int:
    return 5000 if field == "notes" else 300


def _priority(text: str) -> int:
    if not text:
        return 0
    priority = _whole(text)
    if priority is None or priority > MOST_PRIORITY:
        raise _Wrong("priority", f"a whole number up to {MOST_PRIORITY}")
    return priority


def _whole(text: str) -> int | None:
    """A whole number; None for anything else, and for one of more digits than anything here has."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None


def _day(text: str, zone: str, field: str) -> datetime:
    """Noon of the day, in the zone: a day without a time is the same day also a few zones away."""
    day, number = None, _whole(text)
    if number is not None and number in EXCEL_DAYS:
        day = EXCEL_EPOCH + timedelta(days=number)
    for form in () if day else _DATES:
        try:
            day = datetime.strptime(text.partition("T")[0].partition(" ")[0], form).date()  # noqa: DTZ007
        except ValueError:
            continue
        break
    if day is None:
        raise _Wrong(field, "no day such as 2026-03-02 or 2.3.2026")
    return datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC)


def _minor(text: str, currency: str) -> int:
    """`1.234,50`, `1,234.50` and `1234.5` euro are 123450: of two signs the last one is the decimal one, and one alone
    is it where not exactly three digits follow."""
    digits = re.sub(r"[\s']", "", text)
    last = max(digits.rfind("."), digits.rfind(","))
    both = "." in digits and "," in digits
    grouped = last >= 0 and not both and (len(digits) - last - 1 == 3 or digits.count(digits[last]) > 1)
    whole, part = (digits[:last], digits[last + 1 :]) if last >= 0 and not grouped else (digits, "")
    minor, _ = minor_units(re.sub("[.,]", "", whole) + (f".{part}" if part else ""), currency)
    if minor is None or not 0 <= minor < 10**12:
        raise _Wrong("amount", f"no amount of {currency}")
    return minor
