"""The adapters that each port's suite runs on: a new one adds an entry to a table here and inherits the suite."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shared.adapters.blobs import FolderBlobs
from shared.adapters.kafka import KafkaBus
from shared.adapters.mongo import MongoBlobs, MongoDatabase, MongoDocuments, MongoEventStore
from shared.adapters.sqlite import SqliteBus, SqliteDocuments, SqliteEventStore, SqliteFile
from shared.ports import Blobs, Bus, Documents, EventStore, Record, Subscription
from tests.engines.kafka import KAFKA
from tests.engines.mongo import MONGO

SERVICE = "partners"


@asynccontextmanager
async def sqlite_file(home: Path) -> AsyncIterator[SqliteFile]:
    """The file of a test, open."""
    file = SqliteFile(home / "tallyline.db")
    await file.open()
    try:
        yield file
    finally:
        await file.close()


@asynccontextmanager
async def sqlite_event_stores(home: Path) -> AsyncIterator[Callable[[str], EventStore]]:
    """Event stores by service, in SQLite."""
    async with sqlite_file(home) as file:
        yield lambda service: SqliteEventStore(file, service)


@asynccontextmanager
async def sqlite_bus(home: Path) -> AsyncIterator[Bus]:
    """The bus in SQLite."""
    async with sqlite_file(home) as file:
        yield SqliteBus(file)


def namespace(home: Path) -> str:
    """What stands before the names of a test on a server that it shares with others."""
    return f"t{hashlib.sha256(str(home).encode()).hexdigest()[:12]}."


@asynccontextmanager
async def kafka_bus(home: Path) -> AsyncIterator[Bus]:
    """The bus on Kafka."""
    bus = KafkaBus(KAFKA.address(), namespace=namespace(home))
    await bus.open()
    try:
        yield bus
    finally:
        await bus.close()


@asynccontextmanager
async def sqlite_documents(home: Path) -> AsyncIterator[Callable[[str], Documents]]:
    """Documents by service, in SQLite."""
    async with sqlite_file(home) as file:
        yield lambda service: SqliteDocuments(file, service)


@asynccontextmanager
async def mongo_database(home: Path) -> AsyncIterator[MongoDatabase]:
    """The database of a test, open."""
    database = MongoDatabase(f"mongodb://{MONGO.address()}", namespace(home).removesuffix("."))
    await database.open()
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def mongo_event_stores(home: Path) -> AsyncIterator[Callable[[str], EventStore]]:
    """Event stores by service, in MongoDB."""
    async with mongo_database(home) as database:
        yield lambda service: MongoEventStore(database, service)


@asynccontextmanager
async def mongo_documents(home: Path) -> AsyncIterator[Callable[[str], Documents]]:
    """Documents by service, in MongoDB."""
    async with mongo_database(home) as database:
        yield lambda service: MongoDocuments(database, service)


@asynccontextmanager
async def folder_blobs(home: Path) -> AsyncIterator[Blobs]:
    """Blobs in a folder."""
    yield FolderBlobs(home / "blobs")


@asynccontextmanager
async def mongo_blobs(home: Path) -> AsyncIterator[Blobs]:
    """Blobs in MongoDB."""
    async with mongo_database(home) as database:
        yield MongoBlobs(database)


# Each factory opens what belongs to the folder that it is given (a server's adapter derives its names from it):
# opened a second time with the same folder, it finds what the first time left.
OpenEventStores = Callable[[Path], AbstractAsyncContextManager[Callable[[str], EventStore]]]
OpenBus = Callable[[Path], AbstractAsyncContextManager[Bus]]
OpenDocuments = Callable[[Path], AbstractAsyncContextManager[Callable[[str], Documents]]]
OpenBlobs = Callable[[Path], AbstractAsyncContextManager[Blobs]]

EVENT_STORES: dict[str, OpenEventStores] = {"sqlite": sqlite_event_stores, "mongo": mongo_event_stores}
BUSES: dict[str, OpenBus] = {"sqlite": sqlite_bus, "kafka": kafka_bus}
DOCUMENTS: dict[str, OpenDocuments] = {"sqlite": sqlite_documents, "mongo": mongo_documents}
BLOBS: dict[str, OpenBlobs] = {"folder": folder_blobs, "mongo": mongo_blobs}
SERVERS = {"kafka", "mongo"}
"""The adapters, by name, that need a real server."""


def adapters(table: Collection[str]) -> list[object]:
    """The names in a table, those with a server marked for `make test-engines`."""
    return [pytest.param(name, marks=pytest.mark.engines) if name in SERVERS else name for name in table]


@pytest.fixture(params=adapters(EVENT_STORES))
def open_event_stores(request: pytest.FixtureRequest) -> OpenEventStores:
    return EVENT_STORES[request.param]


@pytest.fixture(params=adapters(BUSES))
def open_bus(request: pytest.FixtureRequest) -> OpenBus:
    return BUSES[request.param]


@pytest.fixture(params=adapters(DOCUMENTS))
def open_documents(request: pytest.FixtureRequest) -> OpenDocuments:
    return DOCUMENTS[request.param]


@pytest.fixture(params=adapters(BLOBS))
def open_blobs(request: pytest.FixtureRequest) -> OpenBlobs:
    return BLOBS[request.param]


@pytest.fixture
async def event_store(open_event_stores: OpenEventStores, tmp_path: Path) -> AsyncIterator[EventStore]:
    async with open_event_stores(tmp_path) as store_of:
        yield store_of(SERVICE)


@pytest.fixture
async def bus(open_bus: OpenBus, tmp_path: Path) -> AsyncIterator[Bus]:
    async with open_bus(tmp_path) as opened:
        yield opened


@pytest.fixture
async def documents(open_documents: OpenDocuments, tmp_path: Path) -> AsyncIterator[Documents]:
    async with open_documents(tmp_path) as documents_of:
        yield documents_of(SERVICE)


@pytest.fixture
async def blobs(open_blobs: OpenBlobs, tmp_path: Path) -> AsyncIterator[Blobs]:
    async with open_blobs(tmp_path) as opened:
        yield opened


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what comes about by itself, at most half a minute."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  # what is awaited has no event of its own in the ports
            await asyncio.sleep(0.005)


@dataclass
class Member:
    """A member of a consumer group that notes what happens to it; `start_at` is where it seeks what it is given."""

    name: str = ""
    start_at: dict[int, int] = field(default_factory=dict)
    story: list[tuple[str, str, frozenset[int]]] = field(default_factory=list)
    subscription: Subscription = field(init=False)

    async def join(self, bus: Bus, topic: str, group: str) -> None:
        """Subscribe."""
        self.subscription = await bus.subscribe(topic, group, self.assigned, self.revoked)

    async def assigned(self, partitions: frozenset[int]) -> None:
        """Seek what has a place to start at."""
        self.story.append((self.name, "assigned", partitions))
        for partition in partitions & self.start_at.keys():
            self.subscription.seek(partition, self.start_at[partition])

    async def revoked(self, partitions: frozenset[int]) -> None:
        """Only note it."""
        self.story.append((self.name, "revoked", partitions))

    async def owns(self, *partitions: int) -> None:
        """Wait until exactly these partitions are owned."""
        await until(lambda: self.subscription.owned() == frozenset(partitions))

    async def take(self, count: int) -> dict[int, list[Record]]:
        """Poll until so many records have come."""
        got: dict[int, list[Record]] = {}
        async with asyncio.timeout(30):
            while sum(map(len, got.values())) < count:
                for partition, records in (await self.subscription.poll(1000, 1.0)).items():
                    got.setdefault(partition, []).extend(records)
        return got
