"""Tables as files, CSV and XLSX: written while they are sent, and no cell of them is ever computed."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from urllib.parse import quote
from xml.sax.saxutils import escape

from starlette.responses import StreamingResponse

Cell = str | int | Decimal | None
"""Numbers stay numbers; None is an empty cell."""

PIECE = 1 << 15
"""Bytes that are sent at a time, at least."""
_FORMULA = frozenset("=+-@|%\t\r＝＋－＠")
"""What a spreadsheet takes for the begin of a formula, also in the wide forms of East Asian keyboards."""
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_UNPRINTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML has no place for."""
_EPOCH = (1980, 1, 1, 0, 0, 0)

_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{_RELATION}/%s" Target="%s"/></Relationships>'
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_BOOK = (
    f'<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="{_MAIN}" xmlns:r="{_RELATION}">'
    '<sheets><sheet name="Table" sheetId="1" r:id="r1"/></sheets></workbook>'
)


def as_csv(name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> StreamingResponse:
    """UTF-8 with a mark, so that spreadsheets read letters right, and CR LF. `name` without an ending."""
    return _sent(f"{name}.csv", "text/csv; charset=utf-8", _csv(columns, rows))


def as_xlsx(name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> StreamingResponse:
    """A workbook of one sheet: texts are texts, and numbers are numbers. `name` without an ending."""
    return _sent(f"{name}.xlsx", _XLSX, _xlsx(columns, rows))


def guarded(text: str) -> str:
    """A text that stays one: an apostrophe before what would begin a formula, no line breaks and control characters."""
    flat = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return f"'{flat}" if flat[:1] in _FORMULA or text[:1] in _FORMULA else flat


def _sent(name: str, media: str, content: Iterator[bytes]) -> StreamingResponse:
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "cache-control": "private, no-store",
    }
    return StreamingResponse(content, media_type=media, headers=headers)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    out = io.StringIO(newline="")
    out.write("\ufeff")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guarded(one) for one in columns])
    for row in rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else _number(cell) for cell in row])
        if out.tell() >= PIECE:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _number(cell: int | Decimal | None) -> str:
    return "" if cell is None else f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


class _Sink:
    """Where a workbook is packed to: what was written since somebody took it. It can't be gone back in."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes, /) -> int:
        """Keep it until it is taken."""
        self._written += data
        return len(data)

    def flush(self) -> None:
        """There is nothing behind it that would have to hear of it."""

    def close(self) -> None:
        """What was written stays to be taken."""

    def taken(self) -> bytes:
        """What has come since."""
        taken, self._written = bytes(self._written), bytearray()
        return taken


def _xlsx(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _RELATIONS % ("officeDocument", "xl/workbook.xml")),
            ("xl/workbook.xml", _BOOK),
            ("xl/_rels/workbook.xml.rels", _RELATIONS % ("worksheet", "worksheets/sheet1.xml")),
        ):
            archive.writestr(_entry(name), part)
        yield sink.taken()
        with archive.open(_entry("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as sheet:
            sheet.write(f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            text: list[str] = [_row(columns)]
            size = 0
            for row in rows:
                text.append(_row(row))
                size += len(text[-1])
                if size >= PIECE:
                    sheet.write("".join(text).encode())
                    text, size = [], 0
                    yield sink.taken()
            sheet.write("".join(text).encode() + b"</sheetData></worksheet>")
    yield sink.taken()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _row(cells: Sequence[Cell]) -> str:
    return f"<row>{''.join(map(_cell, cells))}</row>"


def _cell(cell: Cell) -> str:
    if cell is None:
        return "<c/>"
    if not isinstance(cell, str):
        return f"<c><v>{_number(cell)}</v></c>"
    text = escape(_UNPRINTED.sub(" ", cell))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
