"""The spool: accepted means kept, full means refused, and what waits goes out in order when the broker is back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from shared import metrics
from shared.adapters.sqlite import SqliteDocuments, SqliteFile
from shared.ports import Outgoing, StoreUnavailable
from shared.spool import RESERVE_BYTES, Spool


class Broker:
    """One that can be away, hang, or take a request and not say so."""

    def __init__(self) -> None:
        self.mood = "there"
        self.taken: list[bytes] = []

    async def append_all(self, topic: str, records: Sequence[Outgoing]) -> None:
        if self.mood == "away":
            raise StoreUnavailable("away")
        if self.mood == "hangs":
            await asyncio.sleep(60)
        self.taken += [record.value for record in records]
        if self.mood == "silent":
            raise StoreUnavailable("no answer")


@pytest.fixture
async def file(tmp_path: Path) -> SqliteFile:
    opened = SqliteFile(tmp_path / "spool.db")
    await opened.open()
    return opened


async def spool(file: SqliteFile, broker: Broker, limit: int = 10_000) -> Spool:
    made = Spool(SqliteDocuments(file, "spool"), broker, limit, patience=0.05)
    await made.open()
    return made


def record(n: int) -> list[Outgoing]:
    return [Outgoing(f"k{n % 3}", b"%03d" % n)]


async def test_nothing_touches_the_disk_while_the_broker_is_there(file: SqliteFile) -> None:
    broker = Broker()
    s = await spool(file, broker)
    await s.append_all("t", record(1))
    assert (broker.taken, s.size, s.waiting) == ([b"001"], 0, 0)
    await file.close()


@pytest.mark.parametrize("mood", ["away", "hangs"])
async def test_what_is_accepted_while_the_broker_is_away_survives_and_goes_out_in_order(
    file: SqliteFile, mood: str
) -> None:
    broker = Broker()
    broker.mood = mood
    s = await spool(file, broker)
    for n in range(20):
        await s.append_all("t", record(n))
    assert broker.taken == []
    await file.close()

    again = SqliteFile(file.path)
    await again.open()
    back = await spool(again, broker)
    assert back.waiting == 20
    assert back.size == s.size
    broker.mood = "there"
    assert await back.drain() == 20
    assert broker.taken == [b"%03d" % n for n in range(20)]
    assert (back.size, back.waiting) == (0, 0)
    await back.append_all("t", record(99))
    assert broker.taken[-1] == b"099"
    await again.close()


async def test_a_full_spool_refuses_and_keeps_what_it_has(file: SqliteFile) -> None:
    broker = Broker()
    broker.mood = "away"
    s = await spool(file, broker, limit=200)
    while s.size < 180:
        await s.append_all("t", record(s.waiting))
    kept = s.waiting
    with pytest.raises(StoreUnavailable, match="full"):
        await s.append_all("t", [Outgoing("k", b"x" * 50)])
    broker.mood = "there"
    assert await s.drain() == kept
    await file.close()


async def test_an_entry_stays_until_the_broker_has_acknowledged_it(file: SqliteFile) -> None:
    broker = Broker()
    broker.mood = "away"
    s = await spool(file, broker)
    await s.append_all("t", record(1))
    broker.mood = "silent"
    with pytest.raises(StoreUnavailable):
        await s.drain()
    assert s.waiting == 1
    broker.mood = "there"
    await s.drain()
    assert broker.taken == [b"001", b"001"]
    await file.close()


async def test_a_disk_that_can_not_forget_does_not_keep_the_way_to_the_broker_shut(
    file: SqliteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Broker()
    broker.mood = "away"
    s = await spool(file, broker)
    await s.append_all("t", record(1))

    async def full(*_: object) -> None:
        raise StoreUnavailable("database or disk is full")

    monkeypatch.setattr(s._documents, "delete", full)
    monkeypatch.setattr(s._documents, "put", full)
    broker.mood = "there"
    with pytest.raises(StoreUnavailable):
        await s.drain()
    await s.append_all("t", record(2))
    assert broker.taken == [b"001", b"002"]
    monkeypatch.undo()
    assert await s.drain() == 1
    await file.close()


async def test_it_drains_by_itself_when_the_broker_comes_back(
    file: SqliteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.spool.RETRY_S", 0.01)
    broker, stopping = Broker(), asyncio.Event()
    broker.mood = "away"
    s = await spool(file, broker)
    running = asyncio.ensure_future(s.run(stopping))
    await s.append_all("t", record(1))
    await asyncio.sleep(0.05)
    assert broker.taken == []
    broker.mood = "there"
    async with asyncio.timeout(5):
        while s.waiting:  # noqa: ASYNC110 - the spool tells nobody
            await asyncio.sleep(0.01)
    await s.append_all("t", record(2))
    assert broker.taken == [b"001", b"002"]
    stopping.set()
    await running
    await file.close()


async def test_the_last_of_the_disk_is_left_for_removing(file: SqliteFile) -> None:
    broker, free = Broker(), [RESERVE_BYTES - 1]
    s = Spool(SqliteDocuments(file, "spool"), broker, 10_000, patience=0.05, room=lambda: free[0])
    await s.open()
    broker.mood = "away"
    with pytest.raises(StoreUnavailable):
        await s.append_all("t", record(1))
    free[0] += 1
    await s.append_all("t", record(2))
    broker.mood = "there"
    assert (await s.drain(), broker.taken) == (1, [b"002"])
    await file.close()


class Unforgetting(SqliteDocuments):
    """On a disk that others have filled: nothing can be removed."""

    full = False

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        if self.full:
            raise StoreUnavailable("SQLITE_FULL")
        await super().delete(collection, ids)


async def test_what_was_sent_and_cannot_be_removed_is_not_sent_again(file: SqliteFile) -> None:
    broker, documents = Broker(), Unforgetting(file, "spool")
    s = Spool(documents, broker, 10_000, patience=0.05)
    await s.open()
    broker.mood = "away"
    await s.append_all("t", record(1))
    broker.mood, documents.full = "there", True
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await s.drain()
    assert (broker.taken, s.waiting) == ([b"001"], 1)
    documents.full = False
    assert (await s.drain(), s.size, s.waiting) == (1, 0, 0)
    assert broker.taken == [b"001"]
    await file.close()


async def test_how_long_something_has_waited_is_told(file: SqliteFile) -> None:
    broker = Broker()
    s = await spool(file, broker)
    assert told() == (0, 0)
    broker.mood = "away"
    await s.append_all("t", record(1))
    await asyncio.sleep(0.05)
    await s.append_all("t", record(2))
    entries, age = told()
    assert entries == 2
    assert age >= 0.05, "since the first of them"
    broker.mood = "there"
    await s.drain()
    assert told() == (0, 0)
    await file.close()


def told() -> tuple[float, float]:
    """Entries, and for how many seconds there have been any."""
    found = (metrics.SPOOL_ENTRIES.collect(), metrics.SPOOL_AGE.collect())
    entries, age = (next(iter(families)).samples[0].value for families in found)
    return entries, age
