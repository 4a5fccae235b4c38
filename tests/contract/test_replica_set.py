"""MongoDB itself, three members: elections, a primary that dies, a majority that is missing."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime

import pytest

from shared.adapters.mongo import MongoDatabase, MongoDocuments, MongoEventStore
from shared.ports import CommandKnown, Commit, Put, StoreUnavailable, VersionConflict
from tests.engines.containers import ReplicaSet, no_daemon

pytestmark = [pytest.mark.engines, pytest.mark.docker, pytest.mark.timeout(240)]
AT = datetime(2026, 3, 1, tzinfo=UTC)
ROWS = "calls.1"
SECONDS = 12.0


@pytest.fixture
def replicas() -> Iterator[ReplicaSet]:
    """Three members of a test's own, since it harms them."""
    if why := no_daemon():
        pytest.skip(f"not run: {why}, and nothing else here elects or replicates")
    found = ReplicaSet(3)
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture
async def database(replicas: ReplicaSet) -> AsyncIterator[MongoDatabase]:
    """Open, with a name of its own."""
    opened = MongoDatabase(replicas.url, f"t{secrets.token_hex(4)}")
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()


class Writer:
    """The only writer of a stream and of a document: whatever refuses it is wrong."""

    def __init__(self, database: MongoDatabase) -> None:
        self._store = MongoEventStore(database, "calls")
        self._documents = MongoDocuments(database, "calls")
        self.acknowledged: list[int] = []
        self.unknown = 0
        self.revision = 0

    async def write(self, until: float) -> None:
        """One commit and one conditional write after the other; what is not known is looked up and done again."""
        await self._documents.declare(ROWS, ["at"])
        loop = asyncio.get_running_loop()
        version = 1
        while loop.time() < until:
            try:
                await self._append(version)
                await self._put()
            except StoreUnavailable:
                self.unknown += 1
                await asyncio.sleep(0.1)
            else:
                self.acknowledged.append(version)
                version += 1

    async def _append(self, version: int) -> None:
        try:
            await self._store.append(Commit("call-1", version, b"[]", f"command-{version}", "ana", AT))
        except (CommandKnown, VersionConflict):  # an answer that was lost
            assert len(await self._store.load("call-1")) == version

    async def _put(self) -> None:
        found = (await self._documents.get(ROWS, ["c1"])).get("c1")
        self.revision = 0 if found is None else found.revision
        # A command that the driver sends a second time must not be refused by what its first time did.
        await self._documents.put(ROWS, [Put("c1", self.revision, b"%d" % self.revision, {"at": self.revision})])

    async def check(self) -> None:
        """All that was acknowledged is there, once and in order."""
        commits = [commit.version for commit in await self._store.load("call-1")]
        assert commits == list(range(1, len(commits) + 1))
        assert len(commits) >= len(self.acknowledged) > 0
        found = (await self._documents.get(ROWS, ["c1"]))["c1"]
        assert found.revision >= len(self.acknowledged)


async def harmed(database: MongoDatabase, harm: Callable[[], None]) -> Writer:
    """A writer that goes on while something happens to the set."""
    writer = Writer(database)
    writing = asyncio.ensure_future(writer.write(asyncio.get_running_loop().time() + SECONDS))
    await asyncio.sleep(2.0)
    before = len(writer.acknowledged)
    await asyncio.to_thread(harm)
    await writing
    assert before < len(writer.acknowledged), "it goes on afterwards"
    return writer


async def test_an_election_loses_nothing_and_refuses_nobody(replicas: ReplicaSet, database: MongoDatabase) -> None:
    before = replicas.primary()
    writer = await harmed(database, replicas.step_down)
    assert replicas.primary() != before
    await writer.check()


async def test_a_primary_that_dies_takes_nothing_acknowledged_with_it(
    replicas: ReplicaSet, database: MongoDatabase
) -> None:
    before = replicas.primary()
    writer = await harmed(database, lambda: replicas.kill(before))
    assert replicas.primary() != before
    await writer.check()


async def test_nothing_is_acknowledged_without_a_majority(replicas: ReplicaSet, database: MongoDatabase) -> None:
    store, documents = MongoEventStore(database, "calls"), MongoDocuments(database, "calls")
    await documents.declare(ROWS)
    await store.append(Commit("call-1", 1, b"[]", "command-1", "ana", AT))
    primary = replicas.primary()
    for port in [port for port in replicas.ports if port != primary]:
        replicas.kill(port)
    with pytest.raises(StoreUnavailable):
        await store.append(Commit("call-1", 2, b"[]", "command-2", "ana", AT))
    with pytest.raises(StoreUnavailable):
        await documents.put(ROWS, [Put("c1", 0, b"{}")])
