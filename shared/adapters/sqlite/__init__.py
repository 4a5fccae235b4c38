"""EventStore, Bus and Documents on one SQLite file: durable and crash-safe, for one process at a time."""

from shared.adapters.sqlite.bus import SqliteBus
from shared.adapters.sqlite.documents import SqliteDocuments
from shared.adapters.sqlite.events import SqliteEventStore
from shared.adapters.sqlite.file import SqliteFile, Stats, integrity_check

__all__ = ["SqliteBus", "SqliteDocuments", "SqliteEventStore", "SqliteFile", "Stats", "integrity_check"]
