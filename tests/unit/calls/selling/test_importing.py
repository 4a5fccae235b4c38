"""Files of leads: read under limits, understood by their headers, taken in once, also where a worker was killed."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import re
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calls.events.histories import PastOrdersRemembered
from services.calls.events.leads import LeadImportEnded
from services.calls.leads.imports import Import
from services.calls.leads.lines import Ordered, Person, Reading, Reject, likeness, named_columns, places_of, proposed
from services.calls.leads.sheets import MOST_IN_CELL, Row, looks_like_formula, neutral, rows_of
from services.calls.views.customers import customers
from shared.kernel import Money, Rejected
from tests.unit.calls.selling.memory import LIST, Killed, World, everything

HEADER = ["Telefon", "Vorname", "Nachname", "PLZ", "Bemerkung"]


def workbook(rows: list[list[Any]], hidden: bool = False, formula: tuple[int, int] | None = None) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        if hidden:
            book.add_worksheet("old").hide()
        sheet = book.add_worksheet("leads")
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                sheet.write(y, x, cell)
        if formula:
            sheet.write_formula(*formula, "=1+1", value="385912345667")
        if hidden:
            sheet.activate()
            sheet.set_first_sheet()
    return out.getvalue()


def read(kind: Any, header: list[str], *rows: list[str], **more: Any) -> list[Any]:
    reading = Reading(kind, header, proposed(kind, header), "HR", "Europe/Zagreb")
    how = {"leads": reading.person, "customers": reading.person, "orders": reading.order, "do_not_call": reading.number}
    return [how[kind](Row(n, row, more.get("formulas", frozenset()))) for n, row in enumerate(rows, 2)]


# Reading


def test_csv_is_read_whatever_its_separator_encoding_and_line_ends() -> None:
    text = 'Telefon;Ime\r\n091;"Šiško; Žarko"\r\n\r\n092;Đuro\r\n'
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1250"):
        rows = list(rows_of(text.encode(encoding)))
        assert [row.cells for row in rows] == [["Telefon", "Ime"], ["091", "Šiško; Žarko"], ["092", "Đuro"]], encoding
        assert [row.line for row in rows] == [1, 2, 4]
    assert [row.cells for row in rows_of(b"a\tb\n1\t2")] == [["a", "b"], ["1", "2"]]
    assert [row.cells for row in rows_of("Größe\nß".encode("cp1252"), "cp1252")] == [["Größe"], ["ß"]]


def test_a_workbook_gives_its_first_sheet_that_is_seen_with_digits_as_digits() -> None:
    rows = list(rows_of(workbook([["Telefon", "Name"], [385912345667, "Ana"], ["", ""], ["091", "x"]], hidden=True)))
    assert [row.cells for row in rows] == [["Telefon", "Name"], ["385912345667", "Ana"], ["091", "x"]]
    assert [row.line for row in rows] == [1, 2, 4]
    (_, row) = rows_of(workbook([["Telefon"], [1]], formula=(1, 0)))
    assert row.formulas == {0}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\n\n", "file_empty"),
        (b"\x00\x01\x02", "file_damaged"),
        (b"PK\x03\x04 no workbook", "file_damaged"),
        (b'a,b\n"x', "file_damaged"),
        (b"a" + b",a" * 300, "too_many_columns"),
        (b"a\n" + b"x" * 6_000, "file_too_large"),
    ],
)
def test_what_cant_be_read_says_why(content: bytes, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        list(rows_of(content))
    assert refused.value.code == code


def test_a_workbook_that_unpacks_to_very_much_is_refused() -> None:
    plain = workbook([["Telefon"], ["091"]])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content + b" " * (40 << 20) if name.endswith("sheet1.xml") else content)
    with pytest.raises(Rejected, match="too large"):
        list(rows_of(out.getvalue()))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_no_bytes_make_reading_crash(content: bytes) -> None:
    for data in (content, b"PK\x03\x04" + content):
        with contextlib.suppress(Rejected):  # everything else fails the test
            list(rows_of(data))


@given(st.text(max_size=40))
def test_what_a_spreadsheet_would_compute_is_neutral_in_the_rejects(cell: str) -> None:
    assert not neutral(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert not looks_like_formula(neutral(cell))


# Columns and lines


def test_columns_are_proposed_by_headers_in_many_languages() -> None:
    assert proposed("leads", HEADER) == {
        "number": "Telefon", "first_name": "Vorname", "last_name": "Nachname", "postal_code": "PLZ",
        "notes": "Bemerkung",
    }  # fmt: skip
    assert proposed("leads", ["BROJ TELEFONA", "Ime", "Prezime", "Poštanski broj"]) == {
        "number": "BROJ TELEFONA", "first_name": "Ime", "last_name": "Prezime", "postal_code": "Poštanski broj",
    }  # fmt: skip
    for columns in ({"name": "PLZ"}, {"number": "Fax"}, {"number": "PLZ", "shoe": "Telefon"}, {}):
        with pytest.raises(Rejected, match=r"No|Not") as refused:
            places_of("leads", HEADER, columns)
        assert refused.value.code == "columns_wrong"


@pytest.mark.parametrize(
    ("first", "names"),
    [
        (["Telefon", "Name", "2025", "1"], ["Telefon", "Name", "2025", "4"]),
        (["Wer", "Wann"], ["Wer", "Wann"]),
        (["Ana Anić", "091 234 5667"], None),
        (["+385912345667"], None),
        (["912345667", "mobile"], None),
        (["", "ana@example.com"], None),
        (["A-1", "Ana", "2.3.2026", "KOL-30"], None),
    ],
)
def test_columns_are_called_by_headings_or_where_there_are_none_by_places(
    first: list[str], names: list[str] | None
) -> None:
    called, rows = named_columns(iter([Row(1, first), Row(2, ["x"])]))
    assert called == (names or [str(place) for place in range(1, len(first) + 1)], names is not None)
    assert [row.line for row in rows] == ([2] if names else [1, 2])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("091 234 5667", "+385912345667"),
        ("+385 91/234-5667", "+385912345667"),
        ("00385912345667", "+385912345667"),
        ("385912345667", "+385912345667"),
        ("912345667", "+385912345667"),
        ("+43 660 1234567", "+436601234567"),
    ],
)
def test_numbers_are_read_by_their_country(text: str, number: str) -> None:
    (found,) = read("leads", ["Telefon"], [text])
    assert isinstance(found, Person)
    assert found.number == number
    assert found.zone == ("Europe/Vienna" if number.startswith("+43") else "Europe/Zagreb")
    assert found.country == ("AT" if number.startswith("+43") else "HR")


def test_a_line_that_makes_no_sense_is_a_reject_with_its_column() -> None:
    header = ["Telefon", "Name", "E-Mail", "Land", "Prio", "Zeitzone"]
    rows = [
        ["12", "A", "", "", "", ""],
        ["0912345667", "A", "nobody", "", "", ""],
        ["0912345667", "A", "", "Croatia", "", ""],
        ["0912345667", "A", "", "", "high", ""],
        ["0912345667", "A", "", "", "", "Mars/Olympus"],
        ["", "A", "", "", "", ""],
    ]
    found = read("leads", header, *rows)
    assert all(isinstance(each, Reject) for each in found)
    assert [each.column for each in found] == ["Telefon", "E-Mail", "Land", "Prio", "Zeitzone", "Telefon"]
    assert [each.line for each in found] == [2, 3, 4, 5, 6, 7]
    (formula,) = read("leads", ["Telefon"], ["0912345667"], formulas=frozenset({0}))
    assert formula.reason == "a formula"


@pytest.mark.parametrize("field", ["priority", "added_on", "quantity", "ordered_on"])
def test_a_number_of_very_many_digits_is_a_reject_and_no_failure(field: str) -> None:
    digits = "9" * MOST_IN_CELL
    if field in ("priority", "added_on"):
        (found,) = read("leads", ["number", field], ["0912345667", digits])
    else:
        cells = {"number": "0912345667", "order": "A1", "ordered_on": "2.3.2026"} | {field: digits}
        (found,) = read("orders", list(cells), list(cells.values()))
    assert isinstance(found, Reject)
    assert (found.column, found.value) == (field, digits)


def test_past_orders_are_read_with_days_and_amounts_as_people_write_them() -> None:
    header = ["Broj", "Order", "Datum", "SKU", "Menge", "Iznos", "Valuta"]
    found = read(
        "orders",
        header,
        ["0912345667", "A1", "2.3.2026", "KOL-30", "2", "1.234,50", "eur"],
        ["0912345667", "A2", "46083", "", "", "", ""],
        ["0912345667", "A3", "2026-03-02T10:00", "", "", "1,234.5", "EUR"],
        ["0912345667", "A4", "2026-03-02", "", "", "1500", "JPY"],
        ["0912345667", "A5", "2026-03-02", "", "", "1.500", "EUR"],
        ["0912345667", "A6", "31.2.2026", "", "", "", ""],
        ["0912345667", "A7", "2026-03-02", "", "", "1,005", ""],
    )
    taken = [each for each in found if isinstance(each, Ordered)]
    assert [each.minor for each in taken] == [123450, None, 123450, 1500, 150000]
    assert {each.ordered_on for each in taken} == {datetime(2026, 3, 2, 11, 0, tzinfo=UTC)}
    assert [(each.column, each.line) for each in found if isinstance(each, Reject)] == [("Datum", 7), ("Valuta", 8)]


def test_people_are_alike_by_name_and_postal_code_whatever_the_order_and_accents() -> None:
    header = ["Telefon", "Name", "PLZ"]
    one, two, three, four = read(
        "leads", header,
        ["0912345667", "Žarko Šiško", "10 000"], ["0912345668", "SISKO, Zarko", "10000"],
        ["0912345669", "Žarko Šiško", "21000"], ["0912345660", "Žarko", "10000"],
    )  # fmt: skip
    assert likeness(one) == likeness(two)
    assert likeness(three) != likeness(one)
    assert likeness(four) is None, "one word is too little"


# Taking in


def file(count: int, start: int = 0) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Telefon", "Name", "PLZ"])
    for n in range(start, start + count):
        writer.writerow([f"+38591{2000000 + n}", f"Osoba{n} Horvat", f"{10000 + n % 90000}"])
    return out.getvalue().encode()


async def done(world: World, one: Import) -> Import:
    while True:
        found = await world.imports.get(one.id)
        assert found is not None
        if found[1].standing in ("done", "failed"):
            return found[1]
        world.later(minutes=1)
        await world.importer().step()


async def test_the_same_lines_are_never_taken_in_twice() -> None:
    world = await World().start()
    first = await done(world, await world.asked(file(30)))
    assert (first.new, first.known, first.duplicates, first.rejected) == (30, 0, 0, 0)
    assert await world.asked(file(30)) == first, "the same file is the same import"
    more = await done(world, await world.asked(file(40, start=20)))
    assert (more.new, more.known) == (30, 10)
    assert len([one async for one in everything(world)]) == 60
    ended = [event for event in world.calls.events if isinstance(event, LeadImportEnded)]
    assert [(event.new, event.known) for event in ended] == [(30, 0), (30, 10)]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 25), min_size=1, max_size=4), st.integers(0, 100))
async def test_whenever_the_worker_is_killed_each_line_is_taken_in_once(kills: list[int], seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.calls.leads.importing.PART", 4)
        patch.setattr("services.calls.leads.imports.PART", 4)
        world = await World(seed).start()
        content = file(17) + b"+385912000003,Osoba3 Horvat,10003\n12,Nobody,1\n"
        asked = await world.asked(content)
        for at in kills:
            world.documents.dies_at = at
            try:
                await world.importer().step()
            except Killed:
                world.later(minutes=1)
            world.documents.dies_at = None
        found = await done(world, asked)
        assert found.standing == "done", found
        assert (found.new, found.duplicates, found.rejected, found.known) == (17, 1, 1, 0)
        leads = [one async for one in everything(world)]
        assert len({one.customer_ref for one in leads}) == len(leads) == 17
        rejects = (await world.imports.rejects(found)).decode().splitlines()
        assert rejects == ["line,column,reason,value", "20,Telefon,no telephone number of HR,12"]
        assert len([event for event in world.calls.events if isinstance(event, LeadImportEnded)]) == 1


async def test_an_import_that_somebody_works_on_is_left_alone_while_they_live() -> None:
    world = await World().start()
    asked = await world.asked(file(3))
    world.documents.dies_at = 5
    with pytest.raises(Killed):
        await world.importer().step()
    world.documents.dies_at = None
    assert await world.importer().step() == 0
    world.later(seconds=31)
    assert await world.importer().step() == 3
    assert (await world.imports.get(asked.id))[1].standing == "done"  # type: ignore[index]


async def test_two_files_at_once_give_each_customer_one_lead() -> None:
    world = await World(7).start()
    first, second = await world.asked(file(12)), await world.asked(file(12, start=6))
    await asyncio.gather(world.importer().step(), world.importer().step())
    one, two = await done(world, first), await done(world, second)
    assert (one.standing, two.standing) == ("done", "done")
    assert len([lead async for lead in everything(world)]) == 18


async def test_an_import_that_comes_to_no_end_is_given_up() -> None:
    world = await World().start()
    asked = await world.asked(file(3))
    for _ in range(5):
        world.documents.dies_at = 2
        with pytest.raises(Killed):
            await world.importer().step()
        world.later(minutes=1)
    world.documents.dies_at = None
    found = await done(world, asked)
    assert (found.standing, found.cause) == ("failed", "given_up")
    again = await world.asked(file(3))
    assert (again.id, again.standing, again.attempts) == (asked.id, "waiting", 0), "it may be asked for again"


async def test_profiles_and_past_orders_come_from_files() -> None:
    world = await World().start()
    people = "Telefon,Name,Ort\n0912345667,Ana Anić,Zagreb\n0912345668,Bo Bo,\n".encode()
    found = await done(world, await world.asked(people, "customers", "adria"))
    assert (found.new, found.known, found.rejected) == (2, 0, 0)
    orders = b"Telefon,Order,Datum,SKU,Iznos,Valuta\n0912345667,A1,2.3.2026,KOL-30,39.90,EUR\n"
    for more in (b"", b"\n"):
        await done(world, await world.asked(orders + more, "orders", "adria"))
    assert len([event for event in world.calls.events if isinstance(event, PastOrdersRemembered)]) == 2
    ref = await world.vault.known_ref("+385912345667")
    assert ref is not None
    doc = world.calls.documents(customers)[ref]
    assert [(order.amount, order.past) for order in doc.orders.values()] == [(Money(3990, "EUR"), True)]


SALES = "0912345667;A-1;2.3.2026\n0912345668;A-2;2.3.2026\n"
UNHEADED = {
    "leads": ("Zvonimira Neobična;0912345667;Koprivnica\nKuna Kru;0912345668;Vukovar\n", {"number": "2", "name": "1"}),
    "customers": ("0912345667;Zvonimira Neobična\n0912345668;Kunigunda Krumm\n", {"number": "1", "name": "2"}),
    "orders": (SALES, {"number": "1", "order": "2", "ordered_on": "3"}),
    "do_not_call": ("0912345667\n0912345668\n", {"number": "1"}),
}


@pytest.mark.parametrize("kind", UNHEADED)
async def test_of_a_file_without_headings_every_line_is_taken_in_and_none_is_kept(kind: Any) -> None:
    world = await World().start()
    text, columns = UNHEADED[kind]
    target = {"leads": LIST, "do_not_call": "HR"}.get(kind, "adria")
    with pytest.raises(Rejected, match="No column is told for number"):
        await world.asked(text.encode(), kind, target)
    found = await done(world, await world.asked(text.encode(), kind, target, columns=columns))
    assert (found.lines, found.new, found.rejected, found.columns) == (2, 2, 0, columns)
    stored = b"".join([*world.documents.bodies, *world.blobs.contents()])
    assert [cell for cell in re.split("[;\n]", text) if len(cell) > 5 and cell.encode() in stored] == []


async def test_a_first_line_that_may_be_a_customers_is_not_kept_as_headings() -> None:
    world = await World().start()
    text = "Zvonimira Neobična;unbekannt\nKunigunda Krumm;12\n"
    columns = {"name": "Zvonimira Neobična", "number": "unbekannt"}
    found = await done(world, await world.asked(text.encode(), columns=columns))
    assert (found.lines, found.rejected, found.columns) == (1, 1, {"name": "1", "number": "2"})
    assert "Zvonimira" not in repr(await world.imports.reasons(found))
    assert not any(b"Zvonimira" in body for body in (*world.documents.bodies, *world.blobs.contents()))
    known = await world.asked(b"Telefon;Rufname\n0912345667;Ana\n", columns={"number": "1", "name": "Rufname"})
    assert known.columns == {"number": "Telefon", "name": "Rufname"}, "where a heading is a word of ours, all are"


async def test_no_name_and_no_number_of_a_file_lies_readable_anywhere() -> None:
    world = await World().start()
    content = "Telefon,Name,PLZ,Bemerkung\n0912345667,Zvonimira Neobična,10000,Ruft spät\n12,Kunigunda Krumm,1,x\n"
    found = await done(world, await world.asked(content.encode()))
    assert (found.new, found.rejected) == (1, 1)
    (lead,) = [one async for one in everything(world)]
    profiles = await world.vault.profiles.get([lead.customer_ref])
    assert profiles[lead.customer_ref].name == "Zvonimira Neobična"
    stored = b"".join([*world.documents.bodies, *world.blobs.contents()])
    said = repr(world.calls.events).encode()
    for word in ("Zvonimira", "Neobi", "0912345667", "912345667", "Kunigunda", "10000,", "Ruft"):
        assert word.encode() not in stored, word
        assert word.encode() not in said, word
    assert (await world.imports.rejects(found)).decode().count("Kunigunda") == 0, "the wrong cell alone is shown"
