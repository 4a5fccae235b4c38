"""The sets of adapters that a release runs on: everything in one SQLite file, or Kafka and MongoDB."""

from __future__ import annotations

import asyncio
import fcntl
from pathlib import Path
from typing import IO, Protocol

from shared.adapters.blobs import FolderBlobs
from shared.adapters.kafka import KafkaBus
from shared.adapters.kafka.frame import KafkaStream
from shared.adapters.mongo import MongoBlobs, MongoDatabase, MongoDocuments, MongoEventStore
from shared.adapters.sqlite import SqliteBus, SqliteDocuments, SqliteEventStore, SqliteFile, Stats
from shared.engine.streams import Access, Place, Stream, Take
from shared.ports import Blobs, Bus, Documents, EventStore
from shared.settings import Ports, SettingError, Settings


class Engine(Protocol):
    """One set. Between `open` and `close`."""

    bus: Bus
    blobs: Blobs

    async def open(self) -> None:
        """Connect. SettingError when the settings do not allow it, StoreUnavailable when nobody answers."""
        ...

    async def close(self) -> None:
        """Idempotent."""
        ...

    async def ping(self) -> None:
        """Does the store of documents answer? StoreUnavailable if not."""
        ...

    def documents(self, service: str) -> Documents:
        """The documents of one service; always the same object, which knows what was declared."""
        ...

    def store(self, service: str) -> EventStore:
        """The commits of one service."""
        ...

    def stats(self) -> Stats | None:
        """How busy the writer in this process is, where there is one."""
        ...


class Embedded:
    """One SQLite file in the data folder, which one process at a time has."""

    def __init__(self, settings: Settings) -> None:
        self._data = settings.data
        self._lock: IO[str] | None = None
        self.file = SqliteFile(settings.data / "tallyline.db")
        self.bus: Bus = SqliteBus(self.file)
        self.blobs: Blobs = FolderBlobs(settings.data / "blobs")
        self._documents: dict[str, Documents] = {}

    async def open(self) -> None:
        """Take the data folder and open the file."""
        self._lock = await asyncio.to_thread(_take, self._data)
        await self.file.open()

    async def close(self) -> None:
        """Close the file and give the folder back."""
        await self.file.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def ping(self) -> None:
        """Nobody can take the file from us."""

    def documents(self, service: str) -> Documents:
        """In the one file."""
        return self._documents.setdefault(service, SqliteDocuments(self.file, service))

    def store(self, service: str) -> EventStore:
        """In the one file."""
        return SqliteEventStore(self.file, service)

    def stats(self) -> Stats:
        """Of the file's writer."""
        return self.file.stats()


class Distributed:
    """Topics on Kafka, commits, documents and blobs on MongoDB; any number of processes."""

    def __init__(self, settings: Settings) -> None:
        bus = _kafka(settings)
        self._kafka = bus
        self._database = _mongo(settings)
        self.bus: Bus = bus
        self.blobs: Blobs = MongoBlobs(self._database)
        self._documents: dict[str, Documents] = {}

    async def open(self) -> None:
        """Connect to both."""
        await asyncio.gather(self._kafka.open(), self._database.open())

    async def close(self) -> None:
        """Leave both."""
        await self._kafka.close()
        await self._database.close()

    async def ping(self) -> None:
        """MongoDB alone: workers wait for Kafka, and ingest has its spool."""
        await self._database.ping()

    def documents(self, service: str) -> Documents:
        """A collection each, named after the service."""
        return self._documents.setdefault(service, MongoDocuments(self._database, service))

    def store(self, service: str) -> EventStore:
        """A collection of the service."""
        return MongoEventStore(self._database, service)

    def stats(self) -> None:
        """The servers have numbers of their own."""
        return


class Mixed(Embedded):
    """The embedded set with one port or two of the other: for measurements beside others' work, never for a release."""

    def __init__(self, settings: Settings, ports: Ports) -> None:
        super().__init__(settings)
        self._kafka = _kafka(settings) if ports.bus == "kafka" else None
        self._database = _mongo(settings) if ports.documents == "mongo" else None
        self.bus = self._kafka or self.bus

    async def open(self) -> None:
        """All of them."""
        await super().open()
        for part in (self._kafka, self._database):
            if part is not None:
                await part.open()

    async def close(self) -> None:
        """All of them."""
        for part in (self._kafka, self._database):
            if part is not None:
                await part.close()
        await super().close()

    def documents(self, service: str) -> Documents:
        """Where they were chosen to be."""
        return MongoDocuments(self._database, service) if self._database else super().documents(service)


def engine_of(settings: Settings, ports: Ports | None = None) -> Engine:
    """What the settings choose, or `ports` singly."""
    if ports is not None:
        return Mixed(settings, ports)
    return Embedded(settings) if settings.engine == "embedded" else Distributed(settings)


def _kafka(settings: Settings) -> KafkaBus:
    try:
        return KafkaBus(
            settings.kafka,
            replication=settings.kafka_replication,
            min_insync=settings.kafka_min_insync,
            namespace=settings.namespace,
            access=_access(settings),
        )
    except (OSError, ValueError) as wrong:
        raise SettingError(f"The files or certificates that the settings of Kafka name: {wrong}") from None


def _mongo(settings: Settings) -> MongoDatabase:
    return MongoDatabase(settings.mongo, settings.namespace or "tallyline")


def connect(place: Place, take: Take) -> Stream:
    """A partner's own topic, on either engine."""
    return KafkaStream(place, take)


def _access(settings: Settings) -> Access:
    """How we reach our own brokers. OSError or ValueError for files that can't be read."""
    password = settings.kafka_password
    if settings.kafka_password_file is not None:
        password = settings.kafka_password_file.read_text(encoding="utf-8").rstrip("\n")
    return Access(
        tls=settings.kafka_security in ("ssl", "sasl_ssl"),
        ca=settings.kafka_ca.read_text(encoding="utf-8") if settings.kafka_ca else "",
        certificate=str(settings.kafka_certificate or ""),
        key=str(settings.kafka_key or ""),
        mechanism=settings.kafka_mechanism if settings.kafka_security.startswith("sasl_") else "",
        user=settings.kafka_user,
        password=password,
    )


def _take(data: Path) -> IO[str]:
    """One process at a time has a data folder."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = (data / "lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as taken:
        lock.close()
        raise SettingError(f"{data} is in use by another Tallyline process.") from taken
    return lock
