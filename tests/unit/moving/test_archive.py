"""An archive comes back as it was written, or is refused: cut short, changed, of another kind or a newer format."""

from __future__ import annotations

import gzip
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.moving import archive
from services.moving.archive import DocumentRecord, Header, Reader, Writer, decode_document
from services.moving.refusals import BadArchive

HEADER = Header(3, {"tallyline.calls": 4})
CONTENT: dict[str, list[DocumentRecord]] = {
    "documents a/one": [DocumentRecord(f"d{n}", b"body %d" % n) for n in range(5)],
    "documents a/none": [],
    "documents b/two": [DocumentRecord("x", bytes(range(64)))],
}


def write(path: Path, content: dict[str, list[DocumentRecord]] | None = None) -> archive.Manifest:
    with Writer(path, HEADER) as writer:
        for section, records in (CONTENT if content is None else content).items():
            writer.begin(section)
            for record in records:
                writer.add(record)
        return writer.finish()


def read(path: Path) -> tuple[Reader, dict[str, list[DocumentRecord]]]:
    reader = Reader(path)
    reader.verify()
    found: dict[str, list[DocumentRecord]] = {}
    for section, body in reader.records():
        found.setdefault(section, []).append(decode_document(body))
    return reader, found


def test_what_was_written_comes_back_with_its_counts(tmp_path: Path) -> None:
    path = tmp_path / "whole"
    manifest = write(path)
    reader, found = read(path)
    assert reader.header == HEADER
    assert found == {section: records for section, records in CONTENT.items() if records}
    assert reader.manifest == manifest
    assert {section: summary.count for section, summary in manifest.items()} == {
        section: len(records) for section, records in CONTENT.items()
    }
    assert path.stat().st_mode & 0o777 == 0o600, "it holds sealed customer data"


def test_the_same_content_has_the_same_digest_and_another_another(tmp_path: Path) -> None:
    digests = []
    other: dict[str, list[DocumentRecord]] = {"documents a/one": []}
    for name, content in (("a", CONTENT), ("b", CONTENT), ("c", other)):
        write(tmp_path / name, content)
        digests.append(read(tmp_path / name)[0].digest)
    assert digests[0] == digests[1] != digests[2]


def test_an_archive_that_is_not_finished_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "half"
    with Writer(path, HEADER) as writer:
        writer.begin("documents a/one")
        writer.add(DocumentRecord("d", b"body"))
    assert list(tmp_path.iterdir()) == []


def test_every_cut_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "whole")
    content = (tmp_path / "whole").read_bytes()
    torn = tmp_path / "torn"
    for size in range(len(content)):
        torn.write_bytes(content[:size])
        with pytest.raises(BadArchive):
            read(torn)


def test_every_changed_byte_is_refused_or_says_nothing(tmp_path: Path) -> None:
    """Time and system in gzip's head, and the bits that fill up its last byte, are read by nobody."""
    write(tmp_path / "whole")
    whole, found = read(tmp_path / "whole")
    content = (tmp_path / "whole").read_bytes()
    changed = tmp_path / "changed"
    idle = 0
    for place in range(len(content)):
        changed.write_bytes(content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :])
        try:
            reader, same = read(changed)
        except BadArchive:
            continue
        assert (reader.digest, reader.header, same) == (whole.digest, whole.header, found)
        idle += 1
    assert idle <= 8


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(max_examples=300, deadline=None)
def test_a_change_within_is_refused_also_when_it_was_compressed_again(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("changed")
    write(folder / "whole")
    content = bytearray(gzip.decompress((folder / "whole").read_bytes()))
    place %= len(content)
    content[place] ^= 1 << bit
    (folder / "changed").write_bytes(gzip.compress(bytes(content)))
    with pytest.raises(BadArchive):
        read(folder / "changed")


@pytest.mark.parametrize("more", [b"x", gzip.compress(b"more", mtime=0)], ids=["bytes", "another stream"])
def test_what_goes_on_after_its_end_is_refused(tmp_path: Path, more: bytes) -> None:
    write(tmp_path / "whole")
    (tmp_path / "longer").write_bytes((tmp_path / "whole").read_bytes() + more)
    with pytest.raises(BadArchive):
        read(tmp_path / "longer")


@pytest.mark.parametrize("content", [b"", b"no archive", gzip.compress(b"no archive at all", mtime=0)])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(BadArchive):
        Reader(tmp_path / "other")


def test_a_newer_format_is_refused_by_its_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = msgspec.structs.replace(HEADER, version=archive.VERSION + 1)
    with Writer(tmp_path / "newer", newer) as writer:
        writer.finish()
    with pytest.raises(BadArchive, match=r"has format version 2, this release reads 1"):
        Reader(tmp_path / "newer")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadArchive, match="can't be read"):
        Reader(tmp_path / "nothing")
