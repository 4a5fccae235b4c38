"""What is not moved, and why: then nothing is written. What an archive holds, and what not."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.calls.tracking.tracking import Tracker
from services.gateway.identity.attempts import ATTEMPTS
from services.gateway.identity.doors import BEGUN
from services.moving import contents, exporting, rest
from services.moving.archive import DocumentRecord, Header, Writer
from services.moving.exporting import export_system
from services.moving.refusals import NotAtRest, NotEmpty
from services.moving.rest import in_words, left_to_do
from shared.adapters.sqlite import SqliteDocuments, SqliteFile
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.engine.generation import COLLECTION, NAMESPACE
from shared.engine.partitions import CHECKPOINTS
from shared.engine.views import POINTERS
from shared.ports import Outgoing, StoreUnavailable
from shared.runtime import INGEST, SPOOL, Stores
from shared.security import SESSIONS, SIGN_INS
from shared.settings import SettingError
from shared.spool import Spool
from tests.e2e.moved import LOCAL_KEY, MASTER_KEY, content_of, new, quiet, refused, settings
from tests.e2e.recorded import SETS
from tests.e2e.systems import start


def test_every_collection_is_kept_or_known_to_be_made_again(small: tuple[Path, Path]) -> None:
    """A collection that nobody thought of would be lost by a move."""
    known = {f"documents/{owner}/{keep.collection}" for owner, keep in contents.collections()}
    for service in contents.SERVICES:
        known |= {f"documents/{service.name}/{name}" for name in (CHECKPOINTS, POINTERS)}
        known |= {f"documents/{service.name}/{view.name}_v{view.version}" for view in service.views}
    known |= {f"documents/gateway/{name}" for name in (SESSIONS, SIGN_INS, ATTEMPTS, BEGUN)}
    known |= {f"documents/{NAMESPACE}/{COLLECTION}"}
    assert content_of(small[0]).keys() - known == {"commits", "topics", "log"}


def test_the_archive_names_no_customer_and_holds_no_key(small: tuple[Path, Path]) -> None:
    content = gzip.decompress(small[1].read_bytes())
    expected = json.loads((SETS["twilio"] / "expected.json").read_text(encoding="utf-8"))
    numbers = {call["customer_number"] for call in expected["calls"] if call["customer_number"]}
    assert len(numbers) > 3
    for number in numbers:
        assert number.encode() not in content
    assert base64.b64decode((small[0] / MASTER_KEY).read_bytes()) not in content


@pytest.mark.parametrize("damage", ["torn", "altered", "newer", "other"])
async def test_a_bad_archive_is_refused_before_anything_is_written(
    damage: str, small: tuple[Path, Path], tmp_path: Path
) -> None:
    home, archive = small
    data, bad = new(tmp_path / "data", home), tmp_path / "bad"
    content = archive.read_bytes()
    if damage == "torn":
        bad.write_bytes(content[: len(content) // 2])
    elif damage == "altered":
        middle = len(content) // 2
        bad.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    elif damage == "newer":
        with Writer(bad, Header(1, {}, version=2)) as writer:
            writer.finish()
    else:
        with Writer(bad, Header(1, {})) as writer:
            writer.begin("documents training/courses")
            writer.add(DocumentRecord("c1", b"{}"))
            writer.finish()
    expected = {"torn": "cut short", "altered": "damaged", "newer": "format version 2", "other": "does not know"}
    await refused(bad, data, expected[damage])
    assert {path.name for path in data.iterdir()} == {MASTER_KEY, LOCAL_KEY}


async def test_an_import_without_the_master_key_or_under_another_is_refused(
    small: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "none").mkdir()
    await refused(small[1], tmp_path / "none", "master key of the exported system is needed")
    assert list((tmp_path / "none").iterdir()) == []
    async with start("embedded", tmp_path / "other"):
        pass
    data = new(tmp_path / "data", tmp_path / "other")
    await refused(small[1], data, "made under another master key")
    assert {path.name for path in data.iterdir()} == {MASTER_KEY, LOCAL_KEY}


async def test_only_a_system_that_was_never_started_takes_an_archive(small: tuple[Path, Path], tmp_path: Path) -> None:
    home, archive = small
    await refused(archive, home, "was started before")
    await refused(archive, home, "has 4 partitions, not 7", partitions=7)
    data = new(tmp_path / "data", home)
    async with start("embedded", data):
        await refused(archive, data, "in use by another Tallyline process")
    await refused(archive, data, "was started before")
    older = tmp_path / "older"
    shutil.copytree(home, older)
    with contextlib.closing(sqlite3.connect(older / "tallyline.db")) as database:
        database.execute(f'DELETE FROM "documents/{NAMESPACE}/{COLLECTION}"')  # noqa: S608
        database.commit()
    await refused(archive, older, "was started before")


async def test_a_running_system_and_one_without_anything_are_not_exported(
    small: tuple[Path, Path], tmp_path: Path
) -> None:
    home, archive = small
    async with start("embedded", home):
        with pytest.raises(SettingError, match="in use by another Tallyline process"):
            await export_system(settings("embedded", home), tmp_path / "archive", quiet)
    with pytest.raises(NotEmpty, match="is there already"):
        await export_system(settings("embedded", home), archive, quiet)
    with pytest.raises(SettingError, match="There is no data folder"):
        await export_system(settings("embedded", tmp_path / "nothing"), tmp_path / "archive", quiet)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingError, match="Nothing was ever started here"):
        await export_system(settings("embedded", tmp_path / "empty"), tmp_path / "archive", quiet)
    assert not (tmp_path / "archive").exists()


async def test_what_is_left_to_do_is_done_first_or_named(
    small: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delivery that was accepted and not read yet is in the archive; where it can't be read, there is none."""
    data = tmp_path / "data"
    shutil.copytree(small[0], data)

    async def fail(*_: Any) -> None:
        raise StoreUnavailable("for a test")

    with monkeypatch.context() as stuck:
        stuck.setattr(Tracker, "apply", fail)  # the tracker stands still, also while the process ends
        async with start("embedded", data) as system:
            telephony = system.runtime.engine.bus
            partition = max((end, p) for p, end in (await telephony.ends(TELEPHONY_TOPIC)).items())[1]
            items = await telephony.read(TELEPHONY_TOPIC, partition, 0, 10)
            publisher = telephony.publisher()
            await publisher.send(TELEPHONY_TOPIC, partition, [Outgoing(item.key, item.value) for item in items])
            with pytest.raises(NotAtRest, match=rf"{len(items)} records of tallyline.telephony that calls.tracker has"):
                raise NotAtRest(in_words(await left_to_do(system.runtime.engine)))
    shutil.copytree(data, tmp_path / "stuck")
    manifest = await export_system(settings("embedded", data), tmp_path / "archive", quiet)
    assert manifest[contents.section_of_log(TELEPHONY_TOPIC)].count > len(items)
    monkeypatch.setattr(Tracker, "apply", fail)
    monkeypatch.setattr(rest, "PATIENCE_S", 0.5)
    with pytest.raises(NotAtRest, match=rf"Left: .*{len(items)} records of tallyline.telephony that calls.tracker has"):
        await export_system(settings("embedded", tmp_path / "stuck"), tmp_path / "none", quiet)
    assert not (tmp_path / "none").exists()


async def test_deliveries_that_wait_in_a_spool_are_not_left_behind(small: tuple[Path, Path], tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(small[0], data)

    class Away:
        async def append_all(self, topic: str, records: Any) -> None:
            raise StoreUnavailable("for a test")

    file = SqliteFile(data / SPOOL)
    await file.open()
    spool = Spool(SqliteDocuments(file, INGEST), Away(), 1 << 20)
    await spool.open()
    await spool.append_all(TELEPHONY_TOPIC, [Outgoing("k", b"v")])
    await file.close()
    with pytest.raises(NotAtRest, match="1 deliveries in the spool"):
        await export_system(settings("embedded", data), tmp_path / "archive", quiet)


async def test_what_is_written_meanwhile_spoils_the_export(
    small: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only on a store that others can reach, so the writer stands in the middle of the export here."""
    data = tmp_path / "data"
    shutil.copytree(small[0], data)
    blobs = exporting._blobs

    async def busy(opened: Stores) -> AsyncIterator[bytes]:
        await opened.bus.publisher().send(TELEPHONY_TOPIC, 0, [Outgoing("k", b"v")])
        async for content in blobs(opened):
            yield content

    monkeypatch.setattr(exporting, "_blobs", busy)
    with pytest.raises(NotAtRest, match=r"1 records of tallyline\.telephony that calls\.tracker has not taken"):
        await export_system(settings("embedded", data), tmp_path / "archive", quiet)
    assert not (tmp_path / "archive").exists()
    assert not (tmp_path / "archive.part").exists()
