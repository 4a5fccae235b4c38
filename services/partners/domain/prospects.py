"""Lists of candidates from elsewhere: columns to fields, rows to companies, and which of them we know already."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, get_args

import msgspec
import phonenumbers

from services.partners.domain.partner import DescribePartner, NameContact, RegisterPartner
from services.partners.events import FoundBy, Work

FIELDS = (
    "name", "country", "time_zone", "countries", "languages", "services", "seats", "found_by", "domain", "phone",
    "note", "contact_name", "contact_position", "contact_email", "contact_phone",
)  # fmt: skip
"""What a column can be mapped to."""
MOST_ROWS = 5_000
CONTACT = "contact_"
C = TypeVar("C", RegisterPartner, DescribePartner, NameContact)
LISTS = ("countries", "languages", "services")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PHONE = re.compile(r"\+?[0-9 ()/.-]{5,40}")
_LEGAL = frozenset({
    "ab", "ag", "aps", "as", "bv", "co", "company", "corp", "dd", "doo", "eood", "gmbh", "group", "holding", "inc",
    "jsc", "kft", "kg", "lda", "limited", "llc", "ltd", "nv", "ohg", "ood", "oy", "plc", "sa", "sarl", "sas", "sl",
    "slu", "spa", "spzoo", "srl", "sro", "ug", "zrt",
})  # fmt: skip
"""What companies are called by law, not by people."""


class Wrong(NamedTuple):
    """What is wrong with one cell; `field` is `rows[3].name`, rows counted from 1 below the header."""

    field: str
    detail: str


class _Cell(Exception):
    """A cell that makes no sense."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(field, detail)
        self.field = field
        self.detail = detail


class Unreadable(ValueError):
    """The list as a whole can't be read; the text says why."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One row: the commands that make it a partner, under the id that was found for it."""

    row: int
    register: RegisterPartner
    describe: DescribePartner
    contact: NameContact | None = None

    def further(self) -> list[RegisterPartner | DescribePartner | NameContact]:
        """What is said of the company once it is registered."""
        return [self.describe, self.contact] if self.contact else [self.describe]


class Traits(NamedTuple):
    """By what a company is recognised. Each is empty where nothing is known."""

    name: str
    domain: str
    phone: str


def rows_of(text: str, mapping: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows of a CSV text as field -> cell, by a mapping of header -> field. Unreadable when a header is missing
    or stands twice, nothing is mapped to `name`, or there are too many rows."""
    if unknown := sorted(set(mapping.values()) - set(FIELDS)):
        raise Unreadable(f"no such field: {', '.join(unknown)}; there are: {', '.join(FIELDS)}")
    if "name" not in mapping.values() or len(set(mapping.values())) != len(mapping):
        raise Unreadable("one column must be mapped to `name`, and no two to the same field")
    lines = text.lstrip("\ufeff").splitlines()
    if not lines:
        raise Unreadable("the list is empty")
    separator = max(",;\t|", key=lines[0].count)
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=separator, strict=True)
    try:
        table = [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as wrong:
        raise Unreadable(f"not CSV near line {reader.line_num}: {wrong}") from None
    header = [cell.strip() for cell in table[0]]
    for name in mapping:
        if header.count(name) != 1:
            raise Unreadable(f"the header has the column {name!r} {header.count(name)} times, not once")
    if len(table) - 1 > MOST_ROWS:
        raise Unreadable(f"{len(table) - 1} rows; at most {MOST_ROWS} at a time")
    places = {field: header.index(name) for name, field in mapping.items()}
    return [
        {field: row[place].strip() if place < len(row) else "" for field, place in places.items()} for row in table[1:]
    ]


def candidates(
    rows: Sequence[Mapping[str, str]], taken: Iterable[str], zone: str, found_by: FoundBy | None
) -> tuple[list[Candidate], list[Wrong]]:
    """The rows as candidates, with new ids that are not `taken`, and everything that is wrong with any cell. `zone`
    and `found_by` are used where a row says none."""
    used, found, wrong = set(taken), [], []
    for number, row in enumerate(rows, 1):
        place = f"rows[{number}]"
        bad = [Wrong(f"{place}.{name}", "begins like a formula") for name, cell in row.items() if _formula(name, cell)]
        if bad:
            wrong += bad
            continue
        partner_id = new_id(row["name"], used)
        try:
            found.append(_candidate(number, partner_id, row, zone, found_by))
        except _Cell as cell:
            wrong.append(Wrong(f"{place}.{cell.field}", cell.detail))
        used.add(partner_id)
    return found, wrong


def _formula(field: str, cell: str) -> bool:
    """A cell that a spreadsheet would compute. A number is not one, where a number belongs."""
    return cell.startswith(_FORMULA) and not (field in ("phone", "contact_phone") and _PHONE.fullmatch(cell))


def _candidate(number: int, partner_id: str, row: Mapping[str, str], zone: str, found_by: FoundBy | None) -> Candidate:
    said: dict[str, Any] = {name: cell for name, cell in row.items() if cell}
    lists = {name: _list(name, said.pop(name)) for name in LISTS if name in said}
    contact = {name.removeprefix(CONTACT): said.pop(name) for name in list(said) if name.startswith(CONTACT)}
    register: dict[str, Any] = {"name": "", "country": None, "time_zone": zone, "partner_id": partner_id}
    register |= {name: said.pop(name) for name in ("name", "country", "time_zone") if name in said}
    if "seats" in said:
        said["seats"] = int(said["seats"]) if said["seats"].isdecimal() else said["seats"]
    if "domain" in said:
        said["domain"] = domain_of(said["domain"])
    countries = lists.pop("countries", [register["country"]] if register["country"] else [])
    return Candidate(
        row=number,
        register=_as(RegisterPartner, register),
        describe=_as(
            DescribePartner,
            {"found_by": found_by, **said, **lists, "countries": countries, "partner_id": partner_id},
        ),
        contact=_contact({**contact, "partner_id": partner_id}) if contact else None,
    )


def _contact(contact: dict[str, Any]) -> NameContact:
    for needed in ("name",) if contact.keys() & {"email", "phone"} else ("email",):
        if needed not in contact:
            raise _Cell(CONTACT + needed, "a contact has a name, and an e-mail address or a phone number")
    return _as(NameContact, contact, CONTACT)


def _as(kind: type[C], said: dict[str, Any], prefix: str = "") -> C:
    """The command that a row says. _Cell names the one that makes no sense."""
    try:
        return msgspec.convert(said, kind)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        raise _Cell(prefix + path.rstrip("`"), reason) from None


def _list(name: str, cell: str) -> list[str]:
    """Several values in a cell; services also in the words that people use."""
    parts = [part.strip() for part in re.split(r"[,;/|]", cell) if part.strip()]
    if name == "countries":
        return [part.upper() for part in parts]
    if name == "languages":
        return [part.lower() for part in parts]
    known = {work.split("_")[0]: work for work in get_args(Work)}
    return [known.get(part.lower().split("_")[0].split(" ")[0], part) for part in parts]


def new_id(name: str, used: Iterable[str]) -> str:
    """An id that speaks, from the name, and is not used yet."""
    plain = _plain(name).encode("ascii", "ignore").decode()
    stem = "-".join(re.findall("[a-z0-9]+", plain))[:50].strip("-") or "partner"
    taken = set(used)
    return next(one for n in range(1, len(taken) + 2) if (one := stem if n == 1 else f"{stem}-{n}") not in taken)


def traits(name: str, domain: str | None, phone: str | None, country: str | None) -> Traits:
    """By what a company is recognised: its name without legal form, accents and signs; its domain; its number in
    E.164, read in its country."""
    return Traits(_plain(name), domain_of(domain or ""), number_of(phone or "", country))


def _plain(name: str) -> str:
    """The words of a name without legal form, accents and signs."""
    letters = unicodedata.normalize("NFKD", name.casefold()).replace(".", "")
    words = re.findall(r"[^\W_]+", "".join(c for c in letters if not unicodedata.combining(c)))
    return " ".join([word for word in words if word not in _LEGAL] or words)


def domain_of(text: str) -> str:
    """The domain of an address as people write it, without `www`."""
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.strip().lower()).partition("/")[0].partition(":")[0]
    return host.removeprefix("www.")


def number_of(text: str, country: str | None) -> str:
    """A phone number in E.164; empty where it is none."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return ""
    valid = phonenumbers.is_possible_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else ""


class Known:
    """Companies by their traits, to look others up in."""

    def __init__(self) -> None:
        self._by: dict[tuple[str, str], str] = {}

    def add(self, partner_id: str, of: Traits) -> None:
        """This one is known from here on. Who was there first is found."""
        for kind, value in of._asdict().items():
            if value:
                self._by.setdefault((kind, value), partner_id)

    def find(self, of: Traits) -> tuple[str, str] | None:
        """The id of a company with an equal trait, and the trait's kind; the name is asked last, as the weakest."""
        for kind in ("domain", "phone", "name"):
            value = getattr(of, kind)
            if value and (found := self._by.get((kind, value))):
                return found, kind
        return None
