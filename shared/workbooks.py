"""The XML of XLSX workbooks, read piece by piece: elements by their local names, and no entity is ever expanded."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from xml.parsers import expat

from shared.kernel import Rejected

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)
"""All that `zipfile` raises over a package that is none, as `make fuzz` has found."""
RELATION_SUFFIX = "/worksheet"


class Handler:
    """What a part of a workbook is read by."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, data: str) -> None:
        """Characters within it."""


def fed(part: str, chunks: Iterable[bytes], handler: Handler) -> Iterator[None]:
    """Give the handler all of a part; after each piece the caller may take what is whole.

    Rejected as `file_damaged` where it is no XML, or declares entities.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        handler.start(name if ":" not in name else name.rpartition(":")[2], attributes)

    def end(name: str) -> None:
        handler.end(name if ":" not in name else name.rpartition(":")[2])

    def doctype(*_: object) -> None:
        raise Rejected("file_damaged", f"{part} declares entities, which a workbook does not need.")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = doctype
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
            yield
        parser.Parse(b"", True)
        yield
    except (expat.ExpatError, ValueError) as broken:
        raise Rejected("file_damaged", f"{part}: {broken}.") from broken


class Relations(Handler):
    """Which part of the archive is which sheet."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """A relation."""
        if name == "Relationship" and attributes.get("Type", "").endswith(RELATION_SUFFIX):
            target = attributes.get("Target", "")
            self.parts[attributes.get("Id", "")] = target[1:] if target.startswith("/") else f"xl/{target}"


class Strings(Handler):
    """The texts that cells share, at most so many, or Rejected with `code`; how a word sounds (`rPh`) is no part of
    it."""

    def __init__(self, most: int, code: str) -> None:
        self.texts: list[str] = []
        self._most, self._code = most, code
        self._parts: list[str] = []
        self._inside = False
        self._sounds = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """A text, or a part of it."""
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._sounds = True
        elif name == "t":
            self._inside = not self._sounds

    def end(self, name: str) -> None:
        """A text is whole."""
        if name == "t":
            self._inside = False
        elif name == "rPh":
            self._sounds = False
        elif name == "si":
            self.texts.append("".join(self._parts))
            if len(self.texts) > self._most:
                raise Rejected(self._code, f"The workbook has more than {self._most} texts.")

    def text(self, data: str) -> None:
        """Characters of it."""
        if self._inside:
            self._parts.append(data)
