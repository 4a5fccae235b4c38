"""What a file is by its content, whatever its name says: documents, pictures and tables that people attach."""

from __future__ import annotations

import io
import zipfile

from shared.workbooks import DAMAGED

TYPES = "PDF, PNG, JPEG, TIFF, WebP, or a document, table or presentation of an office suite, without macros"

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_PARTS: tuple[tuple[str, str], ...] = (
    ("word/document.xml", f"{_OPEN_XML}wordprocessingml.document"),
    ("xl/workbook.xml", f"{_OPEN_XML}spreadsheetml.sheet"),
    ("ppt/presentation.xml", f"{_OPEN_XML}presentationml.presentation"),
)
_OPEN_DOCUMENT = ("text", "spreadsheet", "presentation")
MOST_PARTS = 10_000


def media_of(content: bytes) -> str | None:
    """The media type of the content; None when it is nothing that may be attached."""
    for beginning, media in _BEGINNINGS:
        if content.startswith(beginning):
            return media
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return _office(content) if content.startswith(b"PK\x03\x04") else None


def _office(content: bytes) -> str | None:
    """Of a package only the list of its parts is read, and the one short part in which an open document says what it
    is."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            names = {part.filename for part in parts}
            if len(parts) > MOST_PARTS or any(name.lower().endswith("vbaproject.bin") for name in names):
                return None
            if any(name.lower().startswith("basic/") for name in names):
                return None
            if "[Content_Types].xml" in names:
                return next((media for part, media in _PARTS if part in names), None)
            first = parts[0] if parts else None
            if first is None or first.filename != "mimetype" or first.file_size > 100:
                return None
            said = package.read(first).decode("ascii")
    except DAMAGED:
        return None
    known = {f"application/vnd.oasis.opendocument.{kind}" for kind in _OPEN_DOCUMENT}
    return said if said in known else None
