"""The archive: one compressed file, written and read as a stream, that is whole or refused.

A gzip stream of frames: one byte that says what it is, four that say how long (big endian), and the content in msgpack.
`H` is the header and comes first; `S` begins a section with its name; `R` is a record of the section; `M`, the
manifest, comes last and gives for each section, and for the header, how much there is and the SHA-256 of all of it.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, Self

import msgspec

from services.moving.refusals import BadArchive
from shared.ports import Commit

FORMAT, VERSION = "tallyline-archive", 1
HEADER = "header"
MAX_FRAME = 256 << 20
"""Bytes of one record: a length beyond that is damage."""
_HEAD = struct.Struct(">cI")
_COMPRESSION = 3  # most is sealed, and can't be made smaller


class Header(msgspec.Struct, frozen=True):
    """`generation` is that of the system that was exported, `partitions` the number for each of its topics."""

    generation: int
    partitions: dict[str, int]
    format: str = FORMAT
    version: int = VERSION


class LogRecord(NamedTuple):
    """A record of a topic."""

    partition: int
    offset: int
    key: str
    value: bytes


class CommitRecord(NamedTuple):
    """A commit with its number."""

    commit: Commit
    number: int | None


class DocumentRecord(NamedTuple):
    """A document of a collection."""

    id: str
    body: bytes


class Summary(msgspec.Struct, frozen=True):
    """What a section holds."""

    count: int
    sha256: str


Manifest = dict[str, Summary]


class _Section:
    def __init__(self) -> None:
        self.count = 0
        self.hash = hashlib.sha256()

    def add(self, body: bytes) -> None:
        self.count += 1
        self.hash.update(len(body).to_bytes(4, "big"))
        self.hash.update(body)

    def summary(self) -> Summary:
        return Summary(self.count, self.hash.hexdigest())


class Writer:
    """Writes `path`, which appears when all is written and is durable; a crash leaves a file that ends in `.part`."""

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._sections: dict[str, _Section] = {}
        self._section = _Section()
        self._part.unlink(missing_ok=True)
        handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._raw: IO[bytes] = os.fdopen(handle, "wb")
        self._file = gzip.GzipFile(fileobj=self._raw, mode="wb", compresslevel=_COMPRESSION, mtime=0)
        body = msgspec.msgpack.encode(header)
        self._header = _Section()
        self._header.add(body)
        self._frame(b"H", body)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._raw.closed:
            self._file.close()
            self._raw.close()
        self._part.unlink(missing_ok=True)

    def begin(self, section: str) -> None:
        """What is added from now on belongs to a new section."""
        self._section = self._sections[section] = _Section()
        self._frame(b"S", msgspec.msgpack.encode(section))

    def add(self, record: Any) -> None:
        """ValueError for a record that no archive can hold."""
        body = msgspec.msgpack.encode(record)
        if len(body) > MAX_FRAME:
            raise ValueError(f"a record of {len(body)} bytes is too large for an archive")
        self._section.add(body)
        self._frame(b"R", body)

    def finish(self) -> Manifest:
        """Write the manifest, and give the file its name."""
        manifest = {name: section.summary() for name, section in self._sections.items()}
        self._frame(b"M", msgspec.msgpack.encode(manifest | {HEADER: self._header.summary()}))
        self._file.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.close()
        self._part.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return manifest

    def _frame(self, kind: bytes, body: bytes) -> None:
        self._file.write(_HEAD.pack(kind, len(body)))
        self._file.write(body)


class Reader:
    """Reads an archive from its beginning, as often as it is asked to. What is not as it was written is BadArchive."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.header = self._read_header()
        self.manifest: Manifest = {}
        self.digest = ""
        """Of the whole content, as the manifest, once it was read to its end."""

    def verify(self) -> None:
        """Read it to its end: from now on it is known to be whole, and what it holds."""
        for _ in self.records():
            pass

    def records(self) -> Iterator[tuple[str, bytes]]:
        """(section, record) in their order. That all is well is known at the end only."""
        found: dict[str, _Section] = {}
        name, whole = "", hashlib.sha256()
        for kind, body in self._frames():
            whole.update(kind + body)
            if kind == b"H":
                found[HEADER] = _Section()
                found[HEADER].add(body)
            elif kind == b"S":
                name = _decode(body, str)
                if name in found:
                    raise BadArchive(f"{self._path} is damaged: it has the section {name} twice.")
                found[name] = _Section()
            elif kind == b"R" and name:
                found[name].add(body)
                yield name, body
            elif kind == b"M":
                manifest: Manifest = _decode(body, Manifest)
                self._compare(manifest, {name: section.summary() for name, section in found.items()})
                self.manifest = {name: summary for name, summary in manifest.items() if name != HEADER}
            else:
                raise BadArchive(f"{self._path} is damaged: it has a frame that is not known, or not in its place.")
        self.digest = whole.hexdigest()

    def _compare(self, manifest: Manifest, found: Manifest) -> None:
        for name in manifest.keys() | found.keys():
            if manifest.get(name) != found.get(name):
                raise BadArchive(f"{self._path} is damaged: the section {name} is not as it was written.")

    def _read_header(self) -> Header:
        kind, body = next(self._frames())
        described = _decode(body, dict[str, Any]) if kind == b"H" else {}
        if described.get("format") != FORMAT:
            raise BadArchive(f"{self._path} is not an archive of Tallyline.")
        if described.get("version") != VERSION:
            raise BadArchive(
                f"{self._path} has format version {described.get('version')}, this release reads {VERSION}: import it "
                "with the release that wrote it, or a later one."
            )
        header: Header = _decode(body, Header)
        return header

    def _frames(self) -> Iterator[tuple[bytes, bytes]]:
        """Every frame up to the manifest, behind which nothing may stand."""
        try:
            with gzip.open(self._path, "rb") as file:
                kind = b""
                while kind != b"M":
                    kind, size = _HEAD.unpack(_exactly(file, _HEAD.size))
                    if size > MAX_FRAME:
                        raise BadArchive(f"{self._path} is damaged: a frame of {size} bytes.")
                    body = _exactly(file, size)
                    if kind == b"M" and file.read(1):
                        raise BadArchive(f"{self._path} is damaged: it goes on after its end.")
                    yield kind, body
        except gzip.BadGzipFile as wrong:
            raise BadArchive(f"{self._path} is damaged, or not an archive of Tallyline: {wrong}.") from wrong
        except EOFError as wrong:
            raise BadArchive(f"{self._path} is cut short.") from wrong
        except (zlib.error, struct.error) as wrong:
            raise BadArchive(f"{self._path} is damaged: {wrong}.") from wrong
        except OSError as wrong:
            raise BadArchive(f"{self._path} can't be read: {wrong.strerror or wrong}.") from wrong


def _exactly(file: gzip.GzipFile, size: int) -> bytes:
    body = file.read(size)
    if len(body) < size:
        raise EOFError
    return body


def _decode(body: bytes, type_: Any) -> Any:
    try:
        return msgspec.msgpack.decode(body, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError) as wrong:
        raise BadArchive(f"The archive is damaged: {wrong}.") from wrong


decode_log = msgspec.msgpack.Decoder(LogRecord).decode
decode_commit = msgspec.msgpack.Decoder(CommitRecord).decode
decode_document = msgspec.msgpack.Decoder(DocumentRecord).decode
decode_blob = msgspec.msgpack.Decoder(bytes).decode
