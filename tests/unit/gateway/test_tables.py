"""Tables as files: what is read back is what was written, in pieces, and nothing in it is a formula."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from xml.etree import ElementTree

import hypothesis.strategies as st
from hypothesis import given
from starlette.responses import StreamingResponse

from services.calls.sheets import rows_of
from services.gateway.pages.tables import PIECE, Cell, as_csv, as_xlsx, guarded

TEXTS = st.text(max_size=20) | st.sampled_from(["=cmd()", "+1", "-1", "@x", "\t=1", " =1", "＝1", "<b>&amp;</b>", "–"])
NUMBERS = st.integers(-(10**12), 10**12) | st.decimals(-(10**9), 10**9, places=2)
ROWS = st.lists(st.tuples(TEXTS, NUMBERS, st.none() | TEXTS), max_size=8)
FORMULA = tuple("=+-@|%\t\r＝＋－＠")


def pieces(answer: StreamingResponse) -> list[bytes]:
    async def taken() -> list[bytes]:
        return [bytes(piece) async for piece in answer.body_iterator]  # type: ignore[arg-type]

    return asyncio.run(taken())


@given(ROWS)
def test_a_csv_is_read_back_and_has_no_formula(rows: list[tuple[Cell, ...]]) -> None:
    content = b"".join(pieces(as_csv("t", ["=a", "b", "c"], rows)))
    read = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert read[0] == ["'=a", "b", "c"]
    assert len(read) == len(rows) + 1
    for cells, (text, number, last) in zip(read[1:], rows, strict=True):
        assert not cells[0].startswith(FORMULA)
        assert not cells[2].startswith(FORMULA)
        assert cells[0] == guarded(str(text))
        assert Decimal(cells[1]) == number
        assert cells[2] == ("" if last is None else guarded(str(last)))


@given(ROWS)
def test_a_workbook_has_texts_and_numbers_and_no_formula(rows: list[tuple[Cell, ...]]) -> None:
    content = b"".join(pieces(as_xlsx("t", ["=a", "b", "c"], rows)))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - it is our own
    name = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    assert sheet.find(f".//{name}f") is None
    read = [[cell.get("t") for cell in row] for row in sheet.iter(f"{name}row")]
    assert len(read) == len(rows) + 1
    for kinds, row in zip(read[1:], rows, strict=True):
        assert kinds == ["inlineStr", None, None if row[2] is None else "inlineStr"]


def test_our_own_reader_of_workbooks_reads_it() -> None:
    rows: list[tuple[Cell, ...]] = [("Žuža <b>", 7, Decimal("-1.50")), ("=cmd()", 0, None)]
    content = b"".join(pieces(as_xlsx("t", ["name", "n", "amount"], rows)))
    assert [row.cells for row in rows_of(content)] == [
        ["name", "n", "amount"], ["Žuža <b>", "7", "-1.5"], ["=cmd()", "0", ""],
    ]  # fmt: skip


def test_a_long_table_is_sent_while_it_is_made() -> None:
    made = 0

    def endless() -> Iterator[tuple[Cell, ...]]:
        nonlocal made
        while True:
            made += 1
            yield f"call {made * 7919}", made, None

    for answer in (as_csv("t", ["a", "b", "c"], endless()), as_xlsx("t", ["a", "b", "c"], endless())):

        async def first(answer: StreamingResponse = answer) -> int:
            size = 0
            async for piece in answer.body_iterator:
                size += len(piece)
                if size > PIECE:
                    break
            return size

        made = 0
        assert PIECE < asyncio.run(first()) < 10 * PIECE
        assert made < 100_000, "no more is made than was asked for"
