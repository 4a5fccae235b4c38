"""What kind of file a partner sent, and which ones are refused before anything of them is read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Literal

import msgspec

from shared.kernel import Rejected
from shared.workbooks import DAMAGED

Kind = Literal["text", "workbook"]

MIB = 1024 * 1024
CHUNK = 256 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a file is read at most: sizes in bytes, `ratio` unpacked to packed, counts of entries and cells."""

    text_bytes: int = 512 * MIB
    workbook_bytes: int = 128 * MIB
    unpacked_bytes: int = 1024 * MIB
    ratio: int = 200
    ratio_from_bytes: int = 8 * MIB
    entries: int = 2_000
    cells: int = 20_000_000
    columns: int = 512


SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "file_is_pdf", "This is a PDF. Please send the table itself as CSV or XLSX."),
    (b"\x1f\x8b", "file_is_archive", "This is a gzip archive. Please send the file that is inside."),
    (b"Rar!", "file_is_archive", "This is a RAR archive. Please send the file that is inside."),
    (b"7z\xbc\xaf", "file_is_archive", "This is a 7z archive. Please send the file that is inside."),
    (b"\x09\x00", "file_is_legacy_xls", "This is an Excel file of before 1997. Please save it as XLSX or CSV."),
    (b"\x09\x02", "file_is_legacy_xls", "This is an Excel file of before 1997. Please save it as XLSX or CSV."),
    (b"\x09\x04", "file_is_legacy_xls", "This is an Excel file of before 1997. Please save it as XLSX or CSV."),
    (b"\x09\x08", "file_is_legacy_xls", "This is an old Excel file (.xls). Please save it as XLSX or CSV."),
)
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HTML_OPENINGS = ("<!doctype html", "<html", "<head", "<body", "<table", "<meta", "<style", "<div", "<script")


def kind_of(data: bytes, limits: Limits) -> Kind:
    """Whether the bytes are separated text or a workbook; its name is not asked, because names lie.

    Rejected with `file_...` for everything else: empty, too large, encrypted, HTML or XML called .xls, old Excel
    formats, OpenDocument, archives, PDF.
    """
    if not data.strip(b"\x00\r\n\t \xef\xbb\xbf"):
        raise Rejected("file_empty", "The file is empty.")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(data, limits)
    if data.startswith(COMPOUND):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Rejected("file_encrypted", "The workbook is protected with a password. Please save it without one.")
        raise Rejected("file_is_legacy_xls", "This is an old Excel file (.xls). Please save it as XLSX or CSV.")
    for signature, code, detail in SIGNATURES:
        if data.startswith(signature):
            raise Rejected(code, detail)
    opening = _opening(data)
    if opening.startswith(HTML_OPENINGS):
        raise Rejected("file_is_html", "This is a web page (HTML), whatever its name. Please save it as XLSX or CSV.")
    if opening.startswith(("<?xml", "<workbook", "<ss:")):
        kind = "a web page (XHTML)" if "<html" in opening else "XML"
        raise Rejected("file_is_xml", f"This is {kind}, whatever its name. Please save it as XLSX or CSV.")
    if len(data) > limits.text_bytes:
        raise Rejected("file_too_large", f"The file has {len(data)} bytes; at most {limits.text_bytes} are read.")
    return "text"


def _opening(data: bytes) -> str:
    head = data[:4096]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", "ignore")
    else:
        text = head.decode("utf-8-sig", "ignore")
    return text.lstrip().lower()


def _zipped(data: bytes, limits: Limits) -> Kind:
    if len(data) > limits.workbook_bytes:
        raise Rejected("file_too_large", f"The file has {len(data)} bytes; at most {limits.workbook_bytes} are read.")
    with Archive(data, limits) as archive:
        if "xl/workbook.xml" in archive.names:
            return "workbook"
        if "xl/workbook.bin" in archive.names:
            raise Rejected("file_is_xlsb", "This is a binary workbook (.xlsb). Please save it as XLSX or CSV.")
        if "mimetype" in archive.names and "content.xml" in archive.names:
            raise Rejected("file_is_opendocument", "This is an OpenDocument file. Please save it as XLSX or CSV.")
    raise Rejected("file_is_archive", "This is a ZIP archive and no workbook. Please send the file that is inside.")


class Archive:
    """The parts of a workbook, unpacked piece by piece under the limits, whatever the directory says of their sizes."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self._limits = limits
        self._read = 0
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except DAMAGED as broken:
            raise Rejected("file_damaged", f"The workbook cannot be unpacked: {broken}.") from broken
        entries = self._zip.infolist()
        self.names = {entry.filename for entry in entries}
        if len(entries) > limits.entries:
            raise Rejected(
                "workbook_bomb", f"The workbook has {len(entries)} parts; at most {limits.entries} are read."
            )
        if any(entry.flag_bits & 0x1 for entry in entries):
            raise Rejected("file_encrypted", "The workbook is protected with a password. Please save it without one.")
        if len(self.names) < len(entries):
            raise Rejected("file_damaged", "The workbook has two parts of one name.")
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > limits.unpacked_bytes:
            raise Rejected("workbook_bomb", f"Unpacked it has {unpacked} bytes; at most {limits.unpacked_bytes}.")
        for entry in entries:
            self._check_ratio(entry, entry.file_size)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def _check_ratio(self, entry: zipfile.ZipInfo, unpacked: int) -> None:
        if unpacked > self._limits.ratio_from_bytes and unpacked > self._limits.ratio * max(1, entry.compress_size):
            raise Rejected(
                "workbook_bomb",
                f"{entry.filename} unpacks to {unpacked // max(1, entry.compress_size)} times its size.",
            )

    def chunks(self, name: str) -> Iterator[bytes]:
        """The unpacked bytes of a part. Rejected with `workbook_bomb` as soon as a limit is passed."""
        entry = self._zip.getinfo(name)
        own = 0
        try:
            with self._zip.open(entry) as part:
                while chunk := part.read(CHUNK):
                    own += len(chunk)
                    self._read += len(chunk)
                    if self._read > self._limits.unpacked_bytes:
                        raise Rejected(
                            "workbook_bomb", f"Unpacked it has more than {self._limits.unpacked_bytes} bytes."
                        )
                    self._check_ratio(entry, own)
                    yield chunk
        except DAMAGED as broken:
            raise Rejected("file_damaged", f"{name} cannot be unpacked: {broken}.") from broken
