"""A system that was moved shows the same, and goes on as if it had never been moved."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import json
import re
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.calls.tracking import Tracker
from services.moving import contents, exporting, rest
from services.moving.archive import DocumentRecord, Header, Writer
from services.moving.exporting import export_system
from services.moving.importing import import_system
from services.moving.refusals import NotAtRest, NotEmpty, Refusal
from services.moving.rest import in_words, left_to_do
from services.simulate.driver import send_recorded
from shared.adapters.sqlite import SqliteDocuments, SqliteFile
from shared.contracts.calls import TELEPHONY_TOPIC, TOPIC
from shared.engine.generation import COLLECTION, NAMESPACE
from shared.engine.partitions import CHECKPOINTS
from shared.engine.views import POINTERS
from shared.faults import IMPORT_POINTS
from shared.ports import Outgoing, StoreUnavailable
from shared.runtime import INGEST, SPOOL, Stores
from shared.security import OPERATOR, SESSIONS, SIGN_INS
from shared.settings import SettingError, Settings, variable
from shared.spool import Spool
from shared.vault import CHECK
from tests.e2e.moved import breaches, history, log_of, recorded, retried, shown, simulated
from tests.e2e.recorded import SETS
from tests.e2e.systems import ENGINES, System, ask, everything, start, tallyline

MASTER_KEY = "master.key"


def quiet(_: str) -> None:
    """Progress is for people."""


def settings(engine: str, data: Path, partitions: int = 4) -> Settings:
    """Of a system of the tests."""
    return replace(ENGINES[engine](data), partitions=partitions)


def new(data: Path, of: Path) -> Path:
    """A data folder with nothing but another's master key."""
    data.mkdir()
    shutil.copy(of / MASTER_KEY, data / MASTER_KEY)
    return data


async def all_identical(system: System) -> None:
    """Every view is what its log says."""
    for item in (await ask(system.client, "/api/v1/operations/views"))["items"]:
        answer = (await system.client.post(f"/api/v1/operations/views/{item['view']}/verify")).json()
        assert answer["identical"], answer["differences"][:3]


async def first_traffic(system: System, into: Path) -> dict[str, str]:
    """A part of everything, in any order: many corrections, and much that is still to come."""
    return named("first", await recorded(system, into, 0.6) | await simulated(system, 0.7))


async def later_traffic(system: System, into: Path, name: str) -> dict[str, str]:
    """All of it: what came before comes again, and what was missing corrects what was told."""
    await retried(system)
    return named(name, await recorded(system, into, 1.0) | await simulated(system, 1.0))


def named(name: str, deliveries: dict[str, str]) -> dict[str, str]:
    return {delivery: f"{name} {n}" for delivery, n in deliveries.items()}


async def moved(archive: Path, engine: str, data: Path, partitions: int) -> None:
    await import_system(settings(engine, data, partitions), archive, quiet)


async def test_a_moved_system_shows_the_same_and_goes_on_as_if_never_moved(tmp_path: Path) -> None:
    """From 4 partitions to 7, and from there to 3."""
    home = tmp_path / "home"
    async with start("embedded", home) as system:
        names = await first_traffic(system, tmp_path / "sets")
        before, commits = await shown(system, names), await history(system)
        assert len(before["letters"]) > 5
        assert sum(name.startswith("call ") for name in before) > 30
        assert not await breaches(system)
    shutil.copytree(home, tmp_path / "stayed")
    await export_system(settings("embedded", home), tmp_path / "archive", quiet)
    new(tmp_path / "seven", home)
    await moved(tmp_path / "archive", "embedded", tmp_path / "seven", 7)

    async with start("embedded", tmp_path / "stayed") as system:
        more = await later_traffic(system, tmp_path / "sets", "later")
        expected, commits_expected = await shown(system, names | more), await history(system)
    async with start("embedded", tmp_path / "seven", partitions=7) as system:
        assert_same(await shown(system, names), before)
        assert await history(system) == commits
        await all_identical(system)
        assert not await breaches(system)
        assert {origin_of(record) for record in await flat(system)} == set(map("telephony.1/{}".format, range(4)))
        names |= await later_traffic(system, tmp_path / "sets", "later")
        assert_same(await shown(system, names), expected)
        assert commands(await history(system)) == commands(commits_expected)
        await all_identical(system)
        assert not await breaches(system)
        later = [record for record in await flat(system) if origin_of(record).startswith("telephony.2/")]
        crossing = [record for record in later if (record.get("reverses") or [""])[0].startswith("telephony.1/")]
        assert len(crossing) > 20, "late news of the old generation took back what was told there"

    await export_system(settings("embedded", tmp_path / "seven", 7), tmp_path / "second", quiet)
    new(tmp_path / "three", home)
    await moved(tmp_path / "second", "embedded", tmp_path / "three", 3)
    async with start("embedded", tmp_path / "three", partitions=3) as system:
        assert_same(await shown(system, names), expected)
        names |= await later_traffic(system, tmp_path / "sets", "last")
        assert_same(figures(await shown(system, names)), figures(expected))
        await all_identical(system)
        assert not await breaches(system)
        assert not [record for record in await flat(system) if origin_of(record).startswith("telephony.3/")]


def origin_of(record: dict[str, Any]) -> str:
    return str(record["origin"])


async def flat(system: System) -> list[dict[str, Any]]:
    return [record for records in (await log_of(system, TOPIC)).values() for record in records]


def commands(found: dict[str, Any]) -> dict[str, Any]:
    """How often what was commanded; ids of requests are random, and a process manager's hold an origin."""
    return {service: [(m.commit.stream, m.commit.version) for m in marked] for service, marked in found.items()}


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Each part by itself, so that a difference can be read."""
    assert found.keys() == expected.keys()
    for name, part in expected.items():
        assert found[name] == part, name


def figures(found: dict[str, Any]) -> dict[str, Any]:
    """Those of partners, campaigns and agents."""
    return {name: part for name, part in found.items() if name.split(" of ")[0] in ("partners", "campaigns", "agents")}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A system with one recorded set, and its archive."""
    home = tmp_path_factory.mktemp("small")

    async def make() -> None:
        async with start("embedded", home / "data") as system:
            _, sent, _ = await send_recorded(system.client, SETS["twilio"], demo=True)
            assert len(sent.accepted) > 10
            await system.settled()
        await export_system(settings("embedded", home / "data"), home / "archive", quiet)

    asyncio.run(make())
    return home / "data", home / "archive"


def content_of(data: Path) -> dict[str, list[Any]]:
    """All rows of all tables, whatever they mean."""
    with contextlib.closing(sqlite3.connect(data / "tallyline.db")) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: list(database.execute(f'SELECT * FROM "{table}"')) for table in tables}  # noqa: S608


def test_every_collection_is_kept_or_known_to_be_made_again(small: tuple[Path, Path]) -> None:
    """A collection that nobody thought of would be lost by a move."""
    known = {f"documents/{owner}/{keep.collection}" for owner, keep in contents.collections()}
    for service in contents.SERVICES:
        known |= {f"documents/{service.name}/{name}" for name in (CHECKPOINTS, POINTERS)}
        known |= {f"documents/{service.name}/{view.name}_v{view.version}" for view in service.views}
    known |= {f"documents/gateway/{SESSIONS}", f"documents/gateway/{SIGN_INS}", f"documents/{NAMESPACE}/{COLLECTION}"}
    assert content_of(small[0]).keys() - known == {"commits", "topics", "log"}


def test_the_archive_names_no_customer_and_holds_no_key(small: tuple[Path, Path]) -> None:
    content = gzip.decompress(small[1].read_bytes())
    expected = json.loads((SETS["twilio"] / "expected.json").read_text(encoding="utf-8"))
    numbers = {call["customer_number"] for call in expected["calls"] if call["customer_number"]}
    assert len(numbers) > 3
    for number in numbers:
        assert number.encode() not in content
    assert base64.b64decode((small[0] / MASTER_KEY).read_bytes()) not in content


async def refused(archive: Path, data: Path, expected: str, partitions: int = 4) -> None:
    """The import is refused, and what was there stays as it was."""
    before = content_of(data) if (data / "tallyline.db").exists() else None
    with pytest.raises((Refusal, SettingError), match=expected):
        await moved(archive, "embedded", data, partitions)
    if before is not None:
        assert content_of(data) == before


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
    assert [path.name for path in data.iterdir()] == [MASTER_KEY]


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
    assert [path.name for path in data.iterdir()] == [MASTER_KEY]


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


KILLS = {"import.claimed": 1, "import.sent": 4, "import.commits": 1, "import.documents": 6, "import.checkpoints": 1}
"""At which turn each point kills."""


@pytest.mark.parametrize("point", IMPORT_POINTS)
async def test_an_import_that_was_killed_is_no_system_and_goes_on(
    point: str, small: tuple[Path, Path], tmp_path: Path
) -> None:
    home, archive = small
    data, journal = new(tmp_path / "data", home), tmp_path / "journal"
    fault = {"TALLYLINE_FAULT": f"{point}:{KILLS[point]}", "TALLYLINE_FAULT_JOURNAL": str(journal)}
    killed = fault | {"TALLYLINE_PARTITIONS": "7"}
    code, said = await tallyline("import", archive, data=data, environ=killed)
    assert code == -signal.SIGKILL, said
    assert journal.read_text(encoding="utf-8").startswith("killed at")
    with pytest.raises(SettingError, match="An import has not ended here"):
        async with start("embedded", data, partitions=7):
            pass
    with pytest.raises(SettingError, match="An import has not ended here"):
        await export_system(settings("embedded", data, 7), tmp_path / "half", quiet)
    other = tmp_path / "other"
    with Writer(other, Header(1, {})) as writer:
        writer.begin(contents.section_of_documents("vault", CHECK))
        with contextlib.closing(sqlite3.connect(home / "tallyline.db")) as database:
            writer.add(DocumentRecord(*database.execute(f'SELECT id, body FROM "documents/vault/{CHECK}"').fetchone()))  # noqa: S608
        writer.finish()
    await refused(other, data, "Another import has ended half-way", partitions=7)

    await moved(archive, "embedded", data, 7)
    undisturbed = new(tmp_path / "undisturbed", home)
    await moved(archive, "embedded", undisturbed, 7)
    assert truth_of(data) == truth_of(undisturbed)
    async with start("embedded", data, partitions=7) as system:
        await all_identical(system)
        assert not await breaches(system)


def truth_of(data: Path) -> dict[str, list[Any]]:
    """All rows that are no view's, without revisions: what was written twice has a higher one."""
    kept = {f"documents/{owner}/{keep.collection}" for owner, keep in contents.collections()} | {"topics", "log"}
    rows = {table: content for table, content in content_of(data).items() if table in kept}
    found = {
        table: sorted((row[1], *row[3:]) if table.startswith("documents/") else row for row in content)
        for table, content in rows.items()
    }
    found["commits"] = sorted(row[1:] for row in content_of(data)["commits"])
    return found


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
    async with start("embedded", data) as system:
        telephony = system.runtime.engine.bus
        partition = max((end, p) for p, end in (await telephony.ends(TELEPHONY_TOPIC)).items())[1]
        items = await telephony.read(TELEPHONY_TOPIC, partition, 0, 10)
        stopped = [running for running in system.runtime.running if running.worker.name == Tracker.name]
        async with stopped[0].partitions.lock:  # the tracker stands still
            publisher = telephony.publisher()
            await publisher.send(TELEPHONY_TOPIC, partition, [Outgoing(item.key, item.value) for item in items])
            with pytest.raises(NotAtRest, match=rf"{len(items)} records of tallyline.telephony that calls.tracker has"):
                raise NotAtRest(in_words(await left_to_do(system.runtime.engine)))
            system.runtime.stopping.set()
    shutil.copytree(data, tmp_path / "stuck")
    manifest = await export_system(settings("embedded", data), tmp_path / "archive", quiet)
    assert manifest[contents.section_of_log(TELEPHONY_TOPIC)].count > len(items)

    async def fail(*_: Any) -> None:
        raise StoreUnavailable("for a test")

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


async def test_blobs_keys_and_sessions(small: tuple[Path, Path], tmp_path: Path) -> None:
    """Blobs and API keys go along; sessions do not."""
    data = tmp_path / "data"
    shutil.copytree(small[0], data)
    async with start("embedded", data) as system:
        digest = await system.runtime.engine.blobs.put(b"a report")
        key = (await system.client.post("/api/v1/keys", json={"name": "n", "role": "viewer"})).json()["key"]
        assert system.access is not None
        session = await system.access.open_session(OPERATOR)
    code, said = await tallyline("export", tmp_path / "archive", data=data)
    assert code == 0, said
    assert "letting the workers finish" in said
    assert re.search(r"log tallyline.telephony +│ +[0-9]+", said)
    new(tmp_path / "moved", data)
    code, said = await tallyline("import", tmp_path / "archive", "--partitions", "2", data=tmp_path / "moved")
    assert code == 0, said
    async with start("embedded", tmp_path / "moved", partitions=2) as system:
        assert await system.runtime.engine.blobs.get(digest) == b"a report"
        client = system.client
        listed = await client.get("/api/v1/partners", headers={"authorization": f"Bearer {key}"})
        assert listed.status_code == 200
        assert system.access is not None
        assert await system.access.of_session(session) is None
    code, said = await tallyline("import", tmp_path / "archive", "--partitions", "2", data=tmp_path / "moved")
    assert code == 1
    assert "was started before" in said


@pytest.mark.engines
async def test_from_one_engine_to_the_other_and_back(tmp_path: Path) -> None:
    """Embedded to distributed with more partitions, traffic there, and home again: as if never moved."""
    home, there, back = tmp_path / "home", tmp_path / "there", tmp_path / "back"
    async with start("embedded", home) as system:
        names = await first_traffic(system, tmp_path / "sets")
        before = await shown(system, names)
    shutil.copytree(home, tmp_path / "stayed")
    await export_system(settings("embedded", home), tmp_path / "archive", quiet)
    new(there, home)
    await moved(tmp_path / "archive", "distributed", there, 6)
    async with start("embedded", tmp_path / "stayed") as system:
        more = await later_traffic(system, tmp_path / "sets", "later")
        expected = await shown(system, names | more)
    async with start("distributed", there, partitions=6) as system:
        assert_same(await shown(system, names), before)
        names |= await later_traffic(system, tmp_path / "sets", "later")
        assert_same(await shown(system, names), expected)
        await all_identical(system)
        assert not await breaches(system)
    with pytest.raises(NotEmpty, match="was started before"):
        await moved(tmp_path / "archive", "distributed", there, 6)
    await export_system(settings("distributed", there, 6), tmp_path / "second", quiet)
    new(back, home)
    await moved(tmp_path / "second", "embedded", back, 4)
    async with start("embedded", back) as system:
        assert_same(await shown(system, names), expected)
        await all_identical(system)
        assert not await breaches(system)
        assert {origin_of(record).partition("/")[0] for record in await flat(system)} == {"telephony.1", "telephony.2"}


def environ_of(settings: Settings) -> dict[str, str]:
    """The settings as variables."""
    names = ("engine", "kafka", "kafka_replication", "kafka_min_insync", "mongo", "namespace", "partitions")
    return {variable(name): str(getattr(settings, name)) for name in names}


@pytest.mark.engines
@pytest.mark.parametrize("point", ["import.sent:3", "import.commits:1", "import.documents:7"])
async def test_an_import_that_was_killed_goes_on_in_the_distributed_system_too(
    point: str, small: tuple[Path, Path], tmp_path: Path
) -> None:
    home, archive = small
    data, journal = new(tmp_path / "data", home), tmp_path / "journal"
    there = environ_of(settings("distributed", data, 6))
    killed = there | {"TALLYLINE_FAULT": point, "TALLYLINE_FAULT_JOURNAL": str(journal)}
    code, said = await tallyline("import", archive, data=data, environ=killed)
    assert code == -signal.SIGKILL, said
    with pytest.raises(SettingError, match="An import has not ended here"):
        async with start("distributed", data, partitions=6):
            pass
    code, said = await tallyline("import", archive, data=data, environ=there)
    assert code == 0, said
    async with start("embedded", home) as system:
        expected = await shown(system, {})
    async with start("distributed", data, partitions=6) as system:
        assert_same(await shown(system, {}), expected)
        await all_identical(system)
        assert not await breaches(system)


async def test_a_system_without_a_single_call_is_moved_too(tmp_path: Path) -> None:
    async with start("embedded", tmp_path / "data") as system:
        partner = {"partner_id": "p1", "name": "One", "country": None, "time_zone": "UTC"}
        assert (await system.client.post("/api/v1/partners", json=partner)).status_code == 201
        await system.settled()
    await export_system(settings("embedded", tmp_path / "data"), tmp_path / "archive", quiet)
    await moved(tmp_path / "archive", "embedded", new(tmp_path / "moved", tmp_path / "data"), 9)
    async with start("embedded", tmp_path / "moved", partitions=9) as system:
        await system.settled()
        assert [each["partner_id"] for each in await everything(system.client, "/api/v1/partners")] == ["p1"]
        await send_recorded(system.client, SETS["twilio"], demo=True)
        await system.settled()
        await all_identical(system)
        assert {origin_of(record).partition("/")[0] for record in await flat(system)} == {"telephony.2"}
