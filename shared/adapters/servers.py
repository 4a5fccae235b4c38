"""Kafka and MongoDB as the set of adapters of a process: both, or one beside the SQLite file."""

from __future__ import annotations

import asyncio

from shared.adapters.engines import Embedded
from shared.adapters.kafka import KafkaBus
from shared.adapters.mongo import MongoBlobs, MongoDatabase, MongoDocuments, MongoEventStore
from shared.engine.streams import Access
from shared.ports import Blobs, Bus, Documents, EventStore
from shared.settings import Ports, SettingError, Settings


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
