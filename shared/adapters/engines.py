"""The sets of adapters that a release runs on: everything in one SQLite file, or servers (`servers.py`)."""

from __future__ import annotations

import asyncio
import fcntl
from pathlib import Path
from typing import IO, Protocol

from shared.adapters.blobs import FolderBlobs
from shared.adapters.sqlite import SqliteBus, SqliteDocuments, SqliteEventStore, SqliteFile, Stats
from shared.engine.streams import Place, Stream, Take
from shared.ports import Blobs, Bus, Documents, EventStore
from shared.settings import Ports, SettingError, Settings
from shared.tracing import Spans


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


def engine_of(settings: Settings, ports: Ports | None = None) -> Engine:
    """What the settings choose, or `ports` singly. What speaks to servers is loaded where servers are chosen."""
    if ports is None and settings.engine == "embedded":
        return Embedded(settings)
    from shared.adapters.servers import Distributed, Mixed

    return Distributed(settings) if ports is None else Mixed(settings, ports)


def spans_of(settings: Settings, service: str) -> Spans | None:
    """What the settings say of traces; None: there are none. SettingError where the libraries are missing."""
    if not settings.traces_url:
        return None
    try:
        from shared.adapters.traces import sending
    except ImportError:
        raise SettingError("TALLYLINE_TRACES_URL needs the extra `traces`: requirements/traces.txt has it.") from None
    return sending(settings, service)


def connect(place: Place, take: Take) -> Stream:
    """A partner's own topic, on either engine."""
    from shared.adapters.kafka.frame import KafkaStream

    return KafkaStream(place, take)


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
