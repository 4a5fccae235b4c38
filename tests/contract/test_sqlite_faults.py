"""What the SQLite adapters keep when the disk is full, a process is killed, or a caller or a neighbour fails."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from shared.adapters.sqlite import SqliteBus, SqliteDocuments, SqliteEventStore, SqliteFile, integrity_check
from shared.ports import Commit, Outgoing, Put, StoreUnavailable
from tests.contract.conftest import sqlite_file

TOPIC = "tallyline.calls"
BODY = b"x" * 2000
AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[SqliteFile]:
    async with sqlite_file(tmp_path) as opened:
        yield opened


async def limit_pages(file: SqliteFile, pages: int) -> None:
    """No room for more than so many pages; 0: as they are now."""

    def limit(connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages or connection.execute('PRAGMA page_count').fetchone()[0]}")

    await file.write(limit)


@asynccontextmanager
async def busy_writer(file: SqliteFile) -> AsyncIterator[None]:
    """A unit of its own keeps the writer busy; what is queued meanwhile becomes one group."""
    loop, running, release = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def unit(_: sqlite3.Connection) -> None:
        loop.call_soon_threadsafe(running.set)
        release.wait()

    task = asyncio.create_task(file.write(unit))
    try:
        await running.wait()
        yield
        await asyncio.sleep(0)  # what was started meanwhile gets into the queue
    finally:
        release.set()
        await task


async def stored_values(bus: SqliteBus) -> list[bytes]:
    return [record.value for record in await bus.read(TOPIC, 0, 0, 1_000_000)]


async def test_a_full_disk_is_an_unavailable_store_that_loses_nothing_and_works_again_when_there_is_room(
    file: SqliteFile,
) -> None:
    bus, documents, store = SqliteBus(file), SqliteDocuments(file, "calls"), SqliteEventStore(file, "calls")
    await bus.declare({TOPIC: 1})
    await documents.declare("calls.1")
    await documents.put("calls.1", [Put("kept", 0, b"")])
    await limit_pages(file, 200)
    sent: list[bytes] = []

    async def send_until_refused() -> None:
        while True:
            batch = [f"{len(sent) + n}".encode() * 300 for n in range(50)]
            assert await bus.publisher().send(TOPIC, 0, [Outgoing("k", value) for value in batch]) == len(sent)
            sent.extend(batch)

    with pytest.raises(StoreUnavailable):
        await send_until_refused()
    await limit_pages(file, 0)
    assert sent
    with pytest.raises(StoreUnavailable):
        await documents.put("calls.1", [Put(f"d{n}", 0, BODY) for n in range(100)])
    with pytest.raises(StoreUnavailable):
        await store.append(Commit("call-1", 1, BODY * 100, "c", "ana", AT))
    assert await stored_values(bus) == sent
    assert await bus.ends(TOPIC) == {0: len(sent)}
    assert await integrity_check(file) == "ok"

    await limit_pages(file, 1_000_000)
    assert await bus.publisher().send(TOPIC, 0, [Outgoing("k", b"after")]) == len(sent)
    assert await stored_values(bus) == [*sent, b"after"]
    await documents.put("calls.1", [Put("kept", 1, BODY), Put("d1", 0, BODY)])
    await store.append(Commit("call-1", 1, BODY * 100, "c", "ana", AT))
    assert await integrity_check(file) == "ok"


async def test_when_the_disk_is_full_nobody_of_the_group_is_told_that_it_is_done(file: SqliteFile) -> None:
    store = SqliteEventStore(file, "calls")
    await limit_pages(file, 0)
    small = [store.append(Commit(f"call-{n}", 1, b"[]", "c", "ana", AT)) for n in range(20)]
    large = store.append(Commit("call-large", 1, BODY * 1000, "c", "ana", AT))
    answers = await asyncio.gather(*small, large, return_exceptions=True)
    assert isinstance(answers[-1], StoreUnavailable)
    for n, answer in enumerate(answers[:-1]):
        there = bool(await store.load(f"call-{n}"))
        assert there == (answer is None)
        assert answer is None or isinstance(answer, StoreUnavailable)
    assert file.stats().failed_groups >= 1


async def test_a_publisher_stays_closed_after_a_failed_send(file: SqliteFile) -> None:
    bus = SqliteBus(file)
    await bus.declare({TOPIC: 1})
    publisher = bus.publisher()
    await limit_pages(file, 0)
    with pytest.raises(StoreUnavailable):
        await publisher.send(TOPIC, 0, [Outgoing("k", BODY * 100)])
    await limit_pages(file, 1_000_000)
    with pytest.raises(StoreUnavailable):
        await publisher.send(TOPIC, 0, [Outgoing("k", b"a")])
    assert await bus.publisher().send(TOPIC, 0, [Outgoing("k", b"b")]) == 0


async def test_a_units_own_error_undoes_that_unit_alone(file: SqliteFile) -> None:
    def write(name: str, fail: bool = False) -> None:
        def unit(connection: sqlite3.Connection) -> str:
            connection.execute("INSERT INTO topics (name, partitions) VALUES (?, 1)", (name,))
            if fail:
                raise RuntimeError(name)
            return name

        units.append(asyncio.create_task(file.write(unit)))

    units: list[asyncio.Task[str]] = []
    async with busy_writer(file):
        for n in range(30):
            write(f"t{n}", fail=n % 3 == 0)
    answers = await asyncio.gather(*units, return_exceptions=True)
    assert file.stats().largest_group == 30, "they were one group"
    names = await file.read(lambda connection: {row[0] for row in connection.execute("SELECT name FROM topics")})
    assert names == {f"t{n}" for n in range(30) if n % 3}
    assert [isinstance(answer, RuntimeError) for answer in answers] == [n % 3 == 0 for n in range(30)]


async def test_nobody_hears_of_a_unit_before_its_group_is_committed(file: SqliteFile) -> None:
    def insert(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO topics (name, partitions) VALUES ('new', 1)")

    def seen_from_outside() -> int:
        other = sqlite3.connect(file.path)
        count: int = other.execute("SELECT count(*) FROM topics").fetchone()[0]
        other.close()
        return count

    async with busy_writer(file):
        inserting = asyncio.create_task(file.write(insert))
        slow_neighbour = asyncio.create_task(file.write(lambda _: time.sleep(0.05)))
    await inserting
    assert seen_from_outside() == 1
    await slow_neighbour
    assert file.stats().largest_group == 2, "the neighbour was of the same group"


async def test_a_unit_whose_caller_left_before_its_turn_is_not_run(file: SqliteFile) -> None:
    ran: list[str] = []
    async with busy_writer(file):
        gone = asyncio.create_task(file.write(lambda _: ran.append("gone")))
        staying = asyncio.create_task(file.write(lambda _: ran.append("staying")))
        await asyncio.sleep(0)
        gone.cancel()
    await staying
    assert ran == ["staying"]


async def test_readers_are_woken_also_when_the_sender_has_gone_away(file: SqliteFile) -> None:
    woken: list[bool] = []
    running, release = threading.Event(), threading.Event()

    def unit(_: sqlite3.Connection) -> None:
        running.set()
        release.wait()

    gone = asyncio.create_task(file.write(unit, lambda _: woken.append(True)))
    await asyncio.to_thread(running.wait)
    gone.cancel()
    release.set()
    await file.write(lambda _: None)
    assert woken == [True]


async def test_a_full_queue_makes_callers_wait_and_all_get_their_turn(file: SqliteFile) -> None:
    turns: list[int] = []
    units = [asyncio.create_task(file.write(lambda _, n=n: turns.append(n))) for n in range(3000)]  # type: ignore[misc]
    await asyncio.sleep(0)
    assert file.stats().queued <= 1024
    await asyncio.gather(*units)
    assert turns == list(range(3000))
    assert file.stats().writes == 3000
    assert file.stats().queued == 0


async def test_readers_cannot_write(file: SqliteFile) -> None:
    with pytest.raises(StoreUnavailable, match="READONLY"):
        await file.read(lambda connection: connection.execute("DELETE FROM topics"))


async def test_a_closed_file_finishes_what_it_took_and_takes_nothing_more(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "tallyline.db")
    await file.open()
    done: list[int] = []
    units = [asyncio.create_task(file.write(lambda _, n=n: done.append(n))) for n in range(50)]  # type: ignore[misc]
    await asyncio.sleep(0)
    await file.close()
    await file.close()
    await asyncio.gather(*units)
    assert done == list(range(50))
    with pytest.raises(StoreUnavailable):
        await file.write(lambda _: None)
    with pytest.raises(StoreUnavailable):
        await file.read(lambda _: None)
    assert os.listdir(tmp_path) == ["tallyline.db"], "the log was folded into the file"


async def test_a_path_that_cannot_be_opened_is_an_unavailable_store(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        await SqliteFile(tmp_path).open()
    (tmp_path / "note.txt").write_bytes(b"This is no database, but it is long enough to look at. " * 100)
    with pytest.raises(StoreUnavailable):
        await SqliteFile(tmp_path / "note.txt").open()


def write_until_killed(home: Path, answers: Connection) -> None:
    """In a process of its own: all three ports under load; each acknowledgement goes through the pipe."""

    async def load() -> None:
        async with sqlite_file(home) as file:
            bus, documents, store = SqliteBus(file), SqliteDocuments(file, "calls"), SqliteEventStore(file, "calls")
            await bus.declare({TOPIC: 4})
            await documents.declare("calls.1", ["n"])

            async def publish(partition: int) -> None:
                publisher = bus.publisher()
                for n in range(1_000_000):
                    records = [Outgoing("k", f"{n}:{i}".encode()) for i in range(20)]
                    answers.send(("log", partition, await publisher.send(TOPIC, partition, records) + 20))

            async def put(name: str) -> None:
                for n in range(1_000_000):
                    await documents.put("calls.1", [Put(name, n, str(n).encode(), {"n": n})])
                    answers.send(("document", name, n + 1))

            async def append(stream: str) -> None:
                for version in range(1, 1_000_000):
                    await store.append(Commit(stream, version, b"[]", f"c{version}", "ana", AT))
                    answers.send(("commit", stream, version))

            tasks = [publish(partition) for partition in range(4)]
            tasks += [put(f"d{n}") for n in range(4)] + [append(f"call-{n}") for n in range(4)]
            await asyncio.gather(*tasks)

    asyncio.run(load())


@pytest.mark.slow
@pytest.mark.parametrize("answered", [50, 400, 2000])
async def test_after_a_kill_in_mid_load_everything_acknowledged_is_there(tmp_path: Path, answered: int) -> None:
    known: dict[tuple[str, str | int], int] = {}

    def kill_in_mid_load() -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=write_until_killed, args=(tmp_path, theirs))
        process.start()
        theirs.close()
        try:
            for n in range(1_000_000):
                if n == answered:
                    process.kill()
                kind, name, number = ours.recv()
                known[kind, name] = number
        except EOFError:
            process.join()
        ours.close()
        assert process.exitcode == -signal.SIGKILL

    await asyncio.to_thread(kill_in_mid_load)
    assert len(known) == 12
    async with sqlite_file(tmp_path) as file:
        assert await integrity_check(file) == "ok"
        bus, documents, store = SqliteBus(file), SqliteDocuments(file, "calls"), SqliteEventStore(file, "calls")
        await bus.declare({TOPIC: 4})
        await documents.declare("calls.1", ["n"])
        for (kind, name), number in known.items():
            match name:
                case int():
                    records = await bus.read(TOPIC, name, 0, 1_000_000)
                    assert len(records) >= number
                    expected = [f"{n // 20}:{n % 20}".encode() for n in range(len(records))]
                    assert [record.value for record in records] == expected, "whole batches, in order"
                    assert len(records) % 20 == 0
                case str() if kind == "document":
                    stored = (await documents.get("calls.1", [name]))[name]
                    assert stored.revision >= number
                    assert stored.body == str(stored.revision - 1).encode()
                    found = await documents.find("calls.1", {"n": stored.revision - 1})
                    assert stored in found.items, "the index says the same"
                case str():
                    commits = await store.load(name)
                    assert [commit.version for commit in commits] == list(range(1, len(commits) + 1))
                    assert len(commits) >= number


def fill_until_refused(home: Path, answers: Connection) -> None:
    """In a process of its own, whose files may not grow beyond 4 MB for a while."""

    async def fill() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        async with sqlite_file(home) as file:
            bus = SqliteBus(file)
            await bus.declare({TOPIC: 1})
            resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, resource.RLIM_INFINITY))
            count = 0
            for _ in range(3):  # refused again and again, not only once
                try:
                    while True:
                        values = [Outgoing("k", f"{count + n}".encode().ljust(2000)) for n in range(20)]
                        assert await bus.publisher().send(TOPIC, 0, values) == count
                        count += 20
                except StoreUnavailable:
                    answers.send(("refused", count, await integrity_check(file)))
            assert len(await stored_values(bus)) == count
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            assert await bus.publisher().send(TOPIC, 0, [Outgoing("k", b"after".ljust(2000))]) == count
            answers.send(("written", count + 1, await integrity_check(file)))

    asyncio.run(fill())


async def test_a_disk_that_refuses_to_grow_loses_nothing_and_the_file_works_again_afterwards(tmp_path: Path) -> None:
    def run() -> list[tuple[str, int, str]]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=fill_until_refused, args=(tmp_path, theirs))
        process.start()
        theirs.close()
        said = []
        try:
            while True:
                said.append(ours.recv())
        except EOFError:
            process.join()
        ours.close()
        assert process.exitcode == os.EX_OK
        return said

    said = await asyncio.to_thread(run)
    assert [(what, health) for what, _, health in said] == [("refused", "ok")] * 3 + [("written", "ok")]
    count = said[-1][1]
    assert count > 1000
    async with sqlite_file(tmp_path) as file:
        bus = SqliteBus(file)
        await bus.declare({TOPIC: 1})
        numbers = [value.rstrip() for value in await stored_values(bus)]
        assert numbers == [str(n).encode() for n in range(count - 1)] + [b"after"]
        assert await integrity_check(file) == "ok"


async def test_a_file_of_a_release_that_kept_no_traces_is_taken_on(tmp_path: Path) -> None:
    async with sqlite_file(tmp_path) as file:
        old = Commit("call-1", 1, b"[]", "c1", "ana", AT)
        await SqliteEventStore(file, "calls").append(old)
        await file.write(lambda connection: connection.execute("ALTER TABLE commits DROP COLUMN trace"))
    async with sqlite_file(tmp_path) as file:
        store = SqliteEventStore(file, "calls")
        new = Commit("call-1", 2, b"[]", "c2", "ana", AT, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        await store.append(new)
        assert await store.load("call-1") == [old, new]
