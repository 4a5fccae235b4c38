"""The documents of one service, in SQLite: a table for each collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.adapters import cursors
from shared.adapters.searches import Search
from shared.adapters.sqlite import searches
from shared.adapters.sqlite.file import SqliteFile
from shared.adapters.sqlite.tables import Table
from shared.ports import Page, Put, Refused, Stored

AT_ONCE = 32
"""Documents that are read where they are asked for. A thread would have to wait for the interpreter, and the event loop
then for its turn: in a busy process milliseconds, where these take some ten microseconds each."""


class SqliteDocuments:
    """Documents in the namespace of `service`. A collection is declared before it is used (LookupError)."""

    def __init__(self, file: SqliteFile, service: str) -> None:
        self._file = file
        self._service = service
        self._tables: dict[str, Table] = {}

    async def declare(self, collection: str, indexes: Sequence[str] = ()) -> None:
        """See the port. ValueError for a name that is not of lower-case letters, digits and `_` (in a collection's
        also `.` and `-`). A document is in an index added later once it is written again."""
        fields = await self._file.write(Table(self._service, collection, indexes).create)
        self._tables[collection] = Table(self._service, collection, fields)

    async def get(self, collection: str, ids: Sequence[str]) -> dict[str, Stored]:
        """See the port."""
        table = self._table(collection)
        if len(ids) <= AT_ONCE:
            return self._file.look(lambda connection: table.get(connection, ids))
        return await self._file.read(lambda connection: table.get(connection, ids))

    async def put(self, collection: str, puts: Sequence[Put]) -> None:
        """See the port. ValueError for a document twice in one call, or a field that is not an index."""
        table = self._table(collection)
        rows = table.rows(puts)
        refused = await self._file.write(lambda connection: table.put(connection, rows))
        if refused:
            raise Refused(refused)

    async def find(
        self,
        collection: str,
        equal: Mapping[str, str | int] | None = None,
        order: str | None = None,
        low: str | int | None = None,
        high: str | int | None = None,
        descending: bool = False,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> Page:
        """See the port. A cursor is good for the search that gave it. ValueError for a field that is not an index, for
        bounds without an order, and for a limit below 1."""
        if limit < 1:
            raise ValueError("a page has at least one document")
        table = self._table(collection)
        search = Search(tuple(sorted((equal or {}).items())), order, low, high, descending)
        scope = (table.name, search)
        after = None if cursor is None else cursors.decode(scope, cursor)
        # One more than asked for says whether there is a next page.
        rows = await self._file.read(lambda connection: searches.find(connection, table, search, after, limit + 1))
        items = [Stored(*row[:3]) for row in rows[:limit]]
        if len(rows) <= limit:
            return Page(items, None)
        return Page(items, cursors.encode(scope, [*rows[limit - 1][3:], items[-1].id]))

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        """See the port."""
        table = self._table(collection)
        await self._file.write(lambda connection: table.delete(connection, ids))

    async def drop(self, collection: str) -> None:
        """See the port."""
        await self._file.write(Table(self._service, collection, ()).drop)
        self._tables.pop(collection, None)

    def _table(self, collection: str) -> Table:
        try:
            return self._tables[collection]
        except KeyError:
            raise LookupError(f"collection {collection} is not declared") from None
