"""Watched folders: whatever a partner puts there, it is taken once, and the folders of others are looked at."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec

from services.calls.doors.drops import FAILED, Drops
from services.calls.doors.uploads import Filed
from tests.unit.shared.documents import MemoryDocuments

LIMIT = 100


class Taken:
    """Takes files, and says that nobody can read them: then nothing is waited for."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []

    async def take(self, source: Any, content: bytes, meta: dict[str, Any]) -> Filed:
        """See Uploads."""
        self.contents.append(content)
        return Filed("d-1", unreadable="no rows")


def drops(root: Path, taken: Taken) -> Drops:
    known = [SimpleNamespace(id=id_, settings=SimpleNamespace(options={})) for id_ in ("ac-1", "tw-1")]
    for source in known:
        (root / source.id).mkdir()
    sources: Any = SimpleNamespace(all=lambda: known)
    uploads: Any = taken
    bus: Any = SimpleNamespace(partitions=lambda topic: 1)
    return Drops(root, sources, uploads, MemoryDocuments(), bus, LIMIT, lambda: datetime(2026, 3, 2, tzinfo=UTC))


def put(folder: Path, name: bytes, content: bytes) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(content)


async def test_a_name_of_another_encoding_and_a_long_one_are_put_away_like_any_other(tmp_path: Path) -> None:
    taken = Taken()
    door = drops(tmp_path, taken)
    put(tmp_path / "ac-1", "\u00d6sterreich.csv".encode("latin-1"), b"one")
    put(tmp_path / "ac-1", b"x" * 251 + b".csv", b"two")
    put(tmp_path / "ac-1", b"\xd6" * 100 + b".csv", b"3" * (LIMIT + 1))
    assert [await door.step() for _ in range(3)] == [0, 3, 0]
    assert sorted(taken.contents) == [b"one", b"two"]
    told = {msgspec.json.decode(path.read_bytes())["file"] for path in (tmp_path / "ac-1" / FAILED).glob("*.json")}
    assert told == {"\ufffdsterreich.csv", "x" * 251 + ".csv", "\ufffd" * 100 + ".csv"}
    assert {path.suffix for path in (tmp_path / "ac-1" / FAILED).iterdir()} == {".json", ".csv"}


async def test_a_folder_that_takes_nothing_holds_up_no_other_and_its_files_are_taken_once(tmp_path: Path) -> None:
    taken = Taken()
    door = drops(tmp_path, taken)
    put(tmp_path / "ac-1", FAILED.encode(), b"in the place of the folder")
    put(tmp_path / "tw-1", b"calls.csv", b"calls")
    for _ in range(4):
        await door.step()
    assert taken.contents == [b"in the place of the folder", b"calls"]
    assert [path.suffix for path in sorted((tmp_path / "tw-1" / FAILED).iterdir())] == [".csv", ".json"]
    put(tmp_path / "ac-1", FAILED.encode(), b"another file")
    for _ in range(3):
        await door.step()
    assert taken.contents[2:] == [b"another file"]
