"""What every blob store promises."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.blobs import FolderBlobs
from shared.adapters.mongo import MongoBlobs
from shared.adapters.mongo.blobs import PIECE
from shared.ports import Blobs, StoreUnavailable
from tests.contract.conftest import OpenBlobs, mongo_database


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("content", [b"", b"invoice", bytes(range(256)) * 20_000], ids=["empty", "small", "5 MB"])
async def test_content_comes_back_under_its_sha256(blobs: Blobs, content: bytes) -> None:
    digest = await blobs.put(content)
    assert digest == sha256(content).hexdigest()
    assert await blobs.get(digest) == content


async def test_what_was_never_put_is_none(blobs: Blobs) -> None:
    assert await blobs.get(sha256(b"never").hexdigest()) is None


@pytest.mark.parametrize("name", ["", "abc", "../../etc/passwd", "A" * 64, "0" * 63 + "/", "0" * 65])
async def test_what_is_no_digest_names_no_content(blobs: Blobs, name: str) -> None:
    assert await blobs.get(name) is None


async def test_the_digests_are_those_of_all_contents(blobs: Blobs) -> None:
    assert [digest async for digest in blobs.digests()] == []
    put = {await blobs.put(f"content {n}".encode()) for n in range(300)}
    listed = [digest async for digest in blobs.digests()]
    assert len(listed) == len(put)
    assert set(listed) == put


async def test_the_same_content_put_many_times_at_once_is_one_content(blobs: Blobs) -> None:
    content = b"report" * 100_000
    digests = await asyncio.gather(*(blobs.put(content) for _ in range(8)))
    assert set(digests) == {sha256(content).hexdigest()}
    assert await blobs.get(digests[0]) == content


async def test_content_is_there_after_reopening(open_blobs: OpenBlobs, tmp_path: Path) -> None:
    async with open_blobs(tmp_path) as blobs:
        digest = await blobs.put(b"kept")
    async with open_blobs(tmp_path) as blobs:
        assert await blobs.get(digest) == b"kept"


@pytest.mark.engines
async def test_pieces_without_a_head_are_no_content_and_a_damaged_one_is_mended_by_a_new_put(tmp_path: Path) -> None:
    content = bytes(range(256)) * 20_000
    async with mongo_database(tmp_path) as database:
        blobs, stored = MongoBlobs(database), database.collection("blobs")
        digest = await blobs.put(content)
        assert await stored.count_documents({}) == 1 + -(-len(content) // PIECE)
        for harm in ({"$set": {"content": b"other"}}, None):
            piece = {"_id": f"{digest}/3"}
            await (stored.update_one(piece, harm) if harm else stored.delete_one(piece))
            with pytest.raises(StoreUnavailable):
                await blobs.get(digest)
            await blobs.put(content)
            assert await blobs.get(digest) == content
        await stored.delete_one({"_id": digest})
        assert await blobs.get(digest) is None


class Died(Exception):
    """The process, in the middle of a put."""


class MortalBlobs(MongoBlobs):
    """Dies at its fourth write."""

    writes = 0

    async def _write(self, id_: str, content: dict[str, Any]) -> None:
        self.writes += 1
        if self.writes > 3:
            raise Died
        await super()._write(id_, content)


@pytest.mark.engines
async def test_a_put_that_is_broken_off_leaves_nothing_visible(tmp_path: Path) -> None:
    content = bytes(range(256)) * 20_000
    digest = sha256(content).hexdigest()
    async with mongo_database(tmp_path) as database:
        with pytest.raises(Died):
            await MortalBlobs(database).put(content)
        assert await database.collection("blobs").count_documents({}) == 3
        assert await MongoBlobs(database).get(digest) is None
        await MongoBlobs(database).put(content)
        assert await MongoBlobs(database).get(digest) == content


async def test_a_damaged_file_is_never_returned_and_a_new_put_mends_it(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "blobs")
    digest = await blobs.put(b"invoice")
    (path,) = files_in(tmp_path)
    path.write_bytes(b"invoicf")
    with pytest.raises(StoreUnavailable):
        await blobs.get(digest)
    await blobs.put(b"invoice")
    assert await blobs.get(digest) == b"invoice"


async def test_a_folder_that_cannot_be_written_is_an_unavailable_store(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_bytes(b"a file where the folder should be")
    with pytest.raises(StoreUnavailable):
        await FolderBlobs(tmp_path / "blobs").put(b"invoice")


async def test_nothing_half_written_is_left_behind(tmp_path: Path) -> None:
    digest = await FolderBlobs(tmp_path).put(b"invoice")
    assert files_in(tmp_path) == [tmp_path / digest[:2] / digest]
