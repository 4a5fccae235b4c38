"""Tables as files for a spreadsheet: streamed as they are read, and no text in them can become a formula."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from decimal import Decimal
from html import escape
from typing import Literal, get_args

from starlette.responses import StreamingResponse

from shared.cells import guarded

Cell = str | int | float | Decimal | None
"""None: not known, and an empty cell."""
Rows = Iterable[Sequence[Cell]] | AsyncIterable[Sequence[Cell]]
Form = Literal["csv", "xlsx"]
FORMS: tuple[Form, ...] = get_args(Form)
AsPage = Literal[""]
"""What a page with a table is asked for, when it is no file."""

TYPES: dict[Form, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ROWS_A_PIECE = 500
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_FRAME = {
    "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_MAIN}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_MAIN}.worksheet+xml"/></Types>',
    "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Table" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
"""Everything of a workbook but its one sheet."""


def as_file(form: Form, name: str, columns: Sequence[str], rows: Rows) -> StreamingResponse:
    """A table in the form that was asked for. `name`: of the file, without its ending."""
    return as_csv(name, columns, rows) if form == "csv" else as_xlsx(name, columns, rows)


def as_csv(name: str, columns: Sequence[str], rows: Rows) -> StreamingResponse:
    """As CSV, UTF-8 with a mark that tells spreadsheets so, with CR LF."""
    return _answer("csv", name, _csv(columns, rows))


def as_xlsx(name: str, columns: Sequence[str], rows: Rows) -> StreamingResponse:
    """As a workbook of one sheet. Numbers are numbers, and texts are texts whatever they begin with."""
    return _answer("xlsx", name, _xlsx(columns, rows))


def _answer(form: Form, name: str, body: AsyncIterator[bytes]) -> StreamingResponse:
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "table"
    headers = {"content-disposition": f'attachment; filename="{plain}.{form}"', "cache-control": "private, no-store"}
    return StreamingResponse(body, headers=headers, media_type=TYPES[form])


async def _pieces(columns: Sequence[str], rows: Rows) -> AsyncIterator[list[Sequence[Cell]]]:
    """The rows with their heading, some at a time."""
    piece: list[Sequence[Cell]] = [columns]
    async for row in _each(rows):
        piece.append(row)
        if len(piece) == ROWS_A_PIECE:
            yield piece
            piece = []
    yield piece


async def _each(rows: Rows) -> AsyncIterator[Sequence[Cell]]:
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            yield row
    else:
        for row in rows:
            yield row


async def _csv(columns: Sequence[str], rows: Rows) -> AsyncIterator[bytes]:
    out = io.StringIO("\ufeff", newline="")
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out, lineterminator="\r\n")
    async for piece in _pieces(columns, rows):
        writer.writerows([guarded(cell) if isinstance(cell, str) else _number(cell) for cell in row] for row in piece)
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()


class _Sink(io.RawIOBase):
    """Takes what is packed, and gives it on piece by piece; nothing in it can be gone back to."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: bytes) -> int:  # type: ignore[override]
        self._kept += piece
        return len(piece)

    def taken(self) -> bytes:
        """What came since the last time."""
        found = bytes(self._kept)
        self._kept.clear()
        return found


async def _xlsx(columns: Sequence[str], rows: Rows) -> AsyncIterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as book:
        for part, text in _FRAME.items():
            book.writestr(part, text)
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'{_HEAD}<worksheet xmlns="{_SHEET}"><sheetData>'.encode())
            async for piece in _pieces(columns, rows):
                sheet.write("".join(map(_row, piece)).encode())
                yield sink.taken()
            sheet.write(b"</sheetData></worksheet>")
    yield sink.taken()


def _row(cells: Sequence[Cell]) -> str:
    return f"<row>{''.join(map(_cell, cells))}</row>"


def _cell(cell: Cell) -> str:
    if cell is None:
        return "<c/>"
    if isinstance(cell, str):
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(_NO_XML.sub("", cell), quote=False)}</t></is></c>'
    return f"<c><v>{_number(cell)}</v></c>"


def _number(cell: float | Decimal | None) -> str:
    return "" if cell is None else f"{cell:f}" if isinstance(cell, Decimal) else repr(cell)
