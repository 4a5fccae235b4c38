"""Tables as files: what goes in comes out again, and nothing in them is a formula."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import StreamingResponse

from services.gateway.pages.tables import FORMS, Cell, Form, as_csv, as_file, as_xlsx
from shared.cells import FORMULA, guarded
from shared.workbooks import Handler, fed

AMOUNTS = st.decimals(-(10**9), 10**9, places=2)
CELLS = st.one_of(st.none(), st.integers(-(10**12), 10**12), AMOUNTS, st.text(max_size=20))
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=8)


async def _read(answer: StreamingResponse) -> list[bytes]:
    return [bytes(piece) async for piece in answer.body_iterator]  # type: ignore[arg-type]


def body(answer: StreamingResponse) -> bytes:
    return b"".join(asyncio.run(_read(answer)))


class Texts(Handler):
    """The cells of a sheet, row by row."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self.rows.append([])
        elif name == "c":
            self.rows[-1].append("")

    def text(self, data: str) -> None:
        self.rows[-1][-1] += data


def sheet(answer: StreamingResponse) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(body(answer))) as book:
        assert book.testzip() is None
        read = Texts()
        for _ in fed("sheet", [book.read("xl/worksheets/sheet1.xml")], read):
            pass
    return read.rows


@given(TABLES)
def test_no_cell_of_a_csv_file_begins_a_formula(rows: list[list[Cell]]) -> None:
    text = body(as_csv("t", ["a", "b"], rows)).decode("utf-8-sig")
    found = list(csv.reader(io.StringIO(text, newline="")))
    assert found[0] == ["a", "b"]
    assert len(found) == len(rows) + 1
    for written, row in zip(found[1:], rows, strict=True):
        for cell, given_ in zip(written, row, strict=True):
            if isinstance(given_, str):
                assert cell[:1] not in FORMULA
                assert "\n" not in cell
            else:
                assert cell == ("" if given_ is None else str(given_))


@given(TABLES)
def test_a_workbook_holds_what_was_put_in(rows: list[list[Cell]]) -> None:
    found = sheet(as_xlsx("t", ["a", "b"], rows))
    assert found[0] == ["a", "b"]
    for written, row in zip(found[1:], rows, strict=True):
        for cell, given_ in zip(written, row, strict=True):
            if isinstance(given_, str):
                whole = [letter for letter in given_ if letter.isprintable()]
                assert [letter for letter in cell if letter.isprintable()] == whole
            else:
                assert cell == ("" if given_ is None else str(given_))


@pytest.mark.parametrize("text", ["=1+1", "+44", "-1", "@x", "\t=1", "＝1", "|cmd"])
def test_what_begins_a_formula_is_a_text(text: str) -> None:
    assert guarded(text).startswith("'")
    assert body(as_csv("t", ["a"], [[-5]])).decode("utf-8-sig").split("\r\n")[1] == "-5"


@pytest.mark.parametrize("form", FORMS)
def test_rows_are_sent_while_others_are_still_read(form: Form) -> None:
    read: list[int] = []

    async def rows() -> AsyncIterator[Sequence[Cell]]:
        for n in range(2000):
            read.append(n)
            yield (n, f"row {n}")

    async def first() -> int:
        pieces = as_file(form, "t", ["n", "row"], rows()).body_iterator
        async for _ in pieces:
            return len(read)
        return 0

    assert 0 < asyncio.run(first()) < 2000
    assert len(body(as_file(form, "t", ["n", "row"], rows()))) > 1000


def test_a_files_name_says_nothing_to_the_browser() -> None:
    answer = as_csv('a"; x=\r\nset-cookie: b/../c', ["a"], [])
    assert answer.headers["content-disposition"] == 'attachment; filename="a-x-set-cookie-b-..-c.csv"'
