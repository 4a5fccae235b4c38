"""What the bus remembers of its newest records: who keeps up needs no file, and hears nothing but what is in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.adapters.sqlite import SqliteBus, SqliteFile, tails
from shared.adapters.sqlite.groups import commit_group
from shared.adapters.sqlite.jobs import Outcome
from shared.ports import Outgoing, Record, StoreUnavailable
from tests.contract.conftest import sqlite_file

TOPIC = "tallyline.calls"


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[SqliteFile]:
    async with sqlite_file(tmp_path) as opened:
        yield opened


async def opened(file: SqliteFile) -> SqliteBus:
    """A bus that remembers nothing yet."""
    bus = SqliteBus(file)
    await bus.declare({TOPIC: 2})
    return bus


def outgoing(*values: int) -> list[Outgoing]:
    return [Outgoing(f"key-{n}", f"value {n}".encode()) for n in values]


def records(*values: int) -> list[Record]:
    return [Record(n, f"key-{n}", f"value {n}".encode()) for n in values]


async def test_who_keeps_up_reads_nothing_from_the_file(file: SqliteFile, monkeypatch: pytest.MonkeyPatch) -> None:
    bus = await opened(file)
    await bus.append(TOPIC, 0, outgoing(0, 1))
    await bus.append(TOPIC, 0, outgoing(2))
    await bus.append(TOPIC, 1, [])
    monkeypatch.delattr(SqliteFile, "read")
    assert await bus.read(TOPIC, 0, 0, 10) == records(0, 1, 2)
    assert await bus.read(TOPIC, 0, 1, 1) == records(1)
    assert await bus.read(TOPIC, 0, 3, 10) == []
    assert await bus.ends(TOPIC) == {0: 3, 1: 0}


async def test_what_is_not_remembered_is_read_from_the_file(file: SqliteFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "MOST_BYTES", 20)
    await (await opened(file)).append(TOPIC, 0, outgoing(0, 1))
    bus = await opened(file)
    assert await bus.ends(TOPIC) == {0: 2, 1: 0}
    for n in range(2, 9):
        await bus.append(TOPIC, 0, outgoing(n))
        fresh = await opened(file)
        for offset in range(n + 3):
            assert await bus.read(TOPIC, 0, offset, 100) == await fresh.read(TOPIC, 0, offset, 100)
            assert await bus.read(TOPIC, 0, offset, 2) == records(*range(offset, n + 1))[:2]
        assert await bus.ends(TOPIC) == await fresh.ends(TOPIC)


async def test_what_was_kept_although_its_commit_failed_is_read(
    file: SqliteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = await opened(file)
    await bus.append(TOPIC, 0, outgoing(0))

    def unheard(*args: object) -> object:
        return [(job, Outcome(error=StoreUnavailable("no answer"))) for job, _ in commit_group(*args)]  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr("shared.adapters.sqlite.file.commit_group", unheard)
        with pytest.raises(StoreUnavailable):
            await bus.append(TOPIC, 0, outgoing(1))
    assert await bus.read(TOPIC, 0, 1, 10) == records(1)
    assert await bus.ends(TOPIC) == {0: 2, 1: 0}
    await bus.append(TOPIC, 0, outgoing(2))
    assert await bus.read(TOPIC, 0, 0, 10) == records(0, 1, 2)
