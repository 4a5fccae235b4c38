"""Which files are read, and what is said of those that are not."""

from __future__ import annotations

import datetime
import io
import struct
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter

from services.reconciliation.matching import sheets
from services.reconciliation.matching.files import Archive, Limits, kind_of
from services.reconciliation.matching.sheets import Grid, text_grid
from services.reconciliation.matching.workbook import workbook_grid
from shared.kernel import Rejected

LIMITS = Limits()


def workbook(fill: Callable[[xlsxwriter.Workbook], None], options: dict[str, object] | None = None) -> bytes:
    """A workbook as bytes."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, options or {}) as book:
        fill(book)
    return target.getvalue()


def repacked(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """A workbook whose parts are changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, change(name, before.read(name)))
    return target.getvalue()


def plain(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet("Calls")
    sheet.write_row(0, 0, ["Date", "Number"])
    sheet.write_row(1, 0, ["2025-10-01", "0176"])


def read(data: bytes, limits: Limits = LIMITS) -> Grid:
    """A file as a grid."""
    return workbook_grid(data, limits) if kind_of(data, limits) == "workbook" else text_grid(data, limits)


def refused(data: bytes, limits: Limits = LIMITS) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read(data, limits)
    return caught.value


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf\r\n", "file_empty"),
        (b"%PDF-1.7 ...", "file_is_pdf"),
        (b"\x1f\x8b\x08\x00", "file_is_archive"),
        (OLE, "file_is_legacy_xls"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "file_encrypted"),
        (b"\x09\x08\x10\x00\x00\x06", "file_is_legacy_xls"),
        (b"\xef\xbb\xbf \n<HTML><table><tr>", "file_is_html"),
        ("<html>".encode("utf-16"), "file_is_html"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "file_is_xml"),
        (b"Date,Number\n1,\x002\n\x00\x01\x02", "file_is_binary"),
        (b'Date;Number;Agent\n1;"2;3\n1;2;3\n1;2;3\n', "quote_not_closed"),
    ],
)
def test_what_is_no_table_is_named(data: bytes, code: str) -> None:
    assert refused(data).code == code


def test_a_text_over_the_limit_is_refused_before_it_is_read() -> None:
    assert refused(b"a,b\n" * 100, Limits(text_bytes=399)).code == "file_too_large"
    assert kind_of(b"a,b\n" * 100, Limits(text_bytes=400)) == "text"


def test_a_workbook_is_known_by_its_content() -> None:
    assert kind_of(workbook(plain), LIMITS) == "workbook"


def test_other_zip_files_are_named() -> None:
    def zipped(**parts: str) -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            for name, text in parts.items():
                archive.writestr(name.replace("__", "/").replace("_", "."), text)
        return target.getvalue()

    assert refused(zipped(report_csv="a,b")).code == "file_is_archive"
    assert refused(zipped(xl__workbook_bin="")).code == "file_is_xlsb"
    assert refused(zipped(mimetype="", content_xml="")).code == "file_is_opendocument"
    assert refused(zipped(xl__workbook_xml="<workbook/>")).code == "file_damaged"


@pytest.mark.parametrize(
    ("at", "byte"),
    [(6, 235), (9, 8), (46, 0x8C)],
    ids=["a version that nobody reads", "names that say they are UTF-8", "a name that is none"],
)
def test_a_directory_that_zipfile_stumbles_over_is_damaged(at: int, byte: int) -> None:
    """Found by make fuzz."""
    data = bytearray(workbook(plain))
    start = data.find(b"PK\x01\x02")
    data[start + 9] |= 8  # names are UTF-8
    data[start + at] = byte
    data[start + 46] = 0x8C if at != 6 else data[start + 46]
    assert refused(bytes(data)).code == "file_damaged"


def test_an_encrypted_zip_is_named() -> None:
    data = bytearray(workbook(plain))
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = 0
        while (at := data.find(mark, at)) >= 0:
            data[at + offset] |= 1
            at += 4
    assert refused(bytes(data)).code == "file_encrypted"


@pytest.mark.parametrize(
    "limits",
    [Limits(entries=3), Limits(unpacked_bytes=2_000), Limits(ratio=3, ratio_from_bytes=500)],
    ids=["parts", "size", "ratio"],
)
def test_a_workbook_that_grows_when_unpacked_is_refused(limits: Limits) -> None:
    assert refused(workbook(plain), limits).code == "workbook_bomb"


def test_sizes_are_counted_while_reading_whatever_the_directory_says() -> None:
    def swollen(name: str, content: bytes) -> bytes:
        return content + b"<!--" + b" " * 4_000_000 + b"-->" if name.endswith("sheet1.xml") else content

    data = bytearray(repacked(workbook(plain), swollen))
    entry = data.rfind(b"PK\x01\x02", 0, data.rfind(b"xl/worksheets/sheet1.xml"))
    said = struct.unpack_from("<I", data, entry + 24)[0]
    assert said > 4_000_000
    assert refused(bytes(data), Limits(unpacked_bytes=3_000_000)).code == "workbook_bomb"
    struct.pack_into("<I", data, entry + 24, 1_000)  # now the directory lies
    assert refused(bytes(data), Limits(unpacked_bytes=3_000_000)).code in ("workbook_bomb", "file_damaged")


def test_all_parts_together_count_as_they_are_read() -> None:
    data = workbook(plain)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        whole = sum(entry.file_size for entry in archive.infolist())
    with Archive(data, Limits(unpacked_bytes=whole)) as parts:
        for name in sorted(parts.names):
            assert list(parts.chunks(name))
        with pytest.raises(Rejected, match="workbook_bomb"):
            list(parts.chunks("xl/workbook.xml"))


def test_too_many_cells_are_refused_while_reading() -> None:
    assert refused(workbook(plain), Limits(cells=3)).code == "workbook_bomb"
    assert refused(b"a,b\n1,2\n", Limits(cells=3)).code == "file_too_large"


def test_entities_are_refused() -> None:
    def declared(name: str, content: bytes) -> bytes:
        return content.replace(b"?>", b'?><!DOCTYPE x [<!ENTITY a "b">]>', 1) if "sheet1" in name else content

    assert refused(repacked(workbook(plain), declared)).code == "file_damaged"


def test_a_formula_is_refused_with_its_place() -> None:
    def sums(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("Oct")
        sheet.write_row(0, 0, ["Date", "Amount"])
        sheet.write_formula(41, 27, "=SUM(B2:B9)", None, 12)

    rejected = refused(workbook(sums))
    assert rejected.code == "formula_in_cell"
    assert "Oct!AB42" in rejected.detail


@pytest.mark.parametrize(
    "cell", ['=HYPERLINK("http://x")', "=1+1", "@SUM(A1)", "+cmd(1)", "-cmd|'x'!A0", '"=""0176"""']
)
def test_a_formula_in_a_text_is_refused_with_its_line(cell: str) -> None:
    rejected = refused(f"Date;Number;Agent\n1;2;3\n4;{cell};6\n".encode())
    assert rejected.code == "formula_in_cell"
    assert rejected.detail.startswith("Line 3, cell 2")


def test_numbers_with_signs_and_lines_of_signs_are_no_formulas() -> None:
    data = b"=====;;\nDate;Number;Amount\n1;+49 176 1;-29,90\n2;+(49)1;- \n"
    assert read(data).sheets[0].text["c1"].to_list() == [None, "Number", "+49 176 1", "+(49)1"]


def test_lines_of_a_text_have_their_physical_numbers() -> None:
    data = b'sep=;\r\nTitle\r\n\r\nDate;Note;Number\r\n1;"two\r\nlines";3\r\n\r\n4;"5;6";7\r\n'
    sheet = read(data).sheets[0]
    assert sheet.line_ids().to_list() == ["2", "4", "5", "8"]
    assert sheet.text.row(2) == ("1", "two\r\nlines", "3")
    assert sheet.text.row(3) == ("4", "5;6", "7")


def test_a_text_is_the_same_in_whatever_pieces_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"Title\nDate;Number\n1;2;3\n4\n5;6;7;8\n"
    whole = read(data).sheets[0]
    monkeypatch.setattr(sheets, "CHUNK_ROWS", 2)
    pieces = read(data).sheets[0]
    assert pieces.text.equals(whole.text)
    assert pieces.text.row(3) == ("4", None, None, None)


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le")],
)
def test_unicode_is_recognised(encoding: str, said: str) -> None:
    grid = read("Datum;Gesprächsdauer\n1;2\n".encode(encoding))
    assert (grid.encoding, grid.sheets[0].text["c1"][0]) == (said, "Gesprächsdauer")


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1250", "Šifra agenta;Iznos narudžbe;Pogrešan broj;Ne javlja se"),
        ("cp1250", "Godzina połączenia;Numer;Czas rozmowy;Konsultant;Sprzedaż;Błędny numer"),
        ("cp1250", "Data şi ora;Număr;Durată;Valoare comandă;Vânzare;Fără răspuns"),
        ("cp1252", "Datum;Gesprächsdauer;Auftragswert;Straße;über"),
        ("cp1252", "Heure;Durée;Téléphone;Faux numéro;À rappeler;Reçu"),
        ("cp1252", "Fecha;Duración;Teléfono;Número equivocado;Año;Señal"),
        ("cp1252", "Data;Duração;Número;Não atendida;Operação;Ligação"),
        ("cp1252", "Data;Città;Più tardi;Qualità;Numero"),
        ("cp1251", "Датум;Време;Позвани број;Трајање;Износ;Шифра оператера"),
        ("cp1254", "Tarih;Süre;Çağrı;Satış;Görüşme;Yanlış numara"),
        ("iso8859-2", "Šifra agenta;Iznos narudžbe;Pogrešan broj;Šalje;Možda;Žalba"),
        ("cp852", "Šifra agenta;Iznos narudžbe;Pogrešan broj;Čeka;Žalba"),
    ],
)
def test_single_byte_encodings_are_recognised_by_how_they_read(encoding: str, words: str) -> None:
    grid = read(f"{words}\n{';'.join('1' for _ in words.split(';'))}\n".encode(encoding))
    assert grid.sheets[0].text.row(0) == tuple(words.split(";"))


def test_cells_of_a_workbook_keep_what_is_stored() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("Détail")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        clock = book.add_format({"num_format": "hh:mm:ss"})
        both = book.add_format({"num_format": 'yyyy-mm-dd "um" hh:mm'})
        lasting = book.add_format({"num_format": "[h]:mm:ss"})
        money = book.add_format({"num_format": '#,##0.00\\ "dinara"'})
        sheet.write_number(2, 0, 49123456789)
        sheet.write_number(2, 1, 447700425400, money)
        sheet.write_number(2, 2, 89.7 + 89.7 + 89.7)
        sheet.write_datetime(2, 3, datetime.date(2025, 10, 1), day)
        sheet.write_datetime(2, 4, datetime.time(23, 59, 59), clock)
        sheet.write_datetime(2, 5, datetime.datetime.fromisoformat("2025-10-26 02:30:01"), both)
        sheet.write_number(2, 6, 90_001 / 86_400, lasting)
        sheet.write_string(2, 7, "0176")
        sheet.write_boolean(2, 8, True)
        sheet.write_rich_string(2, 9, "a", book.add_format({"bold": True}), "b", "c")

    grid = read(workbook(fill))
    sheet = grid.sheets[0]
    assert sheet.line_ids().to_list() == ["Détail!3"]
    assert sheet.text.row(0) == (
        "49123456789",
        "447700425400",
        "269.1",
        "2025-10-01",
        "23:59:59",
        "2025-10-26 02:30:01",
        "25:00:01",
        "0176",
        "TRUE",
        "abc",
    )
    assert sheet.stored["c3"][0] == "45931"
    assert sheet.native is not None
    assert sheet.native.row(0)[:8] == (True, True, True, True, True, True, True, None)


def test_days_counted_from_1904_and_hidden_sheets() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("a")
        sheet.write_datetime(0, 0, datetime.date(2025, 10, 1), book.add_format({"num_format": "d.m.yy"}))
        book.add_worksheet("b").hide()

    grid = read(workbook(fill, {"date_1904": True}))
    assert grid.sheets[0].text["c0"][0] == "2025-10-01"
    assert grid.hidden == ("b",)
